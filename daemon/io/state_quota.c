#include "daemon/io/state_quota.h"

#include "common/stamp.h"
#include "daemon/io/state_inner.h"

enum err_code state_quota_get(
	struct state *s, int64_t store, int month, struct quota_month *m, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT month, class_a, class_b, free, bytes, first_bytes, first_at FROM quota"
		" WHERE store = ?1 AND (?2 = 0 OR month = ?2) ORDER BY month DESC LIMIT 1",
		"ii", store, (int64_t)month);

	*m = (struct quota_month){0};
	while (sql_next(s->sql, row, e))
		*m = (struct quota_month){.month = (int)sql_int(row, 0),
			.class_a = sql_int(row, 1),
			.class_b = sql_int(row, 2),
			.free = sql_int(row, 3),
			.bytes = sql_is_null(row, 4) ? -1 : sql_int(row, 4),
			.first_bytes = sql_int(row, 5),
			.first_at = sql_is_null(row, 6) ? STAMP_NONE : sql_int(row, 6)};
	return e->code;
}

enum err_code state_quota_put(
	struct state *s, int64_t store, const struct quota_month *m, struct err *e)
{
	return sql_run(s->sql, e,
		"INSERT OR REPLACE INTO quota VALUES(?, ?, ?, ?, ?, nullif(?, -1), ?, nullif(?, "
		"?))",
		"iiiiiiiii", store, (int64_t)m->month, m->class_a, m->class_b, m->free, m->bytes,
		m->first_bytes, m->first_at, STAMP_NONE);
}
