/* whereabouts.h - where a database stands among its versions, from what is known here.
 *
 * Gathers for core/lineage: the versions that the last listing showed and those that wait, the base
 * (ours, or taken from elsewhere), and whether somebody wrote since.  Asks neither store nor
 * database: a listing counts only while the store is reached.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/lineage.h"
#include "daemon/engine.h"

#define WHEREABOUTS_MOST 1000 /* of a database's versions, the newest */

enum lineage_state whereabouts_of(const struct engine_parts *p, const struct pipeline_view *view);
