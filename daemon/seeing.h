/* seeing.h - what looks at a watched database come to: commits, and the scans that they count as.
 *
 * Threads: the loop's.  Does no I/O but state.db.
 */
#pragma once

#include "daemon/database.h"

/* A look ended well: were there commits, and do they count as scans? */
void seeing_done(struct watched *w, const struct footprint *now);
