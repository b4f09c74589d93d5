/* restoring.h - the verb `restore`: what a peer asks for, and what it is answered.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/call.h"
#include "daemon/restore.h"

extern const struct call_rule restoring_rules[];

void restoring_take(struct call *call, struct restores *all, struct engine *engine);
