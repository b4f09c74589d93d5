/* As restore_write.c and restore_publish.c do it. */
#include "tests/model/machine.h"

#include <string.h>

/* As core/version has it, and for judge.c as it is. */
void machine_join(struct world *w, struct machine *m, const struct version *v, size_t at)
{
	version_join(&m->heir, v);
	line_join(&m->heir_line, &w->made[at].line);
}

/* Was the base there when the store was listed, or put there since? */
static bool is_listed(const struct world *w, const struct machine *m, size_t at)
{
	static struct known k;

	machine_gather(w, m, &k);
	for (size_t i = 0; i < k.known.count; i++)
		if (k.at[i] == at)
			return k.list[i].stored;
	return false;
}

/* Under the lock; the safety version, if the contents are none yet. */
bool machine_keep_safe(struct world *w, struct machine *m, size_t *safety)
{
	char content[VERSION_HASH + 1];

	(void)snprintf(content, sizeof(content), "%064lx", m->db.rows);
	if (!m->db.present ||
		(machine_base_holds(m) && is_listed(w, m, m->base_at) &&
			!(machine_own(m, m->base_at) && machine_own(m, m->base_at)->suspect) &&
			strcmp(content, m->base.content) == 0))
		return false;
	*safety = (size_t)(machine_describe(w, m, true) - w->made);
	say(w, " keeps %s", w->made[*safety].name);
	return true;
}

void machine_begin_heir(struct machine *m)
{
	m->heir = (struct version){0};
	m->heir_line = (struct line){0};
}

void machine_put(struct world *w, struct machine *m, size_t at, bool publish, bool restored)
{
	struct made proven = w->made[at];

	world_write(w, &m->db, proven.rows);
	m->dirty = false;
	m->has_heir = publish;
	if (publish) {
		machine_capture(w, m, ANCESTRY_RESTORED);
		return;
	}
	(void)snprintf(proven.v.content, sizeof(proven.v.content), "%064lx", proven.rows);
	machine_set_base(m, &proven, at, restored);
}

static size_t newest_usable(const struct known *k)
{
	for (size_t i = 0; i < k->known.count; i++)
		if (k->list[i].usable)
			return k->at[i];
	return SIZE_MAX;
}

/* Is what is here now an ancestor of what is to come? */
static bool follows(const struct machine *m, const struct version *chosen)
{
	const struct ancestry_known none = {0};

	return !m->has_base || ancestry_is_same(&m->base, chosen) ||
		ancestry_is_ancestor(&none, &m->base, chosen);
}

/* Can it be had: from the spool, or from the store? */
static bool is_at_hand(const struct world *w, struct machine *m, size_t at)
{
	const struct own *own = machine_own(m, at);

	return (own && own->state == OWN_WAITING) || (m->online && w->made[at].in_store);
}

void machine_restore(struct world *w, struct machine *m, size_t choice, bool publish)
{
	struct contents before = m->db;
	static struct known k;
	size_t safety;

	/* It does not list, and so does not see what others delete. */
	if (m->online && w->deleted_at > m->listed_at)
		machine_list(w, m);
	if (w->deleted_at > m->listed_at)
		return;
	machine_gather(w, m, &k);
	if (!k.known.count || !is_at_hand(w, m, k.at[choice % k.known.count]))
		return;
	size_t at = k.at[choice % k.known.count], newest = newest_usable(&k);
	bool told = !m->ahead || m->skew == m->ahead;
	const struct version *chosen = &w->made[at].v;
	say(w, " %s", w->made[at].name);
	machine_begin_heir(m);
	if (newest != SIZE_MAX)
		machine_join(w, m, &w->made[newest].v, newest);
	bool has_safety = machine_keep_safe(w, m, &safety), follow = follows(m, chosen);
	if (has_safety)
		machine_join(w, m, &w->made[safety].v, safety);
	if (m->has_base)
		machine_join(w, m, &m->base, m->base_at);
	machine_join(w, m, chosen, at);
	publish = publish && !(newest == at && follow && !has_safety);
	machine_put(w, m, at, publish, newest != at);
	judge_taken(w, &before, m, &w->made[at], true);
	machine_send(w, m, publish ? MADE : 0);
	/* A clock that is wrong, and nobody said so, may put it before what the Python client made. */
	m->just_restored = (publish || m->restored) && told;
}
