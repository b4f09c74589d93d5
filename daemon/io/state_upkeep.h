/* state_upkeep.h - what is known of the work that comes back every few weeks, for each store.
 *
 * So a run that was cut goes on where it stopped, also after a crash.
 * Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/io/state.h"

#define STATE_MAINTAIN "maintain"
#define STATE_PROOF    "proof"

/* Moments are microseconds since 1970, or STAMP_NONE.  Numbers are those of the run under way, or of
 * the last one. */
struct state_upkeep {
	int64_t since, last_at; /* when it was first heard of, and taken to its end */
	bool under_way;
	char cursor[OBJKEY_ROOM]; /* under way: the last key that is done; "": none yet */
	int64_t touched, moved, kept, failed, class_a, class_b;
};

/* As it was put last; what was never put is zero, and its moments are not known. */
enum err_code state_upkeep_get(struct state *s, int64_t store, const char *what,
	struct state_upkeep *u, struct err *e) must_check;
enum err_code state_upkeep_put(struct state *s, int64_t store, const char *what,
	const struct state_upkeep *u, struct err *e) must_check;

/* Are versions of the Python client among those of this database that the last listing showed?  It
 * deletes by the time of upload. */
bool state_shared(struct state *s, int64_t store, const char *database);
