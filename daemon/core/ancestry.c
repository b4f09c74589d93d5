#include "daemon/core/ancestry.h"

#include "common/text.h"

#include <string.h>

bool ancestry_is_safety(const struct version *v)
{
	return strcmp(v->operation, ANCESTRY_SAFETY) == 0;
}

static bool is_python(const struct version *v)
{
	return !v->id[0];
}

bool ancestry_is_same(const struct version *a, const struct version *b)
{
	return (a->content[0] && strcmp(a->content, b->content) == 0) ||
		(a->checksum[0] && strcmp(a->checksum, b->checksum) == 0);
}

/* --- ancestors --------------------------------------------------------- */

static bool names_id(const struct version *v, const char *id)
{
	for (size_t i = 0; i < v->ancestor_count; i++)
		if (strcmp(v->ancestors[i], id) == 0)
			return true;
	return false;
}

/* By its id; or by its bytes, which the Python client may have uploaded again.  But who has the bytes
 * of an ancestor once more, later, is none for that. */
static bool names(const struct version *v, const struct version *ancestor)
{
	char id[VERSION_ID + 1], bytes[VERSION_ID + 1];

	version_identity(ancestor, id);
	text_cut(bytes, sizeof(bytes), ancestor->checksum);
	return names_id(v, id) ||
		(bytes[0] && ancestor->timestamp < v->timestamp && !names_id(ancestor, v->id) &&
			names_id(v, bytes));
}

static bool names_all(const struct version *v)
{
	return v->ancestor_count < VERSION_ANCESTORS;
}

/* Up to which sequence of this machine `past` of v reaches; 0: it knows none. */
static uint64_t reach(const struct version *v, const char *machine)
{
	for (size_t i = 0; i < v->past_count; i++)
		if (strcmp(v->past[i].machine, machine) == 0)
			return v->past[i].sequence;
	return 0;
}

/* The version at this place, but not `other`; NULL: not known. */
static const struct version *at_place(const struct ancestry_known *known,
	const struct version_past *place, const struct version *other)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct version *v = known->list[i].v;

		if (!is_python(v) && v->sequence == place->sequence &&
			strcmp(v->machine, place->machine) == 0 &&
			!(other && strcmp(v->id, other->id) == 0))
			return v;
	}
	return NULL;
}

/* It names an older version of that machine, but not this one: which lay nearer, if anywhere. */
static bool passes_over(const struct ancestry_known *known, const struct version *v,
	const struct version_past *place)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct version *older = known->list[i].v;

		if (older->sequence < place->sequence &&
			strcmp(older->machine, place->machine) == 0 && names(v, older))
			return true;
	}
	return false;
}

/* Back along the line of a's machine, as far as it is known. */
static bool is_bridged(
	const struct ancestry_known *known, const struct version *a, const struct version *b)
{
	struct version_past place = version_place(a), on = place;

	while (b && !names_all(b)) {
		on.sequence = reach(b, place.machine);
		if (on.sequence < place.sequence || passes_over(known, b, &place))
			return false;
		if (on.sequence == place.sequence)
			return true;
		const struct version *next = at_place(known, &on, NULL);
		if (!next || reach(next, place.machine) >= on.sequence)
			return true; /* nothing speaks against it */
		if (names(next, a))
			return true;
		b = next;
	}
	return false;
}

/* Ours of the same bytes stands for the Python client's. */
static const struct version *stand_in(
	const struct ancestry_known *known, const struct version *python)
{
	for (size_t i = 0; i < known->count; i++)
		if (!is_python(known->list[i].v) && ancestry_is_same(known->list[i].v, python))
			return known->list[i].v;
	return NULL;
}

/* Does `past` of v tell of this version of the Python client? */
static bool reaches(const struct version *v, const struct version *python)
{
	struct version_past place = version_place(python);

	return !is_python(v) && reach(v, place.machine) >= place.sequence;
}

bool ancestry_is_ancestor(
	const struct ancestry_known *known, const struct version *a, const struct version *b)
{
	const struct version *ours = is_python(b) ? stand_in(known, b) : NULL;
	struct version_past place = version_place(a);

	b = ours ? ours : b;
	if (names(b, a))
		return true;
	if (is_python(b)) /* what somebody wrote down outranks a clock */
		return a->timestamp < b->timestamp && !reaches(a, b) && !names(a, b);
	if (is_python(a))
		return reaches(b, a);
	return !at_place(known, &place, a) && is_bridged(known, a, b);
}

/* --- empty ones -------------------------------------------------------- */

static const struct version *of_identity(const struct ancestry_known *known, const char *id)
{
	char other[VERSION_ID + 1];

	for (size_t i = 0; i < known->count; i++) {
		version_identity(known->list[i].v, other);
		if (strcmp(other, id) == 0)
			return known->list[i].v;
	}
	return NULL;
}

/* A beginning; or what is left of a base that had records. */
static bool is_nothing(const struct ancestry_known *known, const struct version *v)
{
	bool emptied = v->bases == 0;

	if (v->record_count != 0 ||
		strncmp(v->operation, ANCESTRY_RESTORED, strlen(ANCESTRY_RESTORED)) == 0)
		return false;
	for (size_t i = 0; i < v->bases; i++) {
		const struct version *base = of_identity(known, v->base[i]);

		if (base && base->record_count == 0)
			return false;
		emptied |= base && base->record_count > 0;
	}
	return emptied;
}

void ancestry_leave_out_empty(struct ancestry_known *known)
{
	bool any = false;

	for (size_t i = 0; i < known->count; i++)
		any |= known->list[i].usable && !is_nothing(known, known->list[i].v);
	for (size_t i = 0; i < known->count && any; i++)
		known->list[i].usable &= !is_nothing(known, known->list[i].v);
}

/* --- heads ------------------------------------------------------------- */

static bool is_covered(const struct ancestry_known *known, const struct version *v, size_t by)
{
	const struct ancestry_version *other = &known->list[by];

	return other->usable && other->v != v &&
		(ancestry_is_ancestor(known, v, other->v) ||
			(is_python(v) && stand_in(known, v) == other->v));
}

/* In a list that is newest first, what descends from a version lies before it, most often next. */
static bool is_head(const struct ancestry_known *known, size_t i)
{
	const struct version *v = known->list[i].v;

	for (size_t k = i; k-- > 0;)
		if (is_covered(known, v, k))
			return false;
	for (size_t k = i + 1; k < known->count; k++)
		if (is_covered(known, v, k))
			return false;
	return true;
}

bool ancestry_heads(struct ancestry_known *known)
{
	bool cloned = false;

	for (size_t i = 0; i < known->count; i++) {
		struct ancestry_version *l = &known->list[i];
		struct version_past place = version_place(l->v);

		l->head = l->usable && is_head(known, i);
		cloned |= l->head && !is_python(l->v) && at_place(known, &place, l->v);
	}
	return cloned;
}
