/* quota.h - what a store's requests cost, how much of that is used, and who waits for the rest.  Pure.
 *
 * R2 bills LIST, PUT and COPY as class A, GET and HEAD as class B; DELETE is free, and so is what is
 * refused with 401 or 403.  It counts by calendar months in UTC.  What was sent counts, whatever
 * came of it: a try that was cut costs as much as one that went well.
 *
 * What waits once a gauge stands at the block threshold, and what never does:
 *
 *                                             class A, class B     storage
 *     upload of an ordinary version                waits            waits
 *     listing by itself, maintain, proof           waits            goes on
 *     upload of a safety version, or of a
 *       database's first version in 24 h           goes on          goes on
 *     restore, and what a person lists             goes on          goes on
 *
 * What needs no room does not wait for it: pruning is what makes it.
 */
#pragma once

#include "daemon/core/config.h"
#include "daemon/core/s3.h"

/* --- what was used ------------------------------------------------------------ */

struct quota_sent {
	enum s3_verb verb;
	unsigned times;  /* it went out: more than once where a kept connection turned out dead */
	unsigned status; /* of the last one's answer; 0: none came */
	uint64_t length; /* PUT: of its body */
};

struct quota_month {
	int month; /* 202611; 0: none yet */
	int64_t class_a, class_b, free;
	int64_t bytes; /* that lie in the store now; -1: nobody measured them yet */
	/* The first that were known this month, and when; STAMP_NONE: none were. */
	int64_t first_bytes, first_at;
};

int quota_month_of(int64_t moment);
/* Another month begins: nothing is used of it, and what lies in the store lies there on. */
void quota_month_begin(struct quota_month *m, int month);
void quota_count(struct quota_month *m, const struct quota_sent *s);
/* A listing from its beginning to its end says so.  now: STAMP_NONE if the clock is not known. */
void quota_measure(struct quota_month *m, int64_t bytes, int64_t now);

/* --- against the limits --------------------------------------------------------- */

enum quota_what { QUOTA_CLASS_A, QUOTA_CLASS_B, QUOTA_STORAGE, QUOTA_GAUGES };

struct quota_gauge {
	int64_t used;      /* operations this month, bytes now; -1: not known */
	int64_t limit;     /* 0: none */
	int64_t projected; /* at the end of the month, if it goes on like this; -1: not known */
};

struct quota {
	struct quota_gauge gauges[QUOTA_GAUGES];
	double warn, block; /* parts of a limit */
};

/* now: STAMP_NONE if the clock is not known, or is not in that month. */
struct quota quota_judge(const struct config *c, const struct quota_month *m, int64_t now);

enum quota_level { QUOTA_FINE, QUOTA_WARN, QUOTA_BLOCK };

enum quota_level quota_level(const struct quota *q, enum quota_what what);
/* The fullest gauge at or over the warning, in words; false: none is. */
bool quota_warning(const struct quota *q, struct text *words);

/* --- who waits -------------------------------------------------------------------- */

enum quota_use {
	QUOTA_UPLOAD,   /* an ordinary version goes up */
	QUOTA_FIRST,    /* ... the first of its database in QUOTA_FIRST_WITHIN */
	QUOTA_SAFETY,   /* ... what restore and sync captured first */
	QUOTA_RESTORE,  /* restore and sync fetch */
	QUOTA_LIST,     /* a person asks what there is */
	QUOTA_LISTING,  /* casmand lists by itself: every 12 hours, and to prune */
	QUOTA_MAINTAIN, /* also where a person asks for it */
	QUOTA_PROOF,    /* likewise */
};

#define QUOTA_FIRST_WITHIN INT64_C(86400000000) /* us: 24 hours */

/* ERR_QUOTA, and in words what is used up, when it goes on, and what a person can do. */
enum err_code quota_allows(const struct quota *q, enum quota_use use, struct err *e) must_check;
