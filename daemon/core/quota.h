/* quota.h - what a store's requests cost, how much of that is used, and who waits for the rest.  Pure.
 *
 * R2 bills LIST, PUT and COPY as class A, GET and HEAD as class B; DELETE is free, and so is what it
 * refuses with 401 or 403.  It counts by calendar months in UTC.  Storage is what lies there now.
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

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

enum quota_what { QUOTA_CLASS_A, QUOTA_CLASS_B, QUOTA_STORAGE, QUOTA_GAUGES };

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

struct quota_gauge {
	int64_t used;      /* operations this month, bytes now; -1: not known yet */
	int64_t limit;     /* 0: none */
	int64_t projected; /* at the end of the month, if it goes on like this; -1: not known */
};

struct quota {
	struct quota_gauge gauges[QUOTA_GAUGES];
	double warn, block; /* parts of a limit */
};

enum quota_level { QUOTA_FINE, QUOTA_WARN, QUOTA_BLOCK };

enum quota_level quota_level(const struct quota *q, enum quota_what what);
/* ERR_QUOTA, and in words what is used up and when it goes on. */
enum err_code quota_allows(const struct quota *q, enum quota_use use, struct err *e) must_check;
