#include "common/scoped.h"
#include "daemon/io/state_inner.h"

enum err_code state_rebase(struct state *s, const struct state_database *d,
	const struct version *base, bool restored, struct err *e)
{
	scoped(heap) char *version = version_whole(base);

	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e,
		"INSERT OR REPLACE INTO base(db_name, identity, version, restored) VALUES(?, ?, ?, "
		"?)",
		"ttti", d->name, d->base, version, (int64_t)restored);
	if (!e->code)
		e->code = state_database_write(s, d, e);
	return state_end(s, e);
}

enum err_code state_base_of(struct state *s, const struct state_database *d, struct version *base,
	bool *restored, struct err *e)
{
	bool found = false;
	struct sqlite3_stmt *row = sql_query(s->sql, e,
		"SELECT version, restored FROM base WHERE db_name = ? AND identity = ?", "tt",
		d->name, d->base);

	*base = (struct version){0};
	*restored = false;
	while (sql_next(s->sql, row, e)) {
		struct err damage;

		*restored = sql_int(row, 1);
		found = !version_read_whole(base, sql_text(row, 0), &damage);
	}
	if (e->code || found)
		return e->code;
	return err_set(e, ERR_MISSING, "%s has no base that was taken from elsewhere", d->name);
}
