/* As the upkeep of a store does it. */
#include "daemon/core/covering.h"
#include "daemon/core/keep.h"
#include "tests/model/machine.h"

static bool is_usable(const struct world *w, const struct own *own)
{
	return !own->safety && !own->suspect && w->made[own->at].described;
}

static void meet_others(const struct world *w, const struct machine *m, struct covering *c)
{
	for (size_t i = 0; i < m->seen_count; i++) {
		const struct made *made = &w->made[m->seen[i]];

		if (machine_own(m, m->seen[i]))
			continue;
		covering_meet(c, &made->v);
		if (made->described && !ancestry_is_safety(&made->v))
			covering_add(c, &made->v);
	}
}

static size_t line_up(
	const struct world *w, const struct machine *m, struct keep_version *list, size_t *places)
{
	struct covering *c = covering_open(m->id);
	size_t count = 0;

	meet_others(w, m, c);
	for (size_t i = m->own_count; i-- > 0;) {
		const struct own *own = &m->own[i];
		const struct version *v = &w->made[own->at].v;
		bool covered = covering_has(c, v), usable = is_usable(w, own);

		if (covered || usable)
			covering_add(c, v);
		if (!w->made[own->at].in_store)
			continue;
		places[count] = own->at;
		list[count++] = (struct keep_version){.at = v->timestamp,
			.ours = true,
			.stored = true,
			.head = usable && !covered,
			.suspect = own->suspect,
			.safety = own->safety,
			.base = machine_has_base(m, own->at)};
	}
	covering_close(c);
	return count;
}

void machine_retain(struct world *w, struct machine *m)
{
	const struct keep_rules rules = {.count = {.versions = MACHINE_KEEPS}, .now = w->now};
	static struct keep_version list[MADE];
	static size_t places[MADE];

	if (!m->online)
		return;
	machine_list(w, m);
	size_t count = line_up(w, m, list, places);
	keep_judge(&rules, list, count);
	for (size_t i = 0; i < count; i++) {
		if (keep_stays(list[i].why))
			continue;
		w->made[places[i]].in_store = false;
		w->deleted_at = w->now;
		say(w, " deletes %s", w->made[places[i]].name);
		judge_deleted(w, m, places[i]);
		judge_forgive(w);
	}
	machine_list(w, m);
}
