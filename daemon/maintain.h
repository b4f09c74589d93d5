/* maintain.h - keeps what lies in a bucket in the storage class that is free: STANDARD.
 *
 * When all is well: the store is listed anew; then every object of our key's shape is touched (a
 * HEAD), page by page, in order of keys.  One that is not in STANDARD is copied onto itself as
 * STANDARD, which keeps its metadata, and the HEAD says whether that helped.
 *
 * When not: what cannot be moved is counted as failed, and the others are done all the same.  A store
 * that is not reached ends it.
 *
 * Through kill -9, power cuts and reloads: how far it came is in state.db, and the next one goes on
 * from there; at most MAINTAIN_STEP objects are touched twice, which does no harm.
 *
 * Between two objects `ready` is asked, as in verify.h.  It is gone when `done` is entered.
 * Threads: the loop's.
 */
#pragma once

#include "common/doc.h"
#include "daemon/engine.h"
#include "daemon/io/state_upkeep.h"

#define MAINTAIN_STEP 100 /* objects between two notes in state.db, each of which costs an fsync */

struct maintain;

struct maintain_want {
	enum err_code (*ready)(void *arg, struct err *e);
	void (*progress)(void *arg, const struct state_upkeep *now);
	/* e NULL: it went to its end.  `words`: what hindered some objects, "" if nothing did. */
	void (*done)(
		void *arg, const struct state_upkeep *now, const char *words, const struct err *e);
	void *arg;
};

void maintain_start(
	struct maintain **out, const struct engine_parts *parts, const struct maintain_want *want);
void maintain_go_on(struct maintain *m); /* if it rests */
void maintain_stop(struct maintain *m);  /* `done` comes soon, with CANCELED */
