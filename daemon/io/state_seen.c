#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/state_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum err_code one_number(
	struct state *s, struct sqlite3_stmt *row, int64_t *number, struct err *e)
{
	while (sql_next(s->sql, row, e))
		*number = sql_int(row, 0);
	return e->code;
}

enum err_code state_store(struct state *s, const char *name, int64_t *store, struct err *e)
{
	if (sql_run(s->sql, e, "INSERT OR IGNORE INTO store(name) VALUES(?)", "t", name))
		return e->code;
	return one_number(s, sql_query(s->sql, e, "SELECT id FROM store WHERE name = ?", "t", name),
		store, e);
}

enum err_code state_place(
	struct state *s, const char *place, char *name, size_t size, struct err *e)
{
	struct sqlite3_stmt *row =
		sql_query(s->sql, e, "SELECT name FROM place WHERE place = ?", "t", place);

	name[0] = '\0';
	while (sql_next(s->sql, row, e))
		(void)snprintf(name, size, "%s", sql_text(row, 0));
	return e->code;
}

enum err_code state_place_put(struct state *s, const char *place, const char *name, struct err *e)
{
	return sql_run(s->sql, e, "INSERT OR REPLACE INTO place VALUES(?, ?)", "tt", place, name);
}

enum err_code state_listed_at(struct state *s, int64_t store, int64_t *at, struct err *e)
{
	*at = STAMP_NONE;
	return one_number(s,
		sql_query(s->sql, e,
			"SELECT listed_at FROM store WHERE id = ? AND listed_at IS NOT NULL", "i",
			store),
		at, e);
}

/* Rows of a listing under way are marked with round 1; the good end takes the others away. */
enum err_code state_seen_begin(struct state *s, int64_t store, struct err *e)
{
	return sql_run(
		s->sql, e, "UPDATE seen SET round = 0 WHERE store = ? AND round", "i", store);
}

static enum err_code put(
	struct state *s, int64_t store, const struct state_seen *seen, struct err *e)
{
	const struct version *v = &seen->v;
	char base[VERSION_TAG_ROOM], ancestors[VERSION_TAG_ROOM], past[VERSION_TAG_ROOM];

	return sql_run(s->sql, e,
		"INSERT OR REPLACE INTO seen(store, key, db_name, size, modified, described, "
		"refused, id,"
		" machine, host, sequence, timestamp, checksum, content, record_count, operation, "
		"base,"
		" ancestors, past, round) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"nullif(?, -1),"
		" nullif(?, ''), ?, ?, ?, 1)",
		"ittiiittttiittitttt", store, seen->key, v->db_name, (int64_t)seen->size,
		seen->modified, (int64_t)seen->described, seen->refused, v->id, v->machine, v->host,
		(int64_t)v->sequence, v->timestamp, v->checksum, v->content, v->record_count,
		v->operation, state_tag(v, "base", base), state_tag(v, "ancestors", ancestors),
		state_tag(v, "past", past));
}

enum err_code state_seen_page(
	struct state *s, int64_t store, const struct state_seen *page, size_t count, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = ERR_NONE;
	for (size_t i = 0; i < count && !e->code; i++)
		e->code = page[i].known
			? sql_run(s->sql, e,
				  "UPDATE seen SET round = 1 WHERE store = ? AND key = ?", "it",
				  store, page[i].key)
			: put(s, store, &page[i], e);
	return state_end(s, e);
}

/* What was found of objects that are gone (state_proof.h). */
static const char forget_findings[] =
	"DELETE FROM proof AS b WHERE store = ?1"
	" AND key NOT IN (SELECT key FROM seen WHERE store = ?1)"
	" AND CASE bad WHEN '' THEN number < (SELECT max(number) FROM proof p"
	"   WHERE p.store = b.store AND p.db_name = b.db_name)"
	"  ELSE " STATE_OUTLIVED " END";

enum err_code state_seen_end(struct state *s, int64_t store, int64_t at, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e, "DELETE FROM seen WHERE store = ? AND NOT round", "i", store);
	if (!e->code)
		e->code = sql_run(s->sql, e, forget_findings, "i", store);
	if (!e->code)
		e->code = sql_run(s->sql, e, "UPDATE store SET listed_at = ?2 WHERE id = ?1", "ii",
			store, at);
	return state_end(s, e);
}

bool state_seen_known(
	struct state *s, int64_t store, const char *key, uint64_t size, int64_t modified)
{
	struct err e;
	int64_t found = 0;

	(void)one_number(s,
		sql_query(s->sql, &e,
			"SELECT 1 FROM seen WHERE store = ? AND key = ? AND size = ? AND modified "
			"= ?"
			" AND described",
			"itii", store, key, (int64_t)size, modified),
		&found, &e);
	return found;
}

/* --- lists ------------------------------------------------------------- */

/* What was seen in store ?1 and is not being deleted, and own versions that came there after it was listed, wait for it, or
 * were lost before they did; superseded ones were let go on purpose, and history tells of them.
 * A listing may meet an own object before its metadata is written: that is one version, not two. */
