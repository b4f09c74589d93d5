/* dating.h - which moment a new version, and its key, gets.  Pure.
 *
 * Keys of one machine's versions of a database rise.  Timestamps are as true as they can be: the
 * store tells the time with each answer, and where our clock is more than a little off, it is
 * corrected by that.  A store whose own clock is before the build date tells nothing.
 *
 * The clock counts as unknown while it is before the build date, or more than a minute before this
 * machine's newest key (a machine without a battery clock boots in 1970), and no store has told the
 * time: then the key is the newest + 1 s, and the timestamp is that of the key.  Other machines'
 * keys say nothing about our clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DATING_SLACK 5 /* s: what `Date`, in whole seconds and late, cannot tell from no skew */

/* Microseconds since 1970: */
struct dating_facts {
	int64_t clock;      /* what this machine's says */
	int64_t skew;       /* by which it is ahead of the store's; STAMP_NONE: no store said so */
	int64_t newest_key; /* of this database and machine; STAMP_NONE: none yet */
	int64_t built;      /* when casmand was */
};

struct dating {
	int64_t timestamp;
	int64_t key; /* in whole seconds */
	bool clock_unknown;
};

struct dating dating_of(const struct dating_facts *f);

/* What is to be taken off the clock: 0 if the skew is little, not known, or not to be believed. */
int64_t dating_correction(int64_t clock, int64_t skew, int64_t built);
/* The time as well as it is known, for what needs no order: never before casmand was built. */
int64_t dating_clock(int64_t clock, int64_t skew, int64_t built);
