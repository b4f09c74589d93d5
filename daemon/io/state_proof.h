/* state_proof.h - what was found of versions in a store when they were looked at: of anybody's.
 *
 * One row for an object: the last finding.  It holds as long as the object's metadata says the same;
 * of this machine's own versions it is their state in the store too (proven, bad).  What is no longer
 * in the store is forgotten with the next listing, but for a database's last finding, and for a bad
 * one as long as it matters: until a newer version was found good.
 *
 * Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/io/state.h"

struct state_finding {
	int64_t store;
	const char *key;
	const struct version *v; /* as its metadata has it; what is not known is "" */
	int64_t at;              /* microseconds since 1970 */
	const char *bad;         /* why; "": it is proven */
};
enum err_code state_finding_put(
	struct state *s, const struct state_finding *f, struct err *e) must_check;

struct state_proven {
	char key[OBJKEY_ROOM]; /* of the last one proven; "": none yet */
	int64_t at;            /* when */
	int64_t behind;        /* scans that it does not cover; -1: another machine's, not known */
	char bad[256];         /* the last one found bad, unless a newer was proven since; "" */
};
/* What is known of a database's versions in that store. */
enum err_code state_proven(struct state *s, int64_t store, const char *database,
	struct state_proven *out, struct err *e) must_check;

/* Was the version of this id found bad in that store, whoever made it? */
bool state_is_bad(struct state *s, int64_t store, const char *id);

/* This machine's versions of a database (NULL: of all) that were stored and that the last listing did
 * not show.  Where it showed versions of the Python client, which deletes older ones, only the newest
 * counts. */
enum err_code state_gone(struct state *s, int64_t store, const char *database,
	struct state_ids *ids, struct err *e) must_check;
