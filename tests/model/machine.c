#include "tests/model/machine.h"

#include "common/attr.h"
#include "common/stamp.h"
#include "daemon/core/dating.h"
#include "daemon/core/retention.h"

#include <string.h>

#define BUILT (INT64_C(1700000000) * STAMP_SECOND)

const struct own *machine_own(const struct machine *m, size_t at)
{
	for (size_t i = 0; i < m->own_count; i++)
		if (m->own[i].at == at)
			return &m->own[i];
	return NULL;
}

bool machine_has_base(const struct machine *m, size_t at)
{
	return m->has_base && m->base_at == at;
}

/* --- what is known (whereabouts) --------------------------------------- */

static bool is_seen(const struct machine *m, size_t at)
{
	for (size_t i = 0; i < m->seen_count; i++)
		if (m->seen[i] == at)
			return true;
	return false;
}

static void take_row(
	const struct world *w, struct known *k, size_t at, const struct own *own, bool stored)
{
	const struct made *v = &w->made[at];
	size_t place = k->known.count++;

	for (; place && w->made[k->at[place - 1]].v.timestamp < v->v.timestamp; place--) {
		k->at[place] = k->at[place - 1];
		k->list[place] = k->list[place - 1];
	}
	k->at[place] = at;
	k->list[place] = (struct ancestry_version){.v = &v->v,
		.usable = v->described && !(own && own->suspect) && !ancestry_is_safety(&v->v),
		.stored = stored};
}

void machine_gather(const struct world *w, const struct machine *m, struct known *k)
{
	k->known = (struct ancestry_known){.list = k->list};
	for (size_t i = 0; i < m->seen_count; i++) {
		const struct own *own = machine_own(m, m->seen[i]);

		take_row(w, k, m->seen[i], own, !own || own->state == OWN_STORED);
	}
	for (size_t i = 0; i < m->own_count; i++) {
		const struct own *own = &m->own[i];
		bool fresh = own->state == OWN_STORED && own->stored_at >= m->listed_at;

		if ((own->state == OWN_WAITING || fresh) && !is_seen(m, own->at))
			take_row(w, k, own->at, own, fresh);
	}
	ancestry_leave_out_empty(&k->known);
}

void machine_list(struct world *w, struct machine *m)
{
	m->seen_count = 0;
	m->listed_at = w->now++;
	m->skew = m->ahead;
	for (size_t i = 0; i < w->made_count; i++)
		if (w->made[i].in_store)
			m->seen[m->seen_count++] = i;
}

/* --- versions (making) ------------------------------------------------- */

/* Is what was made of the base still a version? */
bool machine_base_holds(const struct machine *m)
{
	const struct own *own = m->has_base ? machine_own(m, m->base_at) : NULL;

	return m->has_base && (!own || own->state != OWN_SUPERSEDED);
}

static void thin(struct world *w, struct machine *m)
{
	struct retained list[MADE];
	size_t places[MADE], count = 0;

	for (size_t i = m->own_count; i-- > 0;)
		if (m->own[i].state != OWN_SUPERSEDED) {
			places[count] = i;
			list[count++] = (struct retained){.at = w->made[m->own[i].at].v.timestamp,
				.apart = m->own[i].safety || m->own[i].suspect};
		}
	retention_judge(&(struct retention){.versions = MACHINE_KEEPS}, list, count);
	for (size_t i = 1; i < count; i++) {
		struct own *own = &m->own[places[i]];

		if (list[i].kept || own->state != OWN_WAITING)
			continue;
		own->state = OWN_SUPERSEDED;
		say(w, " %s superseded", w->made[own->at].name);
		judge_forgive(w);
	}
}

static bool looks_emptied(const struct world *w, const struct machine *m)
{
	for (size_t i = m->own_count; i-- > 0;)
		if (!m->own[i].suspect)
			return w->made[m->own[i].at].v.record_count > 0 && !m->db.rows;
	return false;
}

struct made *machine_describe(struct world *w, struct machine *m, bool safety)
{
	struct dating date = dating_of(&(struct dating_facts){.clock = w->now++ + m->ahead,
		.skew = m->skew,
		.newest_key = m->newest_key,
		.built = BUILT});
	struct made *made = world_make(w, &m->db, m->letter, ++m->sequence);

	memcpy(made->v.machine, m->id, sizeof(m->id));
	made->v.timestamp = date.timestamp;
	m->newest_key = date.key;
	if (m->has_base) {
		version_descend(&made->v, &m->base);
		line_join(&made->line, &w->made[m->base_at].line);
	}
	if (safety)
		version_operation(&made->v, ANCESTRY_SAFETY);
	m->own[m->own_count++] = (struct own){.at = (size_t)(made - w->made),
		.safety = safety,
		.suspect = !safety && !m->has_heir && looks_emptied(w, m)};
	return made;
}

static void inherit(struct machine *m, struct made *made)
{
	struct version v = made->v;

	v.bases = m->heir.bases;
	v.ancestor_count = m->heir.ancestor_count;
	v.past_count = m->heir.past_count;
	memcpy(v.base, m->heir.base, sizeof(v.base));
	memcpy(v.ancestors, m->heir.ancestors, sizeof(v.ancestors));
	memcpy(v.past, m->heir.past, sizeof(v.past));
	made->v = v;
	line_join(&made->line, &m->heir_line);
	m->has_heir = false;
}

void machine_set_base(struct machine *m, const struct made *made, size_t at, bool restored)
{
	m->has_base = true;
	m->base = made->v;
	m->base_at = at;
	m->restored = restored;
}

void machine_capture(struct world *w, struct machine *m, const char *operation)
{
	char content[VERSION_HASH + 1];

	if (!m->db.present)
		return;
	(void)snprintf(content, sizeof(content), "%064lx", m->db.rows);
	m->dirty = false;
	if (!m->has_heir && machine_base_holds(m) && strcmp(content, m->base.content) == 0)
		return;
	struct made *made = machine_describe(w, m, false);
	if (m->has_heir)
		inherit(m, made);
	version_operation(&made->v, operation);
	machine_set_base(m, made, (size_t)(made - w->made), false);
	say(w, " makes %s", made->name);
	thin(w, m);
}

void machine_send(struct world *w, struct machine *m, size_t most)
{
	for (size_t i = 0; i < m->own_count && most && m->online; i++) {
		struct own *own = &m->own[i];

		if (own->state != OWN_WAITING)
			continue;
		own->state = OWN_STORED;
		own->stored_at = w->now++;
		w->made[own->at].in_store = true;
		w->made[own->at].modified = own->stored_at;
		m->skew = m->ahead;
		most--;
		say(w, " sends %s", w->made[own->at].name);
	}
}

void machine_backup(struct world *w, struct machine *m)
{
	machine_capture(w, m, "Manual CLI backup");
	machine_send(w, m, MADE);
}
