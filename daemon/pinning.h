/* pinning.h - the verbs pin, unpin and accept: what a person says of one version.
 *
 * The version is one that is known here, by its key or id: the store is not asked.
 */
#pragma once

#include "daemon/call.h"

enum pinning { PINNING_PIN, PINNING_UNPIN, PINNING_ACCEPT };

extern const struct call_rule pinning_rules[];

void pinning_take(struct call *call, const struct engine *engine, enum pinning what);
