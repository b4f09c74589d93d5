#include "daemon/io/state_alerts.h"

#include "daemon/io/state_inner.h"

#include <stdio.h>

enum err_code state_alerts_raised(
	struct state *s, void (*each)(void *arg, const struct notice *n), void *arg, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT condition, database, words, at FROM alert ORDER BY at, condition, database",
		"");

	while (sql_next(s->sql, row, e)) {
		struct notice n = {.begins = true, .at = sql_int(row, 3)};

		text_cut(n.condition, sizeof(n.condition), sql_text(row, 0));
		text_cut(n.database, sizeof(n.database), sql_text(row, 1));
		text_cut(n.words, sizeof(n.words), sql_text(row, 2));
		each(arg, &n);
	}
	return e->code;
}

static enum err_code put_alert(struct state *s, const struct notice *n, struct err *e)
{
	if (n->begins)
		return sql_run(s->sql, e, "INSERT OR REPLACE INTO alert VALUES(?, ?, ?, ?)", "ttti",
			n->condition, n->database, n->words, n->at);
	return sql_run(s->sql, e, "DELETE FROM alert WHERE condition = ? AND database = ?", "tt",
		n->condition, n->database);
}

static enum err_code put_notice(
	struct state *s, const struct notice *n, unsigned channels, struct err *e)
{
	if (!channels)
		return ERR_NONE;
	if (sql_run(s->sql, e,
		    "INSERT INTO notice(begins, condition, database, words, at, channels) "
		    "VALUES(?, ?, ?, ?, ?, ?)",
		    "itttii", (int64_t)n->begins, n->condition, n->database, n->words, n->at,
		    (int64_t)channels))
		return e->code;
	return sql_run(s->sql, e,
		"DELETE FROM notice WHERE number <= (SELECT max(number) FROM notice) - ?", "i",
		(int64_t)STATE_NOTICES);
}

enum err_code state_alert_put(
	struct state *s, const struct notice *n, unsigned channels, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	if (!put_alert(s, n, e))
		e->code = put_notice(s, n, channels, e);
	return state_end(s, e);
}

enum err_code state_notice_next(
	struct state *s, enum channel channel, struct notice *n, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT number, begins, condition, database, words, at FROM notice "
		"WHERE channels & ? ORDER BY number LIMIT 1",
		"i", INT64_C(1) << channel);

	*n = (struct notice){0};
	while (sql_next(s->sql, row, e)) {
		n->number = sql_int(row, 0);
		n->begins = sql_int(row, 1);
		text_cut(n->condition, sizeof(n->condition), sql_text(row, 2));
		text_cut(n->database, sizeof(n->database), sql_text(row, 3));
		text_cut(n->words, sizeof(n->words), sql_text(row, 4));
		n->at = sql_int(row, 5);
	}
	return e->code;
}

/* What nobody waits for any more goes. */
static enum err_code keep_only(struct state *s, int64_t mask, int64_t number, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	if (!sql_run(s->sql, e, "UPDATE notice SET channels = channels & ? WHERE ? IN (number, 0)",
		    "ii", mask, number))
		e->code = sql_run(s->sql, e, "DELETE FROM notice WHERE channels = 0", "");
	return state_end(s, e);
}

enum err_code state_notice_told(
	struct state *s, enum channel channel, int64_t number, struct err *e)
{
	return keep_only(s, ~(INT64_C(1) << channel), number, e);
}

enum err_code state_notices_only(struct state *s, unsigned channels, struct err *e)
{
	return keep_only(s, channels, 0, e);
}
