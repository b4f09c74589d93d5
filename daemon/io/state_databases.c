#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/state_inner.h"

/* A moment that is not known is null in the tables. */
#define MOMENT(name) "nullif(?" #name ", -9223372036854775808)"

static int64_t moment(struct sqlite3_stmt *row, int column)
{
	return sql_is_null(row, column) ? STAMP_NONE : sql_int(row, column);
}

enum err_code state_database_get(
	struct state *s, const char *name, struct state_database *d, struct err *e)
{
	*d = (struct state_database){0};
	REQUIRE(text_fit(d->name, sizeof(d->name), name));
	if (sql_run(s->sql, e, "INSERT OR IGNORE INTO database(name) VALUES(?)", "t", name))
		return e->code;
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT base, sequence, newest_key, dirty, posted, first_change_at, "
		"last_capture_at,"
		" last_change_version_at, footprint FROM database WHERE name = ?",
		"t", name);
	while (sql_next(s->sql, row, e)) {
		if (!text_fit(d->base, sizeof(d->base), sql_text(row, 0)))
			d->base[0] = '\0'; /* without a base the next capture makes a version */
		d->sequence = (uint64_t)sql_int(row, 1);
		d->newest_key = moment(row, 2);
		d->dirty = sql_int(row, 3);
		d->posted = sql_int(row, 4);
		d->first_change_at = moment(row, 5);
		d->last_capture_at = moment(row, 6);
		d->last_change_version_at = moment(row, 7);
		(void)footprint_read(&d->footprint, sql_text(row, 8));
	}
	return e->code;
}

enum err_code state_database_write(struct state *s, const struct state_database *d, struct err *e)
{
	char footprint[FOOTPRINT_TEXT];

	return sql_run(s->sql, e,
		"UPDATE database SET base = ?2, sequence = max(sequence, ?3),"
		" newest_key = max(coalesce(newest_key, ?4), " MOMENT(
			4) "), dirty = ?5,"
			   " first_change_at = " MOMENT(6) ", last_capture_at = " MOMENT(
				   7) ","
				      " last_change_version_at = " MOMENT(
					      8) ", footprint = ?9 WHERE name = ?1",
		"ttiiiiiit", d->name, d->base, (int64_t)d->sequence, d->newest_key,
		(int64_t)d->dirty, d->first_change_at, d->last_capture_at,
		d->last_change_version_at, footprint_write(&d->footprint, footprint));
}

enum err_code state_database_put(struct state *s, const struct state_database *d, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = state_database_write(s, d, e);
	return state_end(s, e);
}

enum err_code state_database_counted(
	struct state *s, const struct state_database *d, struct state_scan *scan, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = state_database_write(s, d, e);
	if (!e->code)
		e->code = state_scans_write(s, scan, 1, e);
	return state_end(s, e);
}

/* Writes nothing if they are the same as before: then a full disk hinders no start and no reload. */
enum err_code state_watched(struct state *s, const char *const *names, size_t count, struct err *e)
{
	struct text all = {0};

	if (state_begin(s, e))
		return e->code;
	e->code = ERR_NONE;
	text_add(&all, "\n");
	for (size_t i = 0; i < count && !e->code; i++) {
		text_add(&all, "%s\n", names[i]);
		e->code = sql_run(
			s->sql, e, "INSERT OR IGNORE INTO database(name) VALUES(?)", "t", names[i]);
	}
	if (!e->code)
		e->code = sql_run(s->sql, e,
			"UPDATE database SET watched = NOT watched"
			" WHERE watched <> (instr(?, char(10) || name || char(10)) > 0)",
			"t", all.at);
	text_free(&all);
	return state_end(s, e);
}
