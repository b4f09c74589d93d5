/* lists.h - the verbs that answer page by page what state.db knows: queue, history.
 *
 * `limit` is at most LISTS_MOST, and so much where none is given; `cursor` of one page begins the
 * next, and is null at the end.
 */
#pragma once

#include "daemon/call.h"

#define LISTS_MOST 1000

extern const struct call_rule lists_queue_rules[], lists_history_rules[];

int64_t lists_limit(const struct call *call);
/* What waits for the store, oldest first. */
void lists_queue(struct call *call, const struct engine *engine);
/* What happened, newest first; `database`: only to that one. */
void lists_history(struct call *call, const struct engine *engine);
