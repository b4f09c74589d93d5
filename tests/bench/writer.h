/* writer.h - an application in a process of its own that commits as fast as it can, and times it.
 *
 * Each transaction adds one to a number: the database keeps its size.  The longest commit is kept
 * in memory that both processes see, and is asked for window by window.
 */
#pragma once

#include "bench.h"

#include <sys/types.h>

struct writer_shared;

struct writer {
	pid_t pid;
	struct writer_shared *shared;
};

/* `synchronous`: OFF takes the disk's moods out of the figures, FULL is what applications have. */
void writer_start(
	struct writer *w, const char *path, const char *journal_mode, const char *synchronous);
void writer_stop(struct writer *w);

/* Begins a window; and ends it with the commit that is under way: the longest one in seconds. */
void writer_window(struct writer *w);
double writer_longest(struct writer *w);
