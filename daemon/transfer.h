/* transfer.h - brings captured versions into the store, and tells when they are there.
 *
 * When all is well: transfer_kick() takes the queue from state.db, at most TRANSFER_MOST at a time,
 * the newest of each database first.  Each goes through upload.h's table: the database object, its
 * metadata, a HEAD.  Only what that confirms is `stored`; then its spool file is removed.
 *
 * When not: a store that is not reached, or refuses, ends this try for all.  A version that fails
 * alone (no room for it, no right to its folder) is set aside, and the others go on.  When the next
 * try is, and that it begins with one probe, says core/patience.
 * Where little of the quota is left, ordinary versions wait (held.h), and what waits for them is told
 * so; an hour later, or when there is more again, they are looked at anew, which asks nothing of the
 * store.
 * A spool file that is lost or damaged makes its version bad; the next capture makes another.  Each
 * failure is told to `result` and logged once while it lasts.
 *
 * At the end: transfer_stop() begins nothing more.  Patiently, uploads under way go on to their end;
 * else, and after transfer_leave(), the store is stopped, and uploads are left where that ends them
 * (they start over another time, and find what they had done).  The storage must live until then.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/patience.h"
#include "daemon/held.h"
#include "daemon/storage.h"

#define TRANSFER_MOST 2 /* uploads at the same time */

struct transfer;

struct transfer_events {
	/* STORED, BAD, or this try failed and it waits on (CAPTURED).  id NULL: everything that
	 * waits, and transfer_due() is another moment now. */
	void (*result)(void *arg, const char *id, enum copy_state state, const struct err *e);
	void *arg;
};

struct transfer_needs { /* they outlive it */
	struct state *state;
	struct storage *storage;
	struct budget *budget;
};

struct transfer *transfer_open(
	const struct transfer_needs *needs, const struct transfer_events *events);

/* WORK, ASKED or REACHED: goes on with what may go now. */
void transfer_kick(struct transfer *t, enum patience_event why);
/* What does not move is dropped and begun anew, by one probe; nobody is told of the dropping. */
void transfer_network_back(struct transfer *t);
uint64_t transfer_due(const struct transfer *t); /* alarm_now() of the next try; ALARM_NEVER */
void transfer_turn(struct transfer *t, uint64_t now);

bool transfer_tried(const struct transfer *t); /* an upload ended, however */
bool transfer_busy(const struct transfer *t);  /* something is on its way */
const struct err *transfer_error(
	const struct transfer *t); /* of the last try; NULL: it went well */
const struct held *transfer_held(const struct transfer *t); /* NULL: the quota holds nothing back */

void transfer_stop(struct transfer *t, bool patiently, void (*stopped)(void *arg), void *arg);
void transfer_leave(struct transfer *t); /* after transfer_stop(): patience is over */
void transfer_free(struct transfer *t);  /* it must have stopped */
