/* duty.h - the work that comes back every few weeks: whether it applies here, and when it is due.
 *
 * From configuration and state.db, for the store in use.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/rota.h"
#include "daemon/engine.h"
#include "daemon/io/state_upkeep.h"

enum duty { DUTY_PROOF, DUTY_MAINTAIN, DUTIES };

const char *duty_name(enum duty duty); /* in state.db, logs and history */

/* Why there is nothing to do with this store, in words for a person; NULL: there is. */
const char *duty_idle(const struct engine_parts *p, enum duty duty);

/* When it is due: all that is known after a start.  `steady` and `done` are the caller's to set. */
enum err_code duty_rota(const struct engine_parts *p, enum duty duty, struct rota *r,
	struct state_upkeep *u, struct err *e) must_check;
