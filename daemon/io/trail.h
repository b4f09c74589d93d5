/* trail.h - the folders and symbolic links through which a path leads today.
 *
 * What must be watched so that a change of where the path leads is noticed.  The path is followed
 * one name at a time with lstat(2) and readlink(2): nothing is opened (P3).
 *
 *     /data/parts.db, where data -> usb, and there is no parts.db on it:
 *       LINK    /data
 *       FOLDER  /usb
 *       ABOVE   /      "usb"
 *       HOME    /usb   "parts.db"
 *
 * Threads: any.  Blocks on a file system that hangs.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

enum trail_kind {
	TRAIL_FOLDER, /* on the way: matters when it is moved itself */
	TRAIL_LINK,   /* on the way: matters when it is moved, replaced or removed */
	TRAIL_ABOVE, /* has the last folder in it, by `name`, while that folder may be removed: what
			we look for is not in it.  One that somebody still holds open (a shell
			stands in it) does not tell of its own removal. */
	TRAIL_WAIT,  /* the last folder that exists: `name` is missing in it, or is no folder */
	TRAIL_HOME,  /* the last folder, and the file's own: `name` is the file, there or not */
};

struct trail_step {
	enum trail_kind kind;
	char *path; /* of the folder or link; only the last name of a LINK is one */
	char *name; /* the one entry in it that matters; NULL: none */
	int mark;   /* the owner's: who watches it; -1 at first */
};

struct trail {
	char *path; /* links resolved, as far as the folders exist */
	struct trail_step *steps;
	size_t count; /* at least 1: the last is HOME or WAIT */
};

/* Follows an absolute path.  Where the way is barred (no permission, a circle of links) the error
 * says so and the trail leads up to there; t is freed in either case. */
enum err_code trail_follow(struct trail *t, const char *path, struct err *e) must_check;
void trail_free(struct trail *t); /* {0} is nothing to free */
