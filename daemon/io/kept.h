/* kept.h - what a store holds of a database, as far as is known here: for who decides what stays.
 *
 * Of ours all versions are told, down to the oldest that is there, also those that are not there any
 * more: what descends from what is followed along them.  One that was confirmed in the store, but
 * was missing from a listing since, is not there.
 *
 * Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/io/state.h"

struct kept {
	struct version v;
	char key[OBJKEY_ROOM];
	bool stored, proven, bad, suspect, safety, pinned;
	bool unknown; /* nobody can say what it is */
};

struct kept_of {
	int64_t store;
	const char *database;
	void (*each)(void *arg, const struct kept *k);
	void *arg;
};

/* Newest first by sequence. */
enum err_code kept_ours(struct state *s, const struct kept_of *of, struct err *e) must_check;
/* In any order. */
enum err_code kept_others(struct state *s, const struct kept_of *of, struct err *e) must_check;

/* Names of databases of which the store has versions, one a line. */
enum err_code kept_databases(
	struct state *s, int64_t store, struct text *names, struct err *e) must_check;
/* Does the Python client put versions there, too? */
enum err_code kept_python(struct state *s, int64_t store, bool *there, struct err *e) must_check;
