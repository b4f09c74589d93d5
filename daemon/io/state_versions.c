#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/pins.h"
#include "daemon/io/state_inner.h"

#include <string.h>

static const char *const state_names[] = {
#define X(name, text) [COPY_##name] = text,
	COPY_STATES(X)
#undef X
};

const char *copy_state_name(enum copy_state state)
{
	return state_names[state];
}

enum copy_state copy_state_named(const char *name)
{
	size_t i = 0;

	while (i < LENGTH(state_names) && strcmp(state_names[i], name) != 0)
		i++;
	return i < LENGTH(state_names) ? (enum copy_state)i : COPY_BAD;
}

void state_version_end(struct state_version *v)
{
	free(v->tables);
	v->tables = NULL;
}

const char *state_tag(const struct version *v, const char *name, char to[VERSION_TAG_ROOM])
{
	struct version_tag tags[VERSION_TAGS];

	version_tags(v, tags);
	to[0] = '\0';
	for (size_t i = 0; i < VERSION_TAGS; i++)
		if (strcmp(tags[i].name, name) == 0)
			REQUIRE(text_fit(to, VERSION_TAG_ROOM, tags[i].value));
	return to;
}

void state_untag(struct version *v, const char *name, const char *text)
{
	struct err e;

	if (version_read_tag(v, name, text, &e))
		log_warning("state", "version=%s error=\"%s\"", v->id, e.text);
}

void state_version_read(struct sqlite3_stmt *row, struct state_version *v)
{
	*v = (struct state_version){0};
	text_cut(v->v.id, sizeof(v->v.id), sql_text(row, 0));
	text_cut(v->v.db_name, sizeof(v->v.db_name), sql_text(row, 1));
	text_cut(v->v.machine, sizeof(v->v.machine), sql_text(row, 2));
	text_cut(v->v.host, sizeof(v->v.host), sql_text(row, 3));
	v->v.sequence = (uint64_t)sql_int(row, 4);
	v->v.timestamp = sql_int(row, 5);
	v->key_moment = sql_int(row, 6);
	text_cut(v->v.checksum, sizeof(v->v.checksum), sql_text(row, 7));
	text_cut(v->v.content, sizeof(v->v.content), sql_text(row, 8));
	v->v.size = (uint64_t)sql_int(row, 9);
	v->v.record_count = sql_is_null(row, 10) ? VERSION_NO_COUNT : sql_int(row, 10);
	text_cut(v->v.operation, sizeof(v->v.operation), sql_text(row, 11));
	state_untag(&v->v, "base", sql_text(row, 12));
	state_untag(&v->v, "ancestors", sql_text(row, 13));
	state_untag(&v->v, "past", sql_text(row, 14));
	v->tables = sql_is_null(row, 15) ? NULL : text_copy(sql_text(row, 15));
	v->scans = sql_int(row, 16);
	v->suspect = sql_int(row, 17);
	text_cut(v->why, sizeof(v->why), sql_text(row, 18));
	v->safety = sql_int(row, 19);
	v->spooled = sql_int(row, 20);
	v->state = copy_state_named(sql_text(row, 21));
	text_cut(v->key, sizeof(v->key), sql_text(row, 22));
	text_cut(v->error, sizeof(v->error), sql_text(row, 23));
	v->pinned = sql_int(row, 24);
	if (!v->key[0])
		objkey_make(v->key, v->v.db_name, v->key_moment);
}

static enum err_code first_row(
	struct state *s, struct sqlite3_stmt *row, struct state_version *v, struct err *e)
{
	*v = (struct state_version){0};
	if (!sql_next(s->sql, row, e))
		return e->code ? e->code : err_set(e, ERR_MISSING, "there is no such version");
	state_version_read(row, v);
	sql_reset(row);
	return ERR_NONE;
}

enum err_code state_version_get(
	struct state *s, const char *id, int64_t store, struct state_version *v, struct err *e)
{
	return first_row(
		s, sql_query(s->sql, e, STATE_VERSIONS " WHERE v.id = ?2", "it", store, id), v, e);
}

enum err_code state_version_at(
	struct state *s, int64_t store, const char *key, struct state_version *v, struct err *e)
{
	return first_row(s,
		sql_query(s->sql, e, STATE_VERSIONS " WHERE copy.key = ?2", "it", store, key), v,
		e);
}

enum err_code state_version_newest(struct state *s, const char *database, int64_t store,
	struct state_version *v, struct err *e)
{
	return first_row(s,
		sql_query(s->sql, e,
			STATE_VERSIONS " WHERE db_name = ?2 ORDER BY sequence DESC LIMIT 1", "it",
			store, database),
		v, e);
}

enum err_code state_version_sound(struct state *s, const char *database, int64_t store,
	struct state_version *v, struct err *e)
{
	return first_row(s,
		sql_query(s->sql, e,
			STATE_VERSIONS
			" WHERE db_name = ?2 AND NOT suspect ORDER BY sequence DESC LIMIT 1",
			"it", store, database),
		v, e);
}

enum err_code state_version_here(struct state *s, const char *database, int64_t store,
	struct state_version *v, struct err *e)
{
	return first_row(s,
		sql_query(s->sql, e,
			STATE_VERSIONS " WHERE db_name = ?2 AND (spooled OR fate <> '' OR"
				       " copy.state IS NOT NULL) ORDER BY sequence DESC LIMIT 1",
			"it", store, database),
		v, e);
}

