/* pruning.h - the verb prune: what retention does by itself, now and on purpose; or only why.
 *
 * With dry_run every version of every database in the store is told, with whether it stays, and why.
 * With `machine` what that machine made goes, on purpose; the precious ones stay (core/keep.h).
 */
#pragma once

#include "daemon/call.h"

extern const struct call_rule pruning_rules[];

void pruning_take(struct call *call, const struct engine *engine);
