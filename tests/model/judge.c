#include "tests/model/model.h"

#include <stdarg.h>
#include <string.h>

#define ROUNDS 8 /* syncs of everybody, one after the other, until nothing is left to do */

void say(struct world *w, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	if (w->trace)
		(void)vfprintf(w->trace, text, args); /* NOLINT(clang-analyzer-valist.*) */
	va_end(args);
}

void wrong(struct world *w, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	if (!w->wrong[0]) /* NOLINTNEXTLINE(clang-analyzer-valist.*) */
		(void)vsnprintf(w->wrong, sizeof(w->wrong), text, args);
	va_end(args);
}

/* --- rows -------------------------------------------------------------- */

uint64_t judge_versions(const struct world *w)
{
	uint64_t held = 0;

	for (size_t i = 0; i < w->made_count; i++)
		held |= w->made[i].in_store ? w->made[i].rows : 0;
	for (size_t i = 0; i < MACHINES; i++)
		for (size_t k = 0; k < w->machines[i].own_count; k++)
			if (w->machines[i].own[k].state == OWN_WAITING)
				held |= w->made[w->machines[i].own[k].at].rows;
	return held;
}

uint64_t judge_held(const struct world *w)
{
	uint64_t held = judge_versions(w) | (w->python.present ? w->python.rows : 0);

	for (size_t i = 0; i < MACHINES; i++)
		held |= w->machines[i].db.present ? w->machines[i].db.rows : 0;
	return held;
}

void judge_forgive(struct world *w)
{
	w->owed &= judge_held(w);
}

void judge_rows(struct world *w)
{
	uint64_t lost = w->owed & ~judge_held(w);

	if (lost)
		wrong(w, "row %d is in no database and in no version", __builtin_ctzll(lost));
}

static bool is_cloned(const struct world *w)
{
	for (size_t i = 1; i < MACHINES; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(w->machines[i].id, w->machines[k].id) == 0)
				return true;
	return false;
}

/* --- what is taken ----------------------------------------------------- */

/* The newest of the Python client's that v comes from. */
static int64_t python_until(const struct world *w, const struct made *v)
{
	int64_t newest = 0;

	for (size_t i = 0; i < w->made_count; i++)
		if (line_has(&v->line, i) && !w->made[i].v.id[0] && newest < w->made[i].v.timestamp)
			newest = w->made[i].v.timestamp;
	return newest;
}

/* All rows that were ever in what this state comes from; the Python client's come after all of it
 * that are older. */
static uint64_t knows(const struct world *w, const struct made *v)
{
	int64_t python = python_until(w, v);
	uint64_t rows = 0;

	for (size_t i = 0; i < w->made_count; i++)
		if (line_has(&v->line, i) ||
			(!w->made[i].v.id[0] && w->made[i].v.timestamp <= python))
			rows |= w->made[i].rows;
	return rows;
}

void judge_taken(struct world *w, const struct contents *before, const struct machine *m,
	const struct made *taken, bool asked_for)
{
	uint64_t gone = before->present ? before->rows & ~m->db.rows : 0;

	if (gone & ~judge_versions(w))
		wrong(w, "row %d of %c is gone, and no version holds it",
			__builtin_ctzll(gone & ~judge_versions(w)), m->letter);
	/* The Python client's versions come after all that is older, and nobody knows of more. */
	if (!asked_for && taken->v.id[0] && !(is_cloned(w) && w->deleted_at) &&
		(gone & ~knows(w, taken)))
		wrong(w, "row %d of %c is gone, and who made %s never saw it",
			__builtin_ctzll(gone & ~knows(w, taken)), m->letter, taken->name);
}

/* By retention: something that came of it has to be there still. */
void judge_deleted(struct world *w, const struct machine *m, size_t at)
{
	bool python = false;

	for (size_t i = 0; i < w->made_count; i++) {
		const struct made *v = &w->made[i];

		if (!v->in_store || !v->described || ancestry_is_safety(&v->v))
			continue;
		if (line_has(&v->line, at) || ancestry_is_same(&v->v, &w->made[at].v))
			return;
		python |= !v->v.id[0] && v->v.timestamp > w->made[at].v.timestamp;
	}
	if (!python && !ancestry_is_safety(&w->made[at].v))
		wrong(w, "%c deletes %s, from which nothing came", m->letter, w->made[at].name);
}

/* --- heads ------------------------------------------------------------- */

/* Are these contents in what v truly comes from?  The Python client makes versions of the same bytes
 * again. */
static bool comes_from(const struct world *w, const struct made *v, size_t at)
{
	for (size_t i = 0; i < w->made_count; i++)
		if (line_has(&v->line, i) &&
			(i == at || ancestry_is_same(&w->made[i].v, &w->made[at].v)))
			return true;
	return false;
}

