/* As sync_deed.c does it. */
#include "tests/model/machine.h"

#define TRIES 5 /* judgements in one sync */

struct look {
	struct known k;
	struct lineage l;
};

/* `seen`: under the lock. */
static void look(struct world *w, struct machine *m, bool seen, struct look *look)
{
	char content[VERSION_HASH + 1] = "", checksum[VERSION_HASH + 1] = "";
	struct lineage_local local = {.present = m->db.present,
		.empty = m->db.present && !m->db.rows,
		.listed = true,
		.restored = m->restored,
		.changed = m->dirty,
		.content = content,
		.checksum = checksum,
		.base = m->has_base ? &m->base : NULL};

	if (seen) {
		(void)snprintf(content, sizeof(content), "%064lx", m->db.rows);
		(void)snprintf(checksum, sizeof(checksum), "%016lx%08x%040d", m->db.rows,
			m->db.counters, 0);
	}
	machine_gather(w, m, &look->k);
	look->l = lineage_judge(&local, &look->k.known);
}

static void join_heads(struct world *w, struct machine *m, const struct look *look, size_t first)
{
	machine_begin_heir(m);
	if (first != SIZE_MAX)
		machine_join(w, m, first == m->base_at ? &m->base : &w->made[first].v, first);
	for (size_t i = 0; i < look->k.known.count; i++)
		if (look->k.list[i].head)
			machine_join(w, m, look->k.list[i].v, look->k.at[i]);
	if (m->has_base)
		machine_join(w, m, &m->base, m->base_at);
}

static bool has_others(const struct look *look, const struct version *taken)
{
	for (size_t i = 0; i < look->k.known.count; i++)
		if (look->k.list[i].head && !ancestry_is_same(look->k.list[i].v, taken))
			return true;
	return false;
}

/* What comes next descends from the head that the contents are those of. */
static void adopt(struct world *w, struct machine *m, const struct look *l)
{
	if (l->l.state != LINEAGE_IN_STEP || l->l.same == LINEAGE_NONE)
		return;
	size_t at = l->k.at[l->l.same];
	if (!machine_has_base(m, at))
		machine_set_base(m, &w->made[at], at, false);
}

/* False: it is not to be done any more, by what is there under the lock. */
static bool take(struct world *w, struct machine *m, size_t at, const struct sync_asked *asked)
{
	struct contents before = m->db;
	static struct look under;
	size_t safety;

	look(w, m, true, &under);
	enum sync_deed what = sync_rule(&under.l, asked);
	if (what == SYNC_NOTHING) { /* its bytes tell that it is a head already */
		adopt(w, m, &under);
		return true;
	}
	if (what != SYNC_DOWNLOAD || (!asked->force && under.k.at[under.l.take] != at))
		return false;
	say(w, " takes %s", w->made[at].name);
	bool publish = asked->force && has_others(&under, &w->made[at].v);
	join_heads(w, m, &under, at);
	if (machine_keep_safe(w, m, &safety))
		machine_join(w, m, &w->made[safety].v, safety);
	machine_put(w, m, at, publish, false);
	machine_send(w, m, MADE);
	judge_taken(w, &before, m, &w->made[at], asked->force);
	return true;
}

static void publish(struct world *w, struct machine *m, const struct look *l)
{
	join_heads(w, m, l, m->has_base ? m->base_at : SIZE_MAX);
	m->has_heir = true;
	machine_backup(w, m);
}

/* Does the deed; true: it is to be judged again. */
static bool deed(struct world *w, struct machine *m, const struct look *l,
	const struct sync_asked *asked, bool *captured)
{
	enum sync_deed what = sync_rule(&l->l, asked);

	switch (what) {
	case SYNC_DOWNLOAD:
		if (take(w, m, l->k.at[l->l.take], asked))
			return false;
		break;
	case SYNC_PUBLISH: publish(w, m, l); return false;
	case SYNC_QUEUE:
	case SYNC_STOP:
		if (*captured)
			return false;
		break;
	case SYNC_NOTHING:
	case SYNC_FAIL:
	default: adopt(w, m, l); return false;
	}
	machine_backup(w, m);
	*captured = true;
	return true;
}

enum lineage_state machine_sync(struct world *w, struct machine *m, bool force, bool mine)
{
	const struct sync_asked asked = {.listed = m->online, .force = force, .mine = mine};
	static struct look l;
	bool captured = false;

	if (!m->online)
		return LINEAGE_UNKNOWN;
	machine_list(w, m);
	for (unsigned tries = 0; tries < TRIES; tries++) {
		look(w, m, false, &l);
		say(w, " %s", lineage_name(l.l.state));
		if (!deed(w, m, &l, &asked, &captured))
			return l.l.state;
	}
	wrong(w, "sync of a quiet database does not come to its end");
	return l.l.state;
}