static const char list_text[] =
	"WITH fresh AS (SELECT version, key FROM copy WHERE store = ?1"
	"  AND state IN ('stored', 'proven') AND changed_at >= coalesce("
	"   (SELECT listed_at FROM store WHERE id = ?1), changed_at)),"
	" going AS (SELECT key FROM leaving WHERE store = ?1)"
	" SELECT * FROM ("
	" SELECT " STATE_SEEN ", coalesce(nullif(c.state, 'pruned'),"
	"   CASE WHEN p.bad = '' THEN 'proven' WHEN p.bad <> '' THEN 'bad' END, 'stored'),"
	"  coalesce(v.suspect, 0),"
	"  CASE s.id WHEN '' THEN s.key ELSE s.id END IN (SELECT version FROM pin),"
	"  s.id || s.key AS place"
	" FROM seen s LEFT JOIN copy c ON c.version = s.id AND c.store = s.store"
	"  LEFT JOIN proof p ON p.store = s.store AND p.key = s.key"
	"   AND (p.checksum = s.checksum OR NOT s.described)"
	"  LEFT JOIN version v ON v.id = s.id WHERE s.store = ?1"
	"  AND (s.described OR s.key NOT IN (SELECT key FROM fresh))"
	"  AND NOT EXISTS (SELECT 1 FROM copy o WHERE o.store = ?1 AND o.key = s.key"
	"   AND o.state = 'pruned' AND o.changed_at >="
	"   coalesce((SELECT listed_at FROM store WHERE id = ?1), o.changed_at))"
	"  AND s.key NOT IN (SELECT key FROM going)"
	" UNION ALL"
	" SELECT coalesce(c.key, ''), v.db_name, v.size, v.key_moment, 1, '', v.id, v.machine,"
	"  v.host, v.sequence, v.timestamp, v.checksum, v.content, v.record_count, v.operation,"
	"  v.base, v.ancestors, v.past, coalesce(c.state, nullif(v.fate, ''), 'captured'),"
	"  v.suspect, v.id IN (SELECT version FROM pin),"
	"  v.id || coalesce(c.key, '')"
	" FROM version v LEFT JOIN copy c ON c.version = v.id AND c.store = ?1"
	" WHERE (v.spooled OR v.fate = 'bad' OR v.id IN (SELECT version FROM fresh))"
	"  AND coalesce(c.key, '') NOT IN (SELECT key FROM going)"
	"  AND NOT EXISTS (SELECT 1 FROM seen WHERE store = ?1 AND seen.id = v.id))"
	" WHERE (?2 IS NULL OR db_name = ?2) AND (timestamp, place) < (?3, ?4)"
	"  AND (?6 IS NULL OR host = ?6 OR substr(machine, 1, length(?6)) = ?6)"
	"  AND (?7 = 0 OR timestamp >= ?7)"
	" ORDER BY timestamp DESC, place DESC LIMIT ?5";

void state_listed_read(struct sqlite3_stmt *row, struct state_listed *l)
{
	struct version *v = &l->seen.v;

	*l = (struct state_listed){0};
	text_cut(l->seen.key, sizeof(l->seen.key), sql_text(row, 0));
	text_cut(v->db_name, sizeof(v->db_name), sql_text(row, 1));
	l->seen.size = v->size = (uint64_t)sql_int(row, 2);
	l->seen.modified = sql_int(row, 3);
	l->seen.described = sql_int(row, 4);
	text_cut(l->seen.refused, sizeof(l->seen.refused), sql_text(row, 5));
	text_cut(v->id, sizeof(v->id), sql_text(row, 6));
	text_cut(v->machine, sizeof(v->machine), sql_text(row, 7));
	text_cut(v->host, sizeof(v->host), sql_text(row, 8));
	v->sequence = (uint64_t)sql_int(row, 9);
	v->timestamp = sql_int(row, 10);
	text_cut(v->checksum, sizeof(v->checksum), sql_text(row, 11));
	text_cut(v->content, sizeof(v->content), sql_text(row, 12));
	v->record_count = sql_is_null(row, 13) ? VERSION_NO_COUNT : sql_int(row, 13);
	text_cut(v->operation, sizeof(v->operation), sql_text(row, 14));
	state_untag(v, "base", sql_text(row, 15));
	state_untag(v, "ancestors", sql_text(row, 16));
	state_untag(v, "past", sql_text(row, 17));
	l->state = copy_state_named(sql_text(row, 18));
	l->suspect = sql_int(row, 19);
	l->pinned = sql_int(row, 20);
	if (!l->seen.key[0]) /* provisional: l->seen.modified is the key's moment here */
		objkey_make(l->seen.key, v->db_name, l->seen.modified);
}

/* "TIMESTAMP/ID-AND-KEY": the last row that was given. */
static bool read_cursor(const char *cursor, int64_t *timestamp, const char **behind)
{
	char *end;

	if (!*cursor) {
		*timestamp = INT64_MAX;
		*behind = "";
		return true;
	}
	*timestamp = strtoll(cursor, &end, 10);
	*behind = end + 1;
	return end != cursor && *end == '/';
}

enum err_code state_list(struct state *s, int64_t store, struct state_page *page, struct err *e)
{
	struct state_listed l;
	struct text next = {0};
	const char *behind;
	int64_t timestamp, count = 0;

	if (!read_cursor(page->cursor, &timestamp, &behind))
		return err_set(e, ERR_PROTO, "cursor is none that a list gave");
	struct sqlite3_stmt *row = sql_query(s->sql, e, list_text, "itititi", store, page->database,
		timestamp, behind, page->limit + 1, page->machine, page->since);
	while (sql_next(s->sql, row, e)) {
		if (count++ == page->limit) {
			sql_reset(row);
			break;
		}
		state_listed_read(row, &l);
		text_free(&next);
		text_add(&next, "%" PRId64 "/%s", l.seen.v.timestamp, sql_text(row, 21));
		page->each(page->arg, &l);
	}
	bool more = count > page->limit;
	(void)snprintf(page->cursor, sizeof(page->cursor), "%s", more && next.at ? next.at : "");
	text_free(&next);
	return e->code;
}
