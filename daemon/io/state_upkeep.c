#include "daemon/io/state_upkeep.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/state_inner.h"

static int64_t moment(struct sqlite3_stmt *row, int column)
{
	return sql_is_null(row, column) ? STAMP_NONE : sql_int(row, column);
}

enum err_code state_upkeep_get(
	struct state *s, int64_t store, const char *what, struct state_upkeep *u, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT since, last_at, under_way, cursor, touched, moved, kept, failed, class_a,"
		" class_b FROM upkeep WHERE store = ? AND what = ?",
		"it", store, what);

	*u = (struct state_upkeep){.since = STAMP_NONE, .last_at = STAMP_NONE};
	while (sql_next(s->sql, row, e)) {
		*u = (struct state_upkeep){.since = moment(row, 0),
			.last_at = moment(row, 1),
			.under_way = sql_int(row, 2),
			.touched = sql_int(row, 4),
			.moved = sql_int(row, 5),
			.kept = sql_int(row, 6),
			.failed = sql_int(row, 7),
			.class_a = sql_int(row, 8),
			.class_b = sql_int(row, 9)};
		text_cut(u->cursor, sizeof(u->cursor), sql_text(row, 3));
	}
	return e->code;
}

enum err_code state_upkeep_put(struct state *s, int64_t store, const char *what,
	const struct state_upkeep *u, struct err *e)
{
	return sql_run(s->sql, e,
		"INSERT OR REPLACE INTO upkeep(store, what, since, last_at, under_way, cursor,"
		" touched, moved, kept, failed, class_a, class_b)"
		" VALUES(?1, ?2, nullif(?3, ?13), nullif(?4, ?13), ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
		"?12)",
		"itiiitiiiiiii", store, what, u->since, u->last_at, (int64_t)u->under_way,
		u->cursor, u->touched, u->moved, u->kept, u->failed, u->class_a, u->class_b,
		STAMP_NONE);
}

bool state_shared(struct state *s, int64_t store, const char *database)
{
	bool shared = false;
	struct err e;
	struct sqlite3_stmt *row = sql_query(s->sql, &e,
		"SELECT 1 FROM seen WHERE store = ? AND db_name = ? AND described AND id = ''"
		" LIMIT 1",
		"it", store, database);

	while (sql_next(s->sql, row, &e))
		shared = true;
	return shared;
}
