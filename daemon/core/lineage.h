/* lineage.h - where the local contents stand among the versions that are known.  Pure.
 *
 * By content hash, ids and ancestors (ancestry.h), never by file checksum alone; but the Python
 * client's versions have nothing else.
 */
#pragma once

#include "daemon/core/ancestry.h"

#define LINEAGE_STATES(X)                                                                          \
	X(UNKNOWN, "unknown")       /* the store's listing is not known */                         \
	X(NO_VERSION, "no_version") /* no usable one is known */                                   \
	X(ABSENT, "absent")         /* no file, or no row in any table */                          \
	X(IN_STEP, "in_step")       /* the contents are those of the newest version */             \
	X(AHEAD, "ahead")           /* the store lacks what is here, and has nothing newer */      \
	X(BEHIND, "behind")         /* nothing here that the store lacks; it has a newer one */    \
	X(DIVERGED, "diverged")     /* both; or several heads */                                   \
	X(RESTORED, "restored")     /* an older version, on purpose */

enum lineage_state {
#define X(name, text) LINEAGE_##name,
	LINEAGE_STATES(X)
#undef X
};
const char *lineage_name(enum lineage_state state);

struct lineage_local {
	bool present;                   /* a file that is no empty one */
	bool empty;                     /* which has no row in any table */
	bool listed;                    /* the store's listing is known */
	bool restored;                  /* restored without publishing */
	bool changed;                   /* commits since the base; ignored where `content` tells */
	const char *content, *checksum; /* of the contents; "": not known */
	const struct version *base;     /* NULL: none */
};

#define LINEAGE_NONE SIZE_MAX

struct lineage {
	enum lineage_state state;
	size_t same; /* a head that the contents are those of, and the base should be */
	size_t take; /* what is taken: BEHIND and ABSENT by sync, else by force; in the store */
	size_t heads;
	bool cloned;
};

/* The heads of `known` are answered too.  `same` and `take` are places in its list. */
struct lineage lineage_judge(const struct lineage_local *local, struct ancestry_known *known);

/* The newest that both descend from, or are; NONE: none is known. */
size_t lineage_fork(
	const struct ancestry_known *known, const struct version *a, const struct version *b);
