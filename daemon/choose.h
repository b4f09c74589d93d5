/* choose.h - which version a person means: by key, by id, or the newest of a database at a moment.
 *
 * Looks only in state.db: what the last listing showed, and what still waits here.  By a moment it
 * takes usable versions alone (ancestry.h); by key or id whatever is asked for.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/io/state.h"

struct choose {
	const char *key; /* or an identity (version_identity()); NULL: by database and moment */
	const char *database; /* NULL: it is in the key, or found by the id */
	int64_t until;        /* not made after this moment; INT64_MAX: the newest */
};

bool choose_usable(const struct state_listed *l);

/* MISSING: there is none.  PROTO: `key` is neither a key nor an id, or of another database. */
enum err_code choose_version(struct state *state, int64_t store, const struct choose *which,
	struct state_listed *out, struct err *e) must_check;