enum err_code state_version_stored(
	struct state *s, const char *database, int64_t store, int64_t *timestamp, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT timestamp FROM version JOIN copy ON copy.version = id AND copy.store = ?"
		" WHERE db_name = ? AND copy.state IN ('stored', 'proven')"
		" ORDER BY sequence DESC LIMIT 1",
		"it", store, database);

	*timestamp = STAMP_NONE;
	while (sql_next(s->sql, row, e))
		*timestamp = sql_int(row, 0);
	return e->code;
}

static enum err_code insert(struct state *s, const struct state_version *v, struct err *e)
{
	char base[VERSION_TAG_ROOM], ancestors[VERSION_TAG_ROOM], past[VERSION_TAG_ROOM];

	return sql_run(s->sql, e,
		"INSERT INTO version(id, db_name, machine, host, sequence, timestamp, key_moment,"
		" checksum, content, size, record_count, operation, base, ancestors, past, tables, "
		"scans,"
		" suspect, why, safety, spooled) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		" nullif(?, -1), nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, 1)",
		"ttttiiittiitttttiiti", v->v.id, v->v.db_name, v->v.machine, v->v.host,
		(int64_t)v->v.sequence, v->v.timestamp, v->key_moment, v->v.checksum, v->v.content,
		(int64_t)v->v.size, v->v.record_count, v->v.operation,
		state_tag(&v->v, "base", base), state_tag(&v->v, "ancestors", ancestors),
		state_tag(&v->v, "past", past), v->tables, v->scans, (int64_t)v->suspect, v->why,
		(int64_t)v->safety);
}

static enum err_code tell_history(struct state *s, enum history_event event,
	const struct state_version *v, const char *text, struct err *e)
{
	return state_history_of(s,
		&(struct state_deed){
			.event = event, .version = v->v.id, .key = v->key, .text = text},
		e);
}

enum err_code state_captured(struct state *s, const struct state_version *v,
	const struct state_database *d, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = insert(s, v, e);
	if (!e->code)
		e->code = state_database_write(s, d, e);
	if (!e->code)
		e->code = tell_history(s, HISTORY_CAPTURED, v, v->v.operation, e);
	if (!e->code && v->suspect)
		e->code = tell_history(s, HISTORY_SUSPECT, v, v->why, e);
	if (!e->code && v->suspect && v->predecessor[0])
		e->code = state_pin(s, v->predecessor, v->v.id, e);
	return state_end(s, e);
}

enum err_code state_unchanged(
	struct state *s, const struct state_database *d, int64_t scans, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e, "UPDATE version SET scans = max(scans, ?2) WHERE id = ?1",
		"ti", d->base, scans);
	if (!e->code) /* where it is another machine's */
		e->code = sql_run(s->sql, e,
			"UPDATE base SET scans = max(scans, ?3) WHERE db_name = ?1 AND identity = "
			"?2"
			" AND NOT EXISTS (SELECT 1 FROM version WHERE id = ?2)",
			"tti", d->name, d->base, scans);
	if (!e->code)
		e->code = state_database_write(s, d, e);
	return state_end(s, e);
}

/* A collision moved the key: the next version's must be above it. */
static enum err_code key_taken(struct state *s, const char *key, struct err *e)
{
	char database[CONFIG_NAME_MAX + 1];
	int64_t moment;

	if (objkey_read(key, database, &moment) != OBJKEY_DATABASE)
		return ERR_NONE;
	return sql_run(s->sql, e,
		"UPDATE database SET newest_key = ?2 WHERE name = ?1 AND newest_key < ?2", "ti",
		database, moment);
}

static enum err_code leave_spool(struct state *s, const struct state_copy *copy, struct err *e)
{
	bool bad = copy->state == COPY_BAD;

	if (sql_run(s->sql, e,
		    "UPDATE version SET spooled = 0, fate = ?2 WHERE id = ?1 AND spooled", "tt",
		    copy->version, bad ? copy_state_name(COPY_BAD) : ""))
		return e->code;
	return state_history_of(s,
		&(struct state_deed){.event = bad ? HISTORY_BAD : HISTORY_STORED,
			.version = copy->version,
			.key = copy->key,
			.text = copy->error},
		e);
}

enum err_code state_stored_at(
	struct state *s, int64_t store, const char *database, int64_t *at, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT max(changed_at) FROM copy JOIN version ON version.id = copy.version"
		" WHERE store = ? AND db_name = ? AND state IN ('stored', 'proven')"
		" HAVING max(changed_at) IS NOT NULL",
		"it", store, database);

	*at = STAMP_NONE;
	while (sql_next(s->sql, row, e))
		*at = sql_int(row, 0);
	return e->code;
}

enum err_code state_copy_put(struct state *s, const struct state_copy *copy, struct err *e)
{
	bool ends =
		copy->state == COPY_STORED || copy->state == COPY_PROVEN || copy->state == COPY_BAD;

	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e, "INSERT OR REPLACE INTO copy VALUES(?, ?, ?, ?, ?, ?)",
		"tittti", copy->version, copy->store, copy_state_name(copy->state), copy->key,
		copy->error, alarm_clock());
	if (!e->code && ends)
		e->code = leave_spool(s, copy, e);
	if (!e->code)
		e->code = key_taken(s, copy->key, e);
	return state_end(s, e);
}
