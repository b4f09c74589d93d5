#include "daemon/core/lineage.h"

#include <string.h>

const char *lineage_name(enum lineage_state state)
{
	static const char *const names[] = {
#define X(name, text) text,
		LINEAGE_STATES(X)
#undef X
	};

	return names[state];
}

/* --- the local contents ------------------------------------------------ */

/* Heads by what they are to the local contents: places, or LINEAGE_NONE. */
struct sorted {
	size_t heads;
	size_t same, newer, other;
	size_t newest; /* of all */
	bool several;  /* newer ones that are not the same state */
};

static bool is_local(const struct lineage_local *local, const struct version *v)
{
	return (local->content[0] && strcmp(local->content, v->content) == 0) ||
		(local->checksum[0] && strcmp(local->checksum, v->checksum) == 0);
}

/* Are the contents those of the base?  Where they are not known, because nobody has written since. */
static bool is_base(const struct lineage_local *local)
{
	if (!local->base)
		return false;
	return local->content[0] || local->checksum[0] ? is_local(local, local->base)
						       : !local->changed;
}

/* Of the store's, the newest by time. */
static void put_newest(const struct ancestry_known *known, size_t *newest, size_t i)
{
	if (known->list[i].stored &&
		(*newest == LINEAGE_NONE ||
			known->list[i].v->timestamp > known->list[*newest].v->timestamp))
		*newest = i;
}

static size_t same_head(const struct lineage_local *local, const struct ancestry_known *known)
{
	bool unchanged = is_base(local);

	for (size_t i = 0; i < known->count; i++) {
		const struct ancestry_version *l = &known->list[i];

		if (l->head &&
			(is_local(local, l->v) ||
				(unchanged && ancestry_is_same(local->base, l->v))))
			return i;
	}
	return LINEAGE_NONE;
}

/* Without a base, a version with the same contents is the base: of several the newest. */
static const struct version *found_base(
	const struct lineage_local *local, const struct ancestry_known *known)
{
	const struct version *base = NULL;

	for (size_t i = 0; i < known->count; i++) {
		const struct ancestry_version *l = &known->list[i];

		if (l->usable && is_local(local, l->v) &&
			(!base || base->timestamp < l->v->timestamp))
			base = l->v;
	}
	return base;
}

static void sort_head(
	const struct ancestry_known *known, const struct version *base, size_t i, struct sorted *s)
{
	const struct version *v = known->list[i].v;

	s->heads++;
	put_newest(known, &s->newest, i);
	if (base && (ancestry_is_same(base, v) || ancestry_is_ancestor(known, v, base)))
		return;
	if (!base || !ancestry_is_ancestor(known, base, v)) {
		put_newest(known, &s->other, i);
		return;
	}
	s->several |= s->newer != LINEAGE_NONE && !ancestry_is_same(known->list[s->newer].v, v);
	put_newest(known, &s->newer, i);
}

/* Older contents that are here again by a restore are stored, but as another version. */
static bool is_stored(const struct ancestry_known *known, const struct version *base)
{
	char id[VERSION_ID + 1], other[VERSION_ID + 1];

	version_identity(base, id);
	for (size_t i = 0; i < known->count; i++) {
		const struct ancestry_version *l = &known->list[i];

		version_identity(l->v, other);
		if (l->usable && l->stored &&
			(strcmp(id, other) == 0 || (l->head && ancestry_is_same(l->v, base))))
			return true;
	}
	return false;
}

static enum lineage_state state_of(
	const struct lineage_local *local, bool changed, bool stored, const struct sorted *s)
{
	if (!local->present || (local->empty && !local->restored && s->same == LINEAGE_NONE))
		return LINEAGE_ABSENT;
	if (s->heads == 0 && (local->listed || !local->base))
		return LINEAGE_NO_VERSION;
	if (!local->listed)
		return local->base && (changed || !stored) ? LINEAGE_AHEAD : LINEAGE_UNKNOWN;
	if (local->restored && s->same == LINEAGE_NONE)
		return LINEAGE_RESTORED;
	if (s->other != LINEAGE_NONE || s->several || (s->newer != LINEAGE_NONE && changed))
		return LINEAGE_DIVERGED;
	if (s->newer != LINEAGE_NONE)
		return LINEAGE_BEHIND;
	return changed || !stored ? LINEAGE_AHEAD : LINEAGE_IN_STEP;
}

struct lineage lineage_judge(const struct lineage_local *local, struct ancestry_known *known)
{
	struct sorted s = {.newer = LINEAGE_NONE, .other = LINEAGE_NONE, .newest = LINEAGE_NONE};
	struct lineage l = {.cloned = ancestry_heads(known)};
	const struct version *base = local->base;
	bool changed = !is_base(local);

	s.same = same_head(local, known);
	if (s.same != LINEAGE_NONE)
		base = known->list[s.same].v;
	else if (!base)
		base = found_base(local, known);
	changed &= base == local->base;
	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].head)
			sort_head(known, base, i, &s);
	l.state = state_of(local, changed, base && is_stored(known, base), &s);
	l.heads = s.heads;
	l.same = s.same;
	l.take = s.newest;
	if (l.state == LINEAGE_BEHIND)
		l.take = s.newer;
	else if (l.state == LINEAGE_DIVERGED)
		l.take = s.other != LINEAGE_NONE ? s.other : s.newer;
	return l;
}

static bool leads_to(
	const struct ancestry_known *known, const struct version *from, const struct version *to)
{
	char a[VERSION_ID + 1], b[VERSION_ID + 1];

	version_identity(from, a);
	version_identity(to, b);
	return strcmp(a, b) == 0 || ancestry_is_ancestor(known, from, to);
}

size_t lineage_fork(
	const struct ancestry_known *known, const struct version *a, const struct version *b)
{
	size_t newest = LINEAGE_NONE;

	for (size_t i = 0; i < known->count; i++) {
		const struct version *v = known->list[i].v;

		if (leads_to(known, v, a) && leads_to(known, v, b) &&
			(newest == LINEAGE_NONE || known->list[newest].v->timestamp < v->timestamp))
			newest = i;
	}
	return newest;
}