/* Who is held to be a head is one, and nobody else. */
void judge_heads(struct world *w, const struct machine *m)
{
	static struct known k;
	const struct ancestry_known *known = &k.known;

	machine_gather(w, m, &k);
	(void)ancestry_heads(&k.known);
	for (size_t i = 0; i < known->count && !is_cloned(w); i++) {
		const struct made *v = &w->made[k.at[i]];
		bool head = true, doubt = false;

		for (size_t n = 0; n < known->count; n++) {
			const struct made *other = &w->made[k.at[n]];
			bool python = !other->v.id[0] && other->v.timestamp > v->v.timestamp;

			doubt |= other != v && (python || comes_from(w, other, k.at[i]));
			if (other == v || ancestry_is_same(&other->v, &v->v))
				continue;
			head &= !known->list[n].usable || !line_has(&other->line, k.at[i]) ||
				python_until(w, other); /* which does not tell */
		}
		if (known->list[i].usable && head && !doubt && !known->list[i].head)
			wrong(w, "nothing comes after %s, and it is no head", v->name);
		if (!head && known->list[i].head && v->v.id[0])
			wrong(w, "%s is held to be a head", v->name);
	}
}

/* --- the end ----------------------------------------------------------- */

struct picture {
	size_t stored;
	uint64_t rows[MACHINES];
	size_t bases[MACHINES];
	enum lineage_state states[MACHINES];
};

static void take_picture(const struct world *w, struct picture *p)
{
	p->stored = 0;
	for (size_t i = 0; i < w->made_count; i++)
		p->stored += w->made[i].in_store;
	for (size_t i = 0; i < MACHINES; i++) {
		p->rows[i] = w->machines[i].db.rows;
		p->bases[i] = w->machines[i].base_at;
	}
}

/* Everybody syncs until nothing is left to do. */
static void settle(struct world *w, struct picture *p)
{
	struct picture before;

	*p = (struct picture){0};
	for (unsigned i = 0; i < ROUNDS; i++) {
		take_picture(w, &before);
		for (size_t k = 0; k < MACHINES; k++) {
			say(w, "\n  at the end %c syncs:", w->machines[k].letter);
			p->states[k] = machine_sync(w, &w->machines[k], false, false);
		}
		take_picture(w, p);
		if (before.stored == p->stored &&
			memcmp(before.rows, p->rows, sizeof(p->rows)) == 0 &&
			memcmp(before.bases, p->bases, sizeof(p->bases)) == 0)
			return;
	}
	wrong(w, "they never come to rest");
}

/* Is there anything that can be taken? */
static bool is_any_usable(const struct world *w)
{
	for (size_t i = 0; i < w->made_count; i++)
		if (w->made[i].in_store && w->made[i].described && w->made[i].rows &&
			!ancestry_is_safety(&w->made[i].v))
			return true;
	return false;
}

/* Who says that it is in step has what the others have who say so. */
static void judge_steps(struct world *w, const struct picture *p)
{
	size_t first = MACHINES;

	for (size_t i = 0; i < MACHINES; i++) {
		if (p->states[i] == LINEAGE_BEHIND || p->states[i] == LINEAGE_UNKNOWN ||
			(p->states[i] == LINEAGE_NO_VERSION && is_any_usable(w) && !is_cloned(w)))
			wrong(w, "%c stays %s", w->machines[i].letter, lineage_name(p->states[i]));
		if (p->states[i] != LINEAGE_IN_STEP)
			continue;
		if (first == MACHINES)
			first = i;
		else if (p->rows[i] != p->rows[first])
			wrong(w, "%c and %c are in step with different rows",
				w->machines[first].letter, w->machines[i].letter);
	}
}

static size_t diverged(const struct picture *p)
{
	size_t i = 0;

	while (i < MACHINES && p->states[i] != LINEAGE_DIVERGED)
		i++;
	return i;
}

void judge_end(struct world *w)
{
	struct picture p;

	for (size_t i = 0; i < MACHINES; i++)
		w->machines[i].online = true;
	settle(w, &p);
	judge_steps(w, &p);
	judge_rows(w);
	judge_heads(w, &w->machines[0]);
	for (unsigned tries = 0; diverged(&p) < MACHINES; tries++) {
		struct machine *m = &w->machines[diverged(&p)];

		if (tries == 2 * MACHINES) {
			wrong(w, "%c stays diverged", m->letter);
			return;
		}
		say(w, "\n  at the end %c decides:", m->letter);
		(void)machine_sync(w, m, tries, !tries);
		settle(w, &p);
		judge_steps(w, &p);
	}
	judge_rows(w);
}
