#include "daemon/io/check.h"

#include "daemon/io/alarm.h"
#include "daemon/io/sql.h"

#include <sqlite3.h>
#include <string.h>

#define STEPS 10000 /* of SQLite's machine between two looks at `stop`: some milliseconds */

static bool is_late(const struct check_ask *ask)
{
	return ask->until && alarm_now() >= ask->until;
}

static int has_to_stop(void *asked)
{
	const struct check_ask *ask = asked;

	return (ask->stop && atomic_load(ask->stop)) || is_late(ask);
}

static void unsound(struct check *out, const char *problem)
{
	out->sound = false;
	text_cut(out->problem, sizeof(out->problem), problem);
}

/* Damage is an answer; a stop and the disk's own trouble are errors. */
static enum err_code judge(struct check *out, struct err *e)
{
	if (e->code == ERR_CORRUPT)
		unsound(out, e->text);
	else if (e->code == ERR_FAILED) /* "no such collation sequence": the application's own */
		out->partly = true;
	else
		return e->code;
	return e->code = ERR_NONE;
}

static enum err_code integrity(struct sql *s, struct check *out, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s, e, "PRAGMA integrity_check(1)", "");

	if (sql_next(s, row, e) && strcmp(sql_text(row, 0), "ok") != 0)
		unsound(out, sql_text(row, 0));
	if (row)
		sql_reset(row);
	return e->code ? judge(out, e) : ERR_NONE;
}

static enum err_code tables(struct sql *s, struct check *out, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s, e,
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
		"'sqlite\\_%' "
		"ESCAPE '\\' ORDER BY name",
		"");

	while (sql_next(s, row, e))
		text_add(&out->tables, "%s\n", sql_text(row, 0));
	return e->code ? judge(out, e) : ERR_NONE;
}

static bool has_row(struct sql *s, const char *table)
{
	char *text = sqlite3_mprintf("SELECT 1 FROM main.\"%w\" LIMIT 1", table);
	sqlite3_stmt *row = NULL;
	bool has = true;

	REQUIRE(text);
	if (sqlite3_prepare_v2(sql_handle(s), text, -1, &row, NULL) == SQLITE_OK)
		has = sqlite3_step(row) != SQLITE_DONE;
	sqlite3_finalize(row);
	sqlite3_free(text);
	return has;
}

static enum err_code any_row(struct sql *s, struct check *out, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s, e,
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name "
		"NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
		"");

	out->rows = false;
	while (sql_next(s, row, e))
		out->rows = out->rows || has_row(s, sql_text(row, 0));
	out->rows |= e->code != ERR_NONE;
	return e->code ? judge(out, e) : ERR_NONE;
}

static enum err_code count(struct sql *s, const char *table, struct check *out, struct err *e)
{
	char *text = sqlite3_mprintf("SELECT count(*) FROM main.\"%w\"", table);
	sqlite3_stmt *row = NULL;

	REQUIRE(text);
	if (sqlite3_prepare_v2(sql_handle(s), text, -1, &row, NULL) == SQLITE_OK) {
		int code = sqlite3_step(row);
		if (code == SQLITE_ROW)
			out->record_count = sqlite3_column_int64(row, 0);
		else
			sql_failed(s, code, e, "count the rows of %s", table);
	} /* else: there is no such table */
	sqlite3_finalize(row);
	sqlite3_free(text);
	return e->code ? judge(out, e) : ERR_NONE;
}

static enum err_code orphans(struct sql *s, struct check *out, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s, e, "PRAGMA foreign_key_check", "");

	while (sql_next(s, row, e))
		out->orphans++;
	return e->code ? judge(out, e) : ERR_NONE;
}

enum err_code check_copy(
	const char *path, const struct check_ask *ask, struct check *out, struct err *e)
{
	struct check_ask asked = *ask;
	scoped(sql) struct sql *s = NULL;

	*out = (struct check){.sound = true, .rows = true, .record_count = -1};
	e->code = ERR_NONE;
	if (sql_open(&s, path, SQL_IMMUTABLE, e))
		return e->code;
	sqlite3_progress_handler(sql_handle(s), STEPS, has_to_stop, &asked);
	if (!integrity(s, out, e) && !tables(s, out, e) && !any_row(s, out, e) &&
		!(*ask->count_table && count(s, ask->count_table, out, e)) && ask->orphans)
		e->code = orphans(s, out, e);
	if (e->code == ERR_CANCELED && is_late(ask))
		return err_set(e, ERR_TIMEOUT, "the check of %s takes too long", path);
	return e->code;
}

bool check_lost_table(const char *before, const char *after, char *lost, size_t size)
{
	for (const char *name = before; *name; name += strcspn(name, "\n") + 1) {
		size_t length = strcspn(name, "\n") + 1;
		bool kept = false;

		for (const char *c = after; *c && !kept; c += strcspn(c, "\n") + 1)
			kept = strncmp(c, name, length) == 0;
		if (kept)
			continue;
		(void)snprintf(lost, size, "%.*s", (int)length - 1, name);
		return true;
	}
	return false;
}
