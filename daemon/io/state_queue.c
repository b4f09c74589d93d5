#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/state_inner.h"

#include <string.h>

/* It waits for store ?1: its file is here, and nothing final is known of it there. */
#define WAITING                                                                                    \
	"spooled AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.version = v.id AND store = ?1"      \
	" AND state NOT IN ('captured', 'sending'))"

void state_ids_add(struct state_ids *ids, const char *id)
{
	if (ids->count % 16 == 0) {
		ids->at = realloc(ids->at, (ids->count + 16) * sizeof(*ids->at));
		REQUIRE(ids->at);
	}
	text_cut(ids->at[ids->count++], sizeof(*ids->at), id);
}

void state_ids_end(struct state_ids *ids)
{
	free(ids->at);
	*ids = (struct state_ids){0};
}

/* Where the store's listing shows versions of the Python client, which deletes the earliest
 * uploads, a database's versions go up in their order, one by one: only the oldest is in the queue.
 */
static const char queue_text[] =
	"WITH waiting AS (SELECT id, db_name, sequence, timestamp FROM version v WHERE " WAITING ")"
	" SELECT id FROM waiting w WHERE NOT EXISTS (SELECT 1 FROM seen WHERE store = ?1"
	"   AND seen.db_name = w.db_name AND described AND seen.id = '')"
	"  OR sequence = (SELECT min(sequence) FROM waiting o WHERE o.db_name = w.db_name)"
	" ORDER BY sequence < (SELECT max(sequence) FROM version n WHERE n.db_name = w.db_name),"
	"  timestamp, sequence";

enum err_code state_queue(struct state *s, int64_t store, struct state_ids *ids, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e, queue_text, "i", store);

	*ids = (struct state_ids){0};
	while (sql_next(s->sql, row, e))
		state_ids_add(ids, sql_text(row, 0));
	return e->code;
}

enum err_code state_queue_sum(
	struct state *s, int64_t store, struct state_queue_sums *sums, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT count(*), coalesce(sum(size), 0), min(timestamp) FROM version v "
		"WHERE " WAITING,
		"i", store);

	*sums = (struct state_queue_sums){.oldest_at = STAMP_NONE};
	while (sql_next(s->sql, row, e)) {
		sums->length = sql_int(row, 0);
		sums->bytes = sql_int(row, 1);
		if (!sql_is_null(row, 2))
			sums->oldest_at = sql_int(row, 2);
	}
	return e->code;
}

static enum err_code check_cursor(struct state *s, const char *id, struct err *e)
{
	struct sqlite3_stmt *row =
		sql_query(s->sql, e, "SELECT 1 FROM version WHERE id = ?", "t", id);
	bool known = !*id;

	while (sql_next(s->sql, row, e))
		known = true;
	if (e->code)
		return e->code;
	return known ? ERR_NONE : err_set(e, ERR_PROTO, "cursor is none that a page gave");
}

enum err_code state_queue_page(
	struct state *s, int64_t store, struct state_queue_page *page, struct err *e)
{
	struct state_version v = {0};
	int64_t count = 0;

	if (check_cursor(s, page->cursor, e))
		return e->code;
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		STATE_VERSIONS " WHERE " WAITING " AND (?2 = '' OR (timestamp, v.id) >"
			       "  (SELECT timestamp, id FROM version WHERE id = ?2))"
			       " ORDER BY timestamp, v.id LIMIT ?3",
		"iti", store, page->cursor, page->limit + 1);
	while (sql_next(s->sql, row, e)) {
		if (count++ == page->limit) {
			sql_reset(row);
			break;
		}
		state_version_read(row, &v);
		page->each(page->arg, &v);
		state_version_end(&v);
	}
	text_cut(page->cursor, sizeof(page->cursor), count > page->limit ? v.v.id : "");
	return e->code;
}

/* --- the spool --------------------------------------------------------- */

enum err_code state_spool_bytes(struct state *s, uint64_t *bytes, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(
		s->sql, e, "SELECT coalesce(sum(size), 0) FROM version WHERE spooled", "");

	*bytes = 0;
	while (sql_next(s->sql, row, e))
		*bytes = (uint64_t)sql_int(row, 0);
	return e->code;
}

enum err_code state_spooled(struct state *s, struct state_ids *ids, struct err *e)
{
	struct sqlite3_stmt *row =
		sql_query(s->sql, e, "SELECT id FROM version WHERE spooled ORDER BY id", "");

