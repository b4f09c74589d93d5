/* receipts.h - scans whose poster waits until they are captured, or stored.
 *
 * When all is well: a scan that is counted asks for a capture of its database (all, if it names
 * none); scans that wait together share it, for captures of one database begin at least a second
 * apart.  Each time something was captured or stored the receipts look how far their scans are;
 * one that is as far as it was to be is answered.  What is true meanwhile is told as `progress`, so
 * that a poster who gives up knows it.
 *
 * When not: a capture that fails ends the wait, with what is true so far and why.  A store that is
 * not reached is waited for: the poster has a deadline of its own.
 *
 * At the end (a reload, too): receipts_abandon() answers with what is true so far.
 *
 * Threads: the loop's.
 */
#pragma once

#include "common/doc.h"
#include "daemon/engine.h"

struct call;
struct receipt;
struct receipts; /* those that wait */

enum receipt_state { RECEIPT_COUNTED, RECEIPT_CAPTURED, RECEIPT_STORED };
/* False: there is no such state. */
bool receipt_state_named(const char *name, enum receipt_state *state);

struct receipts *receipts_open(void);
void receipts_close(struct receipts *r); /* none may wait */

struct receipt_want {
	int64_t scan;         /* its number */
	const char *database; /* NULL: it names none; of the configuration or of the call */
	enum receipt_state until;
	bool again; /* it was counted before */
};
/* The scan was counted: takes the call and answers it, now or later. */
void receipts_give(struct receipts *all, struct call *call, struct engine *engine,
	const struct receipt_want *want);
void receipt_forget(struct receipt *r); /* nobody waits any more */

/* For the engine's events. */
void receipts_captured(
	struct receipts *all, struct engine *engine, const struct pipeline_result *r);
void receipts_stored(struct receipts *all, struct engine *engine);
void receipts_abandon(struct receipts *all, struct engine *engine);
