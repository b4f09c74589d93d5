/* syncing.h - the verb `sync`, and the sync at start.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/call.h"
#include "daemon/sync.h"

extern const struct call_rule syncing_rules[];

void syncing_take(struct call *call, struct syncs *all, struct engine *engine);
/* auto_sync_on_start: of all databases; the log hears of what came of it. */
void syncing_at_start(struct syncs *all, struct engine *engine);
