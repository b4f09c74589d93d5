/* rounds.h - the doctor in the running daemon: once at start for the log, and whenever somebody asks.
 *
 * There is one at a time; who asks meanwhile waits for the next answer.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/doctor.h"

struct rounds;

struct rounds_ask {
	void (*done)(struct rounds_ask *ask, const struct findings *f);
	struct rounds_ask *next; /* private */
};

/* `storage` answers the store in use; NULL: there is none at the moment. */
struct rounds *rounds_open(struct uv_loop_s *loop, const char *config_path,
	struct storage *(*storage)(void *arg, struct findings *f), void *arg);
void rounds_begin(struct rounds *r); /* once, for the log: what is odd, and what is wrong */
void rounds_ask(struct rounds *r, struct rounds_ask *ask);
/* The store is about to go, or casmand: who waits is answered soon. */
void rounds_hurry(struct rounds *r);
void rounds_close(struct rounds *r); /* no doctor may be under way; NULL is nothing to close */
