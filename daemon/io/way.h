/* way.h - the way to a file, kept under watch: its trail, with a mark on each step.
 *
 * Threads: the one of its marks.  Blocks as trail_follow() does.
 */
#pragma once

#include "common/err.h"
#include "daemon/io/marks.h"
#include "daemon/io/trail.h"

#include <stdbool.h>

struct inotify_event;

struct way {
	char *given;        /* the path as its owner wrote it */
	struct trail trail; /* where it leads; valid after way_settle() */
	struct err err;     /* why it is not watched, or ERR_NONE */
};

/* What an event means to the file at the end of the way. */
enum way_news {
	WAY_NOTHING = 0,
	WAY_TOUCHED = 1, /* it, its -wal or its -journal was written */
	WAY_MOVED = 2,   /* it appeared, vanished or was replaced */
	WAY_STALE = 4,   /* the way may lead elsewhere now: way_settle() */
	WAY_LOGGED = 8,  /* its -wal was written */
};

void way_start(struct way *y, const char *path);
/* Looks where the way leads and marks it.  True if that is another place than before. */
bool way_settle(struct way *y, struct marks *m);
/* marks_want() for all marks on it. */
void way_want(const struct way *y, struct marks *m);
/* The bits of enum way_news. */
unsigned way_hear(const struct way *y, const struct inotify_event *ev);
void way_end(struct way *y);
