/* trigger.h - when is a database due for a capture, and why?
 *
 * Pure: told what happened and when, answers when to act.  It owns no timer and reads no clock; the
 * caller keeps one alarm set to the smallest trigger_due() of all its databases.
 * Moments are milliseconds of one steady clock; what happened before it began is negative.
 *
 *   asked       at once
 *   scans       when `scans` came since a database's last capture: then all databases
 *   first       no version yet: when quiet
 *   change      a commit (on_change = backup): quiet for 2 s, or changing for 30 s; at most one
 * such version in 5 minutes, and the last change always gets one hours       since the last
 * capture, if there were scans or changes
 *
 * Captures of one database begin at least a second apart.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TRIGGER_NEVER INT64_MAX
#define TRIGGER_PAST  (INT64_MIN / 4) /* a moment before all others that can still be added to */

#define TRIGGER_QUIET    2000   /* ms without a commit: the burst is over ... */
#define TRIGGER_PATIENCE 30000  /* ... but a change waits no longer than this for that */
#define TRIGGER_SPACING  300000 /* between two versions that only a change asked for */
#define TRIGGER_APART    1000   /* between two captures of one database */
#define TRIGGER_RECHECK                                                                            \
	300000 /* a database that could not be captured is tried again after this                  \
		*/

/* In order of precedence: the reason that a version tells when several have come. */
enum trigger_why {
	TRIGGER_NONE,
	TRIGGER_ASKED,
	TRIGGER_SCANS,
	TRIGGER_FIRST,
	TRIGGER_CHANGE,
	TRIGGER_HOURS,
	TRIGGER_REASONS /* how many */
};

struct trigger_policy {
	unsigned scans;   /* 0: never by scans */
	int64_t hours_ms; /* 0: never by time */
	bool on_change;   /* commits ask for a version */
};

struct trigger {
	bool there;     /* the file exists and has something in it */
	bool versioned; /* a version is in the store, or on its way */
	bool dirty;     /* commits that no version holds */
	bool asked;
	bool held;            /* the last try failed: wait until `held_until` ... */
	bool lifted_by_event; /* ... or for the next sign of life in its folder */
	unsigned scans;       /* since the last capture began */
	int64_t asked_at, first_change, last_change, held_until;
	int64_t last_start; /* of a capture */
	int64_t last_end;   /* of a capture that came to something: what `hours` counts from */
	int64_t last_change_version; /* the start of the last one that TRIGGER_CHANGE asked for */
};

void trigger_begin(struct trigger *t); /* nothing is known yet */

void trigger_changed(struct trigger *t, int64_t now); /* there was a commit */
void trigger_touched(struct trigger *t);              /* something moved in its folder */
void trigger_scanned(struct trigger *t, unsigned count);
/* Somebody wants a version, but not before `when` (the earliest asked for stands). */
void trigger_ask(struct trigger *t, int64_t when);

/* A capture begins: what there was is its.  What comes from now on is the next one's. */
void trigger_started(struct trigger *t, enum trigger_why why, int64_t now);
void trigger_captured(struct trigger *t, int64_t now);
/* It came to nothing: `before` is the trigger as it was before trigger_started().  What was asked
 * is answered by the failure and not asked again; everything else is due again at `again`. */
void trigger_failed(
	struct trigger *t, const struct trigger *before, int64_t again, bool lifted_by_event);

/* The moment it becomes due, in the past if it already is; TRIGGER_NEVER.  `most_scans` is the
 * largest trigger_scans() of all databases. */
int64_t trigger_due(const struct trigger *t, const struct trigger_policy *p, unsigned most_scans);
/* Why it is due at `now`; TRIGGER_NONE: it is not. */
enum trigger_why trigger_why(
	const struct trigger *t, const struct trigger_policy *p, unsigned most_scans, int64_t now);
unsigned trigger_scans(
	const struct trigger *t); /* what it adds to most_scans: 0 while no capture can end it */
