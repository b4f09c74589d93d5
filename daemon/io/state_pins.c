#include "daemon/io/pins.h"
#include "daemon/io/state_inner.h"

enum err_code state_pin(struct state *s, const char *version, const char *because, struct err *e)
{
	return sql_run(s->sql, e, "INSERT OR IGNORE INTO pin VALUES(?, ?)", "tt", version, because);
}

enum err_code pins_end(struct state *s, const char *because, struct err *e)
{
	return sql_run(s->sql, e, "DELETE FROM pin WHERE because = ?", "t", because);
}

static const char *name_of(const struct state_seen *seen)
{
	return seen->v.id[0] ? seen->v.id : seen->key;
}

static enum err_code tell(
	struct state *s, enum history_event event, const struct state_seen *seen, struct err *e)
{
	return state_history_of(s,
		&(struct state_deed){.event = event, .version = seen->v.id, .key = seen->key}, e);
}

enum err_code pins_put(struct state *s, const struct state_seen *seen, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = state_pin(s, name_of(seen), "", e);
	if (!e->code)
		e->code = tell(s, HISTORY_PINNED, seen, e);
	return state_end(s, e);
}

enum err_code pins_remove(struct state *s, const struct state_seen *seen, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e, "DELETE FROM pin WHERE version = ?", "t", name_of(seen));
	if (!e->code)
		e->code = tell(s, HISTORY_UNPINNED, seen, e);
	return state_end(s, e);
}

enum err_code pins_accept(struct state *s, const char *id, struct err *e)
{
	if (state_begin(s, e))
		return e->code;
	e->code = sql_run(s->sql, e, "UPDATE version SET suspect = 0 WHERE id = ?", "t", id);
	if (!e->code)
		e->code = pins_end(s, id, e);
	if (!e->code)
		e->code = state_history_of(
			s, &(struct state_deed){.event = HISTORY_ACCEPTED, .version = id}, e);
	return state_end(s, e);
}
