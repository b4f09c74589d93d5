#include "common/stamp.h"
#include "daemon/io/state_inner.h"

/* How long a uid is remembered; and how many of the newest scans keep theirs whatever the clock says: it
 * may have been set between a scan and its being posted again, by years on a machine whose clock has no
 * battery. */
#define UID_DAYS  (INT64_C(30) * 86400 * STAMP_SECOND)
#define UID_SCANS INT64_C(1000)

/* By the version of another machine that the contents are. */
#define TAKEN                                                                                      \
	"coalesce((SELECT taken.scans FROM base AS taken"                                          \
	"  WHERE taken.db_name = name AND taken.identity = database.base), 0)"

/* How far captures, and versions in the store, cover the scans: for each watched database, and at
 * least for all of them that were ever made ("least"). */
#define REACH                                                                                      \
	"WITH through AS MATERIALIZED ("                                                           \
	"  SELECT name, dirty OR base <> '' AS made,"                                              \
	"    max(" TAKEN ", coalesce((SELECT max(scans) FROM version"                              \
	"      WHERE db_name = name AND fate <> 'bad'), 0)) AS captured,"                          \
	"    max(" TAKEN ", coalesce((SELECT max(scans) FROM version"                              \
	"      JOIN copy ON copy.version = version.id"                                             \
	"      WHERE db_name = name AND store = ?1 AND state IN ('stored', 'proven')), 0))"        \
	"      AS stored"                                                                          \
	"  FROM database WHERE watched),"                                                          \
	"least AS MATERIALIZED ("                                                                  \
	"  SELECT min(captured) AS captured, min(stored) AS stored FROM through WHERE made)"

#define COVERED                                                                                    \
	REACH ", covered AS ("                                                                     \
	      "  SELECT number, count, at, uid,"                                                   \
	      "    coalesce((SELECT captured FROM through WHERE name = database),"                 \
	      "      (SELECT captured FROM least), 0) AS captured,"                                \
	      "    coalesce((SELECT stored FROM through WHERE name = database),"                   \
	      "      (SELECT stored FROM least), 0) AS stored"                                     \
	      "  FROM scan)"

enum err_code state_scans_total(struct state *s, int64_t *number, struct err *e)
{
	struct sqlite3_stmt *row =
		sql_query(s->sql, e, "SELECT coalesce(max(number), 0) FROM scan", "");

	*number = 0;
	while (sql_next(s->sql, row, e))
		*number = sql_int(row, 0);
	return e->code;
}

/* Was this uid counted, under a number up to `total`? */
static enum err_code counted_before(
	struct state *s, struct state_scan *scan, int64_t total, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT number FROM scan WHERE uid = ? AND (at > ? OR number > ?)", "tii",
		scan->uid, scan->at - UID_DAYS, total - UID_SCANS);

	while (sql_next(s->sql, row, e)) {
		scan->number = sql_int(row, 0);
		scan->again = true;
	}
	return e->code;
}

/* Numbers the scan, which moves *total, and writes it; or finds it counted before. */
static enum err_code write_one(
	struct state *s, struct state_scan *scan, int64_t *total, struct err *e)
{
	scan->again = false;
	if (scan->uid && (counted_before(s, scan, *total, e) || scan->again))
		return e->code;
	scan->number = *total += scan->count;
	return sql_run(s->sql, e, "INSERT INTO scan VALUES(?, ?, ?, ?, ?, ?, ?)", "iitttti",
		scan->number, (int64_t)scan->count, scan->database, scan->note, scan->uid,
		scan->from, scan->at);
}

/* From the first posted scan on, commits seen in its database count no longer. */
static enum err_code mark_posted(struct state *s, int64_t after, struct err *e)
{
	return sql_run(s->sql, e,
		"UPDATE database SET posted = 1 WHERE NOT posted AND EXISTS(SELECT 1 FROM scan"
		" WHERE number > ? AND source = 'socket' AND coalesce(database, name) = name)",
		"i", after);
}

enum err_code state_scans_write(
	struct state *s, struct state_scan *scans, size_t count, struct err *e)
{
	int64_t before, total;

	if (state_scans_total(s, &before, e))
		return e->code;
	total = before;
	for (size_t i = 0; i < count; i++)
		if (write_one(s, &scans[i], &total, e))
			return e->code;
	return mark_posted(s, before, e);
}

enum err_code state_scans_add(
	struct state *s, struct state_scan *scans, size_t count, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = state_scans_write(s, scans, count, e);
	return state_end(s, e);
}

enum err_code state_scans_tally(
	struct state *s, int64_t store, struct state_tally *t, struct err *e)
{
	struct sqlite3_stmt *row;

	*t = (struct state_tally){.oldest_at = STAMP_NONE};
	if (state_scans_total(s, &t->total, e))
		return e->code;
	row = sql_query(s->sql, e,
		COVERED " SELECT coalesce(sum(count) FILTER (WHERE number > captured), 0),"
			" coalesce(sum(count) FILTER (WHERE number > stored), 0),"
			" min(at) FILTER (WHERE number > stored) FROM covered"
			" WHERE number > coalesce((SELECT stored FROM least), 0)",
		"i", store);
	while (sql_next(s->sql, row, e)) {
		t->since_backup = sql_int(row, 0);
		t->unprotected = sql_int(row, 1);
		if (!sql_is_null(row, 2))
			t->oldest_at = sql_int(row, 2);
	}
	return e->code;
}

enum err_code state_scans_cover(struct state *s, int64_t store, const char *database,
	struct state_cover *cover, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		REACH " SELECT coalesce((SELECT captured FROM through WHERE name = ?2),"
		      "  (SELECT captured FROM least), 0),"
		      " coalesce((SELECT stored FROM through WHERE name = ?2),"
		      "  (SELECT stored FROM least), 0)",
		"it", store, database);

	*cover = (struct state_cover){0};
	while (sql_next(s->sql, row, e)) {
		cover->captured = sql_int(row, 0);
		cover->stored = sql_int(row, 1);
	}
	return e->code;
}

enum err_code state_scans_since(
	struct state *s, const char *database, int64_t *count, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT coalesce(sum(count), 0) FROM scan WHERE number > "
		"max(coalesce((SELECT max(scans) FROM version WHERE db_name = ?1 AND fate <> "
		"'bad'), 0), coalesce((SELECT scans FROM base JOIN database ON name = db_name"
		"  AND identity = database.base WHERE name = ?1), 0))",
		"t", database);

	while (sql_next(s->sql, row, e))
		*count = sql_int(row, 0);
	return e->code;
}

/* The newest stays, whatever it is: its number is the total. */
enum err_code state_scans_forget(struct state *s, int64_t store, int64_t now, struct err *e)
{
	return sql_run(s->sql, e,
		COVERED
		", newest AS (SELECT max(number) AS total FROM scan)"
		" DELETE FROM scan WHERE number IN (SELECT number FROM covered, newest"
		" WHERE number <= stored AND (uid IS NULL OR at <= ?2 AND number <= total - ?3)"
		"  AND number < total)",
		"iii", store, now - UID_DAYS, UID_SCANS);
}
