/* rota.h - when work that comes back every few weeks is due.  Pure.
 *
 * Two clocks tell, and the earlier counts.  The clock on the wall goes on while casmand does not run,
 * but may be set, or be wrong; the steady one knows only of this run, and is never wrong.
 *
 * What was never done is due a day after casmand first heard of it, or sooner if it comes oftener.
 * Work that was cut is due at once.  A wall clock that is not known tells nothing: a machine that
 * believes in 1970 does its work by the steady one.  A last time that lies in the future was told by
 * a clock that was wrong: the work is done once more, and its time is right from then on.  However
 * the clock jumps, the work is done at most once a day.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* All in microseconds; moments since 1970. */
struct rota {
	int64_t every;    /* 0: never by itself */
	int64_t since;    /* when it was first heard of; STAMP_NONE: now */
	int64_t last;     /* when it was last done; STAMP_NONE: never */
	int64_t clock;    /* now */
	bool clock_known; /* else it may be any time */
	int64_t steady;   /* since it was last done, or since casmand started */
	bool done;        /* in this run: `steady` counts from there */
	bool cut;         /* it was begun, and not taken to its end */
};

#define ROTA_NEVER UINT64_MAX
#define ROTA_CHECK (UINT64_C(12) * 3600 * 1000) /* clocks are looked at at least so often */

/* In how many ms it is due, 0 if it is; at most ROTA_CHECK, so that a clock that was set meanwhile
 * is heard; ROTA_NEVER. */
uint64_t rota_wait(const struct rota *r);

/* The moment at which it is due by the clock, for people; STAMP_NONE: never, or nobody can say. */
int64_t rota_next(const struct rota *r);
