/* listing.h - the verb `list`: which versions there are, newest first.
 *
 * Where the last listing is older than `cache_ttl_seconds` the store is asked first; one that cannot
 * be listed now leaves what was listed before, and its age says so.  Pages as in lists.h.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/call.h"

extern const struct call_rule listing_rules[];

void listing_take(struct call *call, struct engine *engine);
