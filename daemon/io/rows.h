/* rows.h - how many rows two copies of a database differ by, table by table.
 *
 * Both are copies that nobody writes.  A row counts where the other copy has none that is equal in
 * all columns.
 *
 * Blocking, for pool threads; what it sorts by lies in temporary files, not in memory.
 */
#pragma once

#include "common/err.h"

#include <stdatomic.h>
#include <stdint.h>

struct rows_ask {
	const char *here, *there; /* paths */
	atomic_bool *stop;        /* CANCELED soon after it turns true */
	uint64_t until;           /* TIMEOUT soon after alarm_now() is that */
	/* For each table that differs: so many rows are in this copy alone; -1: that cannot be told
	 * (it has other columns, say). */
	void (*each)(void *arg, const char *table, int64_t here, int64_t there);
	void *arg;
};

enum err_code rows_differ(const struct rows_ask *ask, struct err *e) must_check;