	*ids = (struct state_ids){0};
	while (sql_next(s->sql, row, e))
		state_ids_add(ids, sql_text(row, 0));
	return e->code;
}

/* Its file leaves the spool although no store has it. */
static enum err_code end_unstored(
	struct state *s, const char *id, enum copy_state fate, const char *why, struct err *e)
{
	const char *name = copy_state_name(fate);

	if (sql_run(s->sql, e, "UPDATE version SET spooled = 0, fate = ?2 WHERE id = ?1", "tt", id,
		    name) ||
		sql_run(s->sql, e,
			"UPDATE copy SET state = ?2, error = coalesce(?3, error) WHERE version = ?1"
			" AND state IN ('captured', 'sending')",
			"ttt", id, name, why))
		return e->code;
	return state_history_of(s,
		&(struct state_deed){.event = fate == COPY_BAD ? HISTORY_BAD : HISTORY_SUPERSEDED,
			.version = id,
			.text = why},
		e);
}

enum err_code state_lost(struct state *s, const char *id, const char *why, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = end_unstored(s, id, COPY_BAD, why, e);
	return state_end(s, e);
}

/* --- superseding ------------------------------------------------------- */

/* The versions of one database, newest first, down to the oldest that waits. */
struct lineup {
	struct retained *judged;
	struct state_ids ids;
	bool *idle; /* it waits, and nothing of it is in the store or on its way */
};

static void lineup_end(struct lineup *l)
{
	free(l->judged);
	free(l->idle);
	state_ids_end(&l->ids);
}

/* What is lost, or was superseded, takes no place. */
static enum err_code line_up(
	struct state *s, int64_t store, const char *database, struct lineup *l, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT id, timestamp, suspect OR safety OR id IN (SELECT version FROM pin),"
		"  " WAITING " AND NOT EXISTS (SELECT 1 FROM copy WHERE version = v.id"
		"   AND state = 'sending')"
		" FROM version v WHERE db_name = ?2 AND fate = '' AND sequence >="
		"  (SELECT min(sequence) FROM version WHERE db_name = ?2 AND spooled)"
		" ORDER BY sequence DESC",
		"it", store, database);
	size_t room = 0;

	while (sql_next(s->sql, row, e)) {
		if (l->ids.count == room) {
			room = room ? 2 * room : 64;
			l->judged = realloc(l->judged, room * sizeof(*l->judged));
			l->idle = realloc(l->idle, room * sizeof(*l->idle));
			REQUIRE(l->judged && l->idle);
		}
		l->judged[l->ids.count] =
			(struct retained){.at = sql_int(row, 1), .apart = sql_int(row, 2)};
		l->idle[l->ids.count] = sql_int(row, 3);
		state_ids_add(&l->ids, sql_text(row, 0));
	}
	return e->code;
}

static enum err_code supersede_one(struct state *s, const struct state_supersede *what,
	const char *database, struct state_ids *gone, struct err *e)
{
	struct lineup l = {0};

	e->code = line_up(s, what->store, database, &l, e);
	retention_judge(&what->keep, l.judged, l.ids.count);
	/* The newest is never superseded, whatever is to be kept. */
	for (size_t i = 1; i < l.ids.count && !e->code; i++) {
		if (l.judged[i].kept || !l.idle[i])
			continue;
		e->code = end_unstored(s, l.ids.at[i], COPY_SUPERSEDED, NULL, e);
		state_ids_add(gone, l.ids.at[i]);
	}
	lineup_end(&l);
	return e->code;
}

/* The names are copied first: they are of rows that the work on them changes. */
static enum err_code databases_waiting(struct state *s, struct text *names, struct err *e)
{
	struct sqlite3_stmt *row =
		sql_query(s->sql, e, "SELECT DISTINCT db_name FROM version WHERE spooled", "");

	while (sql_next(s->sql, row, e))
		text_add(names, "%s\n", sql_text(row, 0));
	return e->code;
}

enum err_code state_supersede(
	struct state *s, const struct state_supersede *what, struct state_ids *gone, struct err *e)
{
	struct text names = {0};
	char *rest = NULL;

	*gone = (struct state_ids){0};
	if (state_begin(s, e))
		return e->code;
	e->code = databases_waiting(s, &names, e);
	for (char *name = names.at ? strtok_r(names.at, "\n", &rest) : NULL; name && !e->code;
		name = strtok_r(NULL, "\n", &rest))
		e->code = supersede_one(s, what, name, gone, e);
	text_free(&names);
	if (state_end(s, e))
		state_ids_end(gone);
	return e->code;
}
