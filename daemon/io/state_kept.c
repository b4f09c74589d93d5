#include "common/text.h"
#include "daemon/core/ancestry.h"
#include "daemon/io/kept.h"
#include "daemon/io/state_inner.h"

#include <string.h>

/* Is this version, which was confirmed there, still in the store? */
static bool is_there(struct state *s, int64_t store, const char *id, struct err *e)
{
	bool there = false;
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT 1 FROM copy WHERE store = ?1 AND version = ?2"
		"  AND state IN ('stored', 'proven', 'bad')"
		"  AND NOT EXISTS (SELECT 1 FROM leaving WHERE store = ?1 AND key = copy.key)"
		"  AND (EXISTS (SELECT 1 FROM seen WHERE store = ?1 AND seen.key = copy.key"
		"    AND seen.id IN (copy.version, ''))"
		"   OR (state <> 'bad' AND changed_at >= coalesce("
		"    (SELECT listed_at FROM store WHERE id = ?1), changed_at)))",
		"it", store, id);

	while (sql_next(s->sql, row, e))
		there = true;
	return there;
}

static const char ours_text[] =
	STATE_VERSIONS " WHERE db_name = ?2 AND sequence >= (SELECT min(sequence) FROM version o"
		       "  JOIN copy c ON c.version = o.id WHERE c.store = ?1 AND o.db_name = ?2"
		       "  AND c.state IN ('stored', 'proven', 'bad')) ORDER BY sequence DESC";

enum err_code kept_ours(struct state *s, const struct kept_of *of, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e, ours_text, "it", of->store, of->database);
	struct state_version v;

	while (sql_next(s->sql, row, e)) {
		state_version_read(row, &v);
		struct kept k = {.v = v.v,
			.stored = is_there(s, of->store, v.v.id, e),
			.proven = v.state == COPY_PROVEN,
			.bad = v.state == COPY_BAD,
			.suspect = v.suspect,
			.safety = v.safety,
			.pinned = v.pinned};

		memcpy(k.key, v.key, sizeof(k.key));
		state_version_end(&v);
		of->each(of->arg, &k);
	}
	return e->code;
}

enum err_code kept_others(struct state *s, const struct kept_of *of, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT " STATE_SEEN ", coalesce(c.state,"
		"  CASE WHEN p.bad = '' THEN 'proven' WHEN p.bad <> '' THEN 'bad' END, 'stored'), "
		"0,"
		" CASE s.id WHEN '' THEN s.key ELSE s.id END IN (SELECT version FROM pin)"
		" FROM seen s LEFT JOIN copy c ON c.version = s.id AND c.store = s.store"
		"  LEFT JOIN proof p ON p.store = s.store AND p.key = s.key"
		"   AND (p.checksum = s.checksum OR NOT s.described)"
		" WHERE s.store = ?1 AND s.db_name = ?2"
		"  AND NOT EXISTS (SELECT 1 FROM version WHERE id = s.id)"
		"  AND NOT EXISTS (SELECT 1 FROM copy o WHERE o.store = ?1 AND o.key = s.key"
		"   AND NOT s.described)"
		"  AND NOT EXISTS (SELECT 1 FROM leaving l WHERE l.store = ?1 AND l.key = s.key)",
		"it", of->store, of->database);
	struct state_listed l;

	while (sql_next(s->sql, row, e)) {
		state_listed_read(row, &l);
		struct kept k = {.v = l.seen.v,
			.stored = true,
			.proven = l.state == COPY_PROVEN,
			.bad = l.state == COPY_BAD,
			.safety = ancestry_is_safety(&l.seen.v),
			.pinned = l.pinned,
			.unknown = !l.seen.described || l.seen.refused[0]};

		memcpy(k.key, l.seen.key, sizeof(k.key));
		of->each(of->arg, &k);
	}
	return e->code;
}

enum err_code kept_databases(struct state *s, int64_t store, struct text *names, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT db_name FROM version JOIN copy ON copy.version = version.id"
		" WHERE copy.store = ?1 AND state IN ('stored', 'proven', 'bad')"
		" UNION SELECT db_name FROM seen WHERE store = ?1 ORDER BY 1",
		"i", store);

	while (sql_next(s->sql, row, e))
		text_add(names, "%s\n", sql_text(row, 0));
	return e->code;
}

enum err_code kept_python(struct state *s, int64_t store, bool *there, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT 1 FROM seen WHERE store = ? AND described AND id = '' LIMIT 1", "i", store);

	*there = false;
	while (sql_next(s->sql, row, e))
		*there = true;
	return e->code;
}
