#include "daemon/io/state_proof.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/state_inner.h"

/* Where the version is our own it is its state in the store, too. */
static enum err_code put_copy(struct state *s, const struct state_finding *f, struct err *e)
{
	const char *state = copy_state_name(*f->bad ? COPY_BAD : COPY_PROVEN);

	if (!f->v->id[0])
		return ERR_NONE;
	if (sql_run(s->sql, e,
		    "UPDATE copy SET state = ?3, error = ?4, changed_at = max(changed_at, ?5)"
		    " WHERE version = ?1 AND store = ?2 AND state IN ('stored', 'proven', 'bad')",
		    "titti", f->v->id, f->store, state, f->bad, f->at) ||
		!*f->bad)
		return e->code;
	return state_history_of(s,
		&(struct state_deed){
			.event = HISTORY_BAD, .version = f->v->id, .key = f->key, .text = f->bad},
		e);
}

enum err_code state_finding_put(struct state *s, const struct state_finding *f, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e,
		"INSERT OR REPLACE INTO proof(store, key, db_name, version, checksum, at, "
		"timestamp, "
		"bad) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		"ittttiit", f->store, f->key, f->v->db_name, f->v->id, f->v->checksum, f->at,
		f->v->timestamp, f->bad);
	if (!e->code)
		e->code = put_copy(s, f, e);
	return state_end(s, e);
}

/* Scans of this database, and those of none, that came after the version's capture began. */
static const char proven_text[] =
	"SELECT p.key, p.at, CASE WHEN v.id IS NULL THEN -1 ELSE"
	"  (SELECT coalesce(sum(count), 0) FROM scan WHERE number > v.scans"
	"    AND (database = p.db_name OR database IS NULL OR database NOT IN"
	"     (SELECT name FROM database WHERE watched))) END"
	" FROM proof p LEFT JOIN version v ON v.id = p.version"
	" WHERE p.store = ? AND p.db_name = ? AND p.bad = '' ORDER BY p.number DESC LIMIT 1";

enum err_code state_proven(struct state *s, int64_t store, const char *database,
	struct state_proven *out, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e, proven_text, "it", store, database);

	*out = (struct state_proven){.at = STAMP_NONE, .behind = -1};
	while (sql_next(s->sql, row, e)) {
		text_cut(out->key, sizeof(out->key), sql_text(row, 0));
		out->at = sql_int(row, 1);
		out->behind = sql_int(row, 2);
	}
	if (e->code)
		return e->code;
	row = sql_query(s->sql, e,
		"SELECT bad FROM proof b WHERE store = ? AND db_name = ? AND bad <> ''"
		" AND NOT " STATE_OUTLIVED " ORDER BY number DESC LIMIT 1",
		"it", store, database);
	while (sql_next(s->sql, row, e))
		text_cut(out->bad, sizeof(out->bad), sql_text(row, 0));
	return e->code;
}

bool state_is_bad(struct state *s, int64_t store, const char *id)
{
	struct err e;
	struct sqlite3_stmt *row = sql_query(s->sql, &e,
		"SELECT 1 FROM proof WHERE store = ? AND version = ? AND bad <> ''", "it", store,
		id);
	bool found = false;

	while (sql_next(s->sql, row, &e))
		found = *id;
	return found;
}

enum err_code state_gone(
	struct state *s, int64_t store, const char *database, struct state_ids *ids, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT v.id FROM copy c JOIN version v ON v.id = c.version"
		" WHERE c.store = ?1 AND c.state IN ('stored', 'proven')"
		"  AND (?2 IS NULL OR db_name = ?2)"
		"  AND c.changed_at < (SELECT listed_at FROM store WHERE id = ?1)"
		"  AND NOT EXISTS (SELECT 1 FROM seen WHERE store = ?1 AND seen.key = c.key)"
		"  AND (NOT EXISTS (SELECT 1 FROM seen WHERE store = ?1 AND seen.id = ''"
		"    AND seen.db_name = v.db_name AND described)"
		"   OR sequence = (SELECT max(sequence) FROM version n WHERE n.db_name = "
		"v.db_name))",
		"it", store, database);

	*ids = (struct state_ids){0};
	while (sql_next(s->sql, row, e))
		state_ids_add(ids, sql_text(row, 0));
	return e->code;
}
