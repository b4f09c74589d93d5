/* scans.h - the scans of one turn of the loop, committed together.
 *
 * scans_take() keeps a call; scans_commit(), at the end of the turn, makes one durable transaction
 * of all that came, and gives each its receipt.  If that fails, all are told so, and none was counted: P1.
 */
#pragma once

#include "daemon/call.h"
#include "daemon/receipts.h"

struct scans;

extern const struct call_rule scans_rules[];

struct scans *scans_open(struct state *state, struct receipts *receipts); /* borrows both */
void scans_close(struct scans *s); /* nothing may be waiting */

/* The scan that a request of the right types posts; what it points to belongs to the request. */
enum err_code scans_read(const struct proto_request *r, const struct engine *engine,
	struct state_scan *scan, struct err *e) must_check;

/* Takes the call (answers it at once if its parameters are wrong). */
void scans_take(struct scans *s, struct call *call, const struct engine *engine);
void scans_commit(struct scans *s, struct engine *engine);
