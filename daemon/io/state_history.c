#include "daemon/io/alarm.h"
#include "daemon/io/history.h"
#include "daemon/io/state_inner.h"

static const char *const names[] = {
#define X(name, text) [HISTORY_##name] = text,
	HISTORY_EVENTS(X)
#undef X
};

/* The newest row always stays, so that numbers only grow. */
static enum err_code trim(struct state *s, struct err *e)
{
	return sql_run(s->sql, e,
		"DELETE FROM history WHERE number <= (SELECT max(number) FROM history) - ?", "i",
		(int64_t)HISTORY_MOST);
}

enum err_code state_history_of(struct state *s, const struct state_deed *deed, struct err *e)
{
	if (sql_run(s->sql, e,
		    "INSERT INTO history(at, event, db_name, version, key, text)"
		    " SELECT ?, ?, db_name, id, ?, ? FROM version WHERE id = ?",
		    "itttt", alarm_clock(), names[deed->event], deed->key, deed->text,
		    deed->version))
		return e->code;
	return trim(s, e);
}

enum err_code history_add(struct state *s, enum history_event event, const char *database,
	const char *text, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e,
		"INSERT INTO history(at, event, db_name, text) VALUES(?, ?, ?, ?)", "ittt",
		alarm_clock(), names[event], database, text);
	if (!e->code)
		e->code = trim(s, e);
	return state_end(s, e);
}

enum err_code history_read(struct state *s, struct history_page *page, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT number, at, event, db_name, version, key, text FROM history"
		" WHERE number < ?1 AND (?2 IS NULL OR db_name = ?2) ORDER BY number DESC LIMIT ?3",
		"iti", page->before, page->database, page->limit + 1);
	int64_t count = 0, last = 0;

	page->before = 0;
	while (sql_next(s->sql, row, e)) {
		if (count++ == page->limit) {
			page->before = last;
			sql_reset(row);
			break;
		}
		last = sql_int(row, 0);
		page->each(page->arg,
			&(struct history_row){.number = last,
				.at = sql_int(row, 1),
				.event = sql_text(row, 2),
				.database = sql_text(row, 3),
				.version = sql_text(row, 4),
				.key = sql_text(row, 5),
				.text = sql_text(row, 6)});
	}
	return e->code;
}
