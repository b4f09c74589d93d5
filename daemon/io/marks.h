/* marks.h - what the kernel watches for us: one inotify descriptor and its watch descriptors.
 *
 * The kernel has one watch for each inode, whichever paths lead to it: a mark.  Those who want
 * something of the same mark share it and the events of all.  A mark learns new bits at any time,
 * but cannot be told to drop some without naming a path again, which may lead elsewhere by now: a
 * mark that hears more than is wanted is ended, and its users make it anew.
 *
 * Threads: one at a time.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mark {
	int id;          /* the kernel's watch descriptor: never given again to another inode */
	uint32_t bits;   /* what the kernel was told */
	uint32_t wanted; /* what is still wanted of it */
};

struct marks {
	int fd; /* readable when there are events */
	struct mark *all;
	size_t count, room;
};

/* Errors name the sysctl that mends them where a limit is reached. */
enum err_code marks_open(struct marks *m, struct err *e) must_check;
void marks_close(struct marks *m);

/* Adds `bits` (IN_...) to the mark of what is at `path`; its id, or -1. */
int marks_add(struct marks *m, const char *path, uint32_t bits, struct err *e);

/* Dropping: nothing is wanted, then this and that is wanted, then what is not wanted is ended. */
void marks_want_nothing(struct marks *m);
void marks_want(struct marks *m, int id, uint32_t bits);
/* True if a mark was ended of which some bits are wanted: whoever has it must add it again, then
 * look what happened between. */
bool marks_trim(struct marks *m) must_check;
