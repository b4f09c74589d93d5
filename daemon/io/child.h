/* child.h - runs one command line of the configuration, for as long as it may.
 *
 * When all is well: /bin/sh runs it with the given environment and no other, the input on its
 * standard input, nothing else open, its output thrown away; it ends with 0.
 * When not: another end, or a signal, is FAILED; after CHILD_PATIENCE it and what it started are
 * killed: TIMEOUT.
 *
 * `done` comes once, last of all, never from inside child_start(); c is gone then.
 * Threads: the loop's.
 */
#pragma once

#include "common/err.h"

#define CHILD_PATIENCE 30000 /* ms */
#define CHILD_HURRY    2000

struct child;
struct uv_loop_s;

struct child_start {
	struct uv_loop_s *loop;
	const char *command;
	char **environment; /* not needed after the start */
	const char *input;  /* likewise */
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

/* NULL and *e: it could not be started, and `done` does not come. */
struct child *child_start(const struct child_start *start, struct err *e);
void child_hurry(struct child *c); /* it has CHILD_HURRY from now on, and no more */
