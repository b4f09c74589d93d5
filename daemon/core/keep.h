/* keep.h - which versions of one database stay in a store, and why.  Pure.
 *
 * Ours go when the count (retention.h) does not keep them; suspect, safety, bad and pinned ones stand
 * outside it.  Others' stay, but for those that somebody names on purpose.  None goes before a
 * newer sound one is confirmed in this store; a suspect one, before a newer one is.  Never: the newest, the last that was proven, a head,
 * one that is being restored or that the contents here descend from, a pinned one.
 *
 * Judged again after what went is gone, nothing more goes.
 */
#pragma once

#include "common/text.h"
#include "daemon/core/retention.h"

#define KEEP_ASIDE_DAYS 30 /* so long safety versions stay, and bad ones to be looked at */
#define KEEP_SUSPECTS   3  /* so many that nobody accepted: the oldest, and the newest */

/* The first that holds is told. */
enum keep_why {
	/* stays */
	KEEP_NEWEST,
	KEEP_PROVEN,
	KEEP_HEAD,
	KEEP_RESTORING,
	KEEP_BASE,
	KEEP_PINNED,
	KEEP_OTHERS,
	KEEP_WAITS,
	KEEP_UNCONFIRMED,
	KEEP_SUSPECT,
	KEEP_SAFETY,
	KEEP_BAD,
	KEEP_COUNT,
	KEEP_DAY,
	/* goes */
	KEEP_NOT_SUSPECT,
	KEEP_NOT_SAFETY,
	KEEP_NOT_BAD,
	KEEP_NOT_COUNT,
	KEEP_NOT_NAMED,
};

struct keep_rules {
	struct retention count;
	int64_t now; /* microseconds since 1970 */
};

struct keep_version {
	int64_t at;       /* when it was captured */
	bool ours, named; /* this machine made it; whoever did was named, on purpose */
	bool stored;      /* confirmed in this store, and not missed there since */
	bool head, proven, bad, suspect, safety, pinned, restoring;
	bool base;         /* the contents here descend from it */
	bool unknown;      /* of another's: nobody can say what it is; never sound */
	enum keep_why why; /* answered */
};

/* `list`: ours newest first by sequence; the others' anywhere between. */
void keep_judge(const struct keep_rules *rules, struct keep_version *list, size_t count);

bool keep_stays(enum keep_why why);
/* For a person: "one of the 10 newest". */
void keep_words(enum keep_why why, const struct keep_rules *rules, struct text *words);
