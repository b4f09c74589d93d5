#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/leaving.h"
#include "daemon/io/pins.h"
#include "daemon/io/state_inner.h"

enum err_code leaving_begin(struct state *s, int64_t store, const struct leaving *l, struct err *e)
{
	return sql_run(s->sql, e, "INSERT OR REPLACE INTO leaving VALUES(?, ?, ?, ?)", "itti",
		store, l->key, l->version, (int64_t)l->orphan);
}

enum err_code leaving_stay(struct state *s, int64_t store, const char *key, struct err *e)
{
	return sql_run(
		s->sql, e, "DELETE FROM leaving WHERE store = ? AND key = ?", "it", store, key);
}

/* Others' versions have a row in `copy` only where a proof made one. */
static enum err_code forget(struct state *s, int64_t store, const struct leaving *l, struct err *e)
{
	if (sql_run(s->sql, e, "DELETE FROM seen WHERE store = ? AND key = ?", "it", store,
		    l->key) ||
		sql_run(s->sql, e,
			"UPDATE copy SET state = 'pruned', changed_at = ?4 WHERE version = ?2 AND"
			" store = ?1 AND key = ?3",
			"itti", store, l->version, l->key, alarm_clock()))
		return e->code;
	return pins_end(s, *l->version ? l->version : l->key, e);
}

enum err_code leaving_end(
	struct state *s, int64_t store, const struct leaving *l, const char *why, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = forget(s, store, l, e);
	if (!e->code)
		e->code = leaving_stay(s, store, l->key, e);
	if (!e->code)
		e->code = state_history_of(s,
			&(struct state_deed){.event = HISTORY_DELETED,
				.version = l->version,
				.key = l->key,
				.text = why},
			e);
	return state_end(s, e);
}

enum err_code leaving_each(struct state *s, int64_t store,
	void (*each)(void *arg, const struct leaving *l), void *arg, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT key, version, orphan FROM leaving WHERE store = ? ORDER BY key", "i",
		store);

	while (sql_next(s->sql, row, e)) {
		struct leaving l = {.orphan = sql_int(row, 2)};

		text_cut(l.key, sizeof(l.key), sql_text(row, 0));
		text_cut(l.version, sizeof(l.version), sql_text(row, 1));
		each(arg, &l);
	}
	return e->code;
}

enum err_code leaving_orphan(struct state *s, int64_t store, const char *key, struct err *e)
{
	return sql_run(s->sql, e,
		"INSERT OR IGNORE INTO leaving SELECT store, key, version, 1 FROM copy"
		" WHERE store = ? AND key = ? AND state NOT IN ('captured', 'sending')",
		"it", store, key);
}
