/* patience.h - when to turn to the store: rests, one probe, and then everything.  Pure.
 *
 *                   REACHED
 *        .-------------------------------.
 *        |  WORK DUE BACK ASKED          v   .--. WORK DUE BACK ASKED REACHED STORED: send
 *     unsure ----------> asking ------> open    |
 *                        ^    |  REACHED | ^ <--'
 *         DUE BACK ASKED |    | FAILED   | |
 *                        |    v   FAILED | |
 *                      resting <---------' |
 *                        `-----------------'  REACHED STORED
 *
 * What is dropped because the network changed makes any state but resting unsure.  Nobody asks a
 * store for which nothing waits.  A rest is drawn by backoff.h, is an hour where the store refuses
 * these settings, and has no end where the settings leave no store to ask.  A firm one, because the store refused or said how long it
 * wants to be left alone, ends when it is over or when a person asks, and by nothing else.
 *
 * What fails alone, for reasons that are none of the others', is set aside: the state stays open,
 * and `until` tells when all that was set aside is tried again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PATIENCE_NEVER   UINT64_MAX
#define PATIENCE_REFUSED 3600000 /* ms: what is refused with these settings is tried again hourly */

enum patience_state { PATIENCE_UNSURE, PATIENCE_ASKING, PATIENCE_OPEN, PATIENCE_RESTING };

enum patience_event {
	PATIENCE_WORK,    /* something new waits */
	PATIENCE_DUE,     /* `until` has come */
	PATIENCE_BACK,    /* the network may be back: what failed before counts no more */
	PATIENCE_ASKED,   /* a person wants it stored now */
	PATIENCE_REACHED, /* the store answered, to whoever asked */
	PATIENCE_STORED,  /* a version is stored */
	PATIENCE_DROPPED  /* we gave up what was under way, for the network has changed */
};

enum patience_order { PATIENCE_WAIT, PATIENCE_PROBE, PATIENCE_SEND };

struct patience {
	enum patience_state state;
	unsigned failures; /* in a row */
	uint64_t until;    /* ms; PATIENCE_NEVER: nothing rests, and nothing is set aside */
	bool firm;
};

void patience_init(struct patience *p);

/* `waits`: is there anything to send? */
enum patience_order patience_step(struct patience *p, enum patience_event event, bool waits);

struct patience_failure {
	bool alone;    /* one version's, and not the store's */
	bool later;    /* it may go well another time, without a person */
	bool hopeless; /* it cannot before these settings are others: time does not help */
	uint64_t now,
		not_before; /* ms; the store wants to be left alone until then; 0: it does not */
	uint32_t random;
};
/* Two that fail in the same try are one failure. */
void patience_failed(struct patience *p, const struct patience_failure *f);
