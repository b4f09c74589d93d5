/* ancestry.h - which versions descend from which, and which are heads.  Pure.
 *
 * A version descends from another if that one's identity is among its ancestors, or is bridged by
 * `past`, which reaches over any number of superseded and deleted ones.  A machine's versions are
 * one line, and `past` believes that, but for two exceptions that it can see: a version that was
 * made on an older one of its own machine leaves out those between (a restore that was not
 * published), and of a cloned machine (same machine and sequence, another id) only ids count.
 *
 * The Python client writes no lineage.  Ours name its versions like any other (version_identity(),
 * version_place()); one of its versions descends from all that is older, as that is how it works, but
 * not from what was made of the very same bytes: it uploads again what has not changed.
 * The other way time proves nothing: where ours does not name one of its versions, both are heads.
 *
 * A head is a usable version that no other usable one descends from.  Suspect, refused and safety
 * versions and those without metadata are not usable; nor are those that were emptied, as what is
 * suspect to the machine that made it is not told to others.
 */
#pragma once

#include "daemon/core/version.h"

struct ancestry_version {
	const struct version *v;
	bool usable;
	bool stored; /* false: it only waits here */
	bool head;   /* answered by ancestry_heads() */
};

/* Operation of a safety version, which other machines know it by (the Python client's, too). */
#define ANCESTRY_SAFETY "pre-restore"
bool ancestry_is_safety(const struct version *v);
/* What that of a published restore begins with. */
#define ANCESTRY_RESTORED "Restored from "

/* The same state of the database, whoever made the version? */
bool ancestry_is_same(const struct version *a, const struct version *b);

struct ancestry_known {
	struct ancestry_version *list; /* in any order; quickest newest first */
	size_t count;
};

/* Takes `usable` from versions without a record, where there are others that have some: what an
 * application makes at its first start, and what was emptied (its base had records).  A restore, or
 * what descends from an empty one, is meant. */
void ancestry_leave_out_empty(struct ancestry_known *known);

/* Is `a` an ancestor of `b`?  Neither need be in the list. */
bool ancestry_is_ancestor(
	const struct ancestry_known *known, const struct version *a, const struct version *b);

/* Answers which are heads; true if a cloned machine made one of them. */
bool ancestry_heads(struct ancestry_known *known);
