#include "daemon/io/rows.h"

#include "daemon/io/alarm.h"
#include "daemon/io/sql.h"

#include <sqlite3.h>

#define STEPS 10000 /* of SQLite's machine between two looks at `stop`: some milliseconds */

static int has_to_stop(void *asked)
{
	const struct rows_ask *ask = asked;

	return atomic_load(ask->stop) || alarm_now() >= ask->until;
}

/* -1: SQLite cannot tell. */
static enum err_code count(struct sql *s, const char *text, int64_t *rows, struct err *e)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(sql_handle(s), text, -1, &row, NULL);

	*rows = -1;
	e->code = ERR_NONE;
	if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW)
		*rows = sqlite3_column_int64(row, 0);
	if (code == SQLITE_INTERRUPT)
		sql_failed(s, code, e, "compare the rows");
	sqlite3_finalize(row);
	return e->code;
}

/* The rows that this side alone has; the caller frees it by sqlite3_free(). */
static char *question(const char *table, const char *side, const char *other, bool in_both)
{
	char *text = in_both
		? sqlite3_mprintf("SELECT count(*) FROM (SELECT * FROM %s.\"%w\" EXCEPT SELECT * "
				  "FROM %s.\"%w\")",
			  side, table, other, table)
		: sqlite3_mprintf("SELECT count(*) FROM %s.\"%w\"", side, table);

	REQUIRE(text);
	return text;
}

static enum err_code compare(
	struct sql *s, const struct rows_ask *ask, struct sqlite3_stmt *row, struct err *e)
{
	const char *table = sql_text(row, 0);
	bool is_here = sql_int(row, 1), is_there = sql_int(row, 2), both = is_here && is_there;
	char *here_text = question(table, "main", "there", both);
	char *there_text = question(table, "there", "main", both);
	int64_t here = 0, there = 0;

	e->code = ERR_NONE;
	if (!(is_here && count(s, here_text, &here, e)) &&
		!(is_there && count(s, there_text, &there, e)) && (here || there || !both))
		ask->each(ask->arg, table, here, there);
	sqlite3_free(here_text);
	sqlite3_free(there_text);
	return e->code;
}

/* Tables that hold rows themselves: virtual ones only show what others hold. */
#define TABLES_OF(side)                                                                            \
	"SELECT name FROM " side ".sqlite_schema WHERE type = 'table' AND rootpage > 0"            \
	" AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"

enum err_code rows_differ(const struct rows_ask *ask, struct err *e)
{
	struct rows_ask asked = *ask;
	scoped(sql) struct sql *s = NULL;

	if (sql_open(&s, ask->here, SQL_IMMUTABLE, e) ||
		sql_attach(s, ask->there, SQL_IMMUTABLE, "there", e))
		return e->code;
	sqlite3_progress_handler(sql_handle(s), STEPS, has_to_stop, &asked);
	struct sqlite3_stmt *row = sql_query(s, e,
		"SELECT name, max(here), max(there) FROM (SELECT name, 1 AS here, 0 AS there FROM "
		"(" TABLES_OF("main") ") UNION ALL SELECT name, 0, 1 FROM (" TABLES_OF(
			"there") ")) GROUP BY name ORDER BY name",
		"");
	while (sql_next(s, row, e)) {
		if (compare(s, ask, row, e)) {
			sql_reset(row);
			break;
		}
	}
	if (e->code == ERR_CANCELED && alarm_now() >= ask->until)
		return err_set(e, ERR_TIMEOUT, "comparing the rows takes too long");
	return e->code;
}
