/* tending.h - the verbs `maintain` and `verify`: what a peer asks for, and what it is answered.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/call.h"
#include "daemon/upkeep.h"

extern const struct call_rule tending_verify_rules[];

void tending_maintain(struct call *call, struct upkeep *upkeep);
void tending_verify(struct call *call, struct upkeep *upkeep);
