/* sweep.h - takes the listing of the store into state.db.
 *
 * When all is well: the keys are listed page by page; a version that was described before costs
 * nothing more (versions never change), a new one costs one GET of its metadata, which brings its
 * tags too; one without metadata costs none, for the page shows that it has none.  At the end what is no longer there is forgotten, and the listing has an age.
 *
 * When not: the first failure ends it; what was known stays, and so does its age.  Metadata that
 * cannot be read refuses its version, not the listing; a version without metadata is listed
 * without.
 *
 * At the end: sweep_stop() awaits the request under way; who asks from then on is told CANCELED.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/budget.h"
#include "daemon/storage.h"

#define SWEEP_EVERY UINT64_C(43200000) /* ms: 12 hours after the last, it is done unasked */

struct sweep;

struct sweep_ask {
	void (*done)(struct sweep_ask *ask, const struct err *e);
	struct sweep_ask *next; /* private */
};

struct sweep *sweep_open(struct state *state, struct storage *storage, struct budget *budget);
/* `done` comes once; who asks while a listing is under way shares it. */
void sweep_list(struct sweep *s, struct sweep_ask *ask);
void sweep_stop(struct sweep *s, void (*stopped)(void *arg), void *arg);
void sweep_free(struct sweep *s); /* it must have stopped */
