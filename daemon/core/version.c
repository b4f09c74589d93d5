#include "daemon/core/version.h"

#include "common/stamp.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

void version_identity(const struct version *v, char to[VERSION_ID + 1])
{
	text_cut(to, VERSION_ID + 1, v->id[0] ? v->id : v->checksum);
}

struct version_past version_place(const struct version *v)
{
	struct version_past p = {.sequence = v->sequence};

	memcpy(p.machine, v->machine, sizeof(p.machine));
	if (!v->id[0]) {
		memcpy(p.machine, VERSION_PYTHON, sizeof(p.machine));
		p.sequence = (uint64_t)(v->timestamp / STAMP_SECOND);
	}
	return p;
}

/* --- ancestors --------------------------------------------------------- */

static bool is_ancestor(const struct version *v, const char *id)
{
	for (size_t i = 0; i < v->ancestor_count; i++)
		if (strcmp(v->ancestors[i], id) == 0)
			return true;
	return false;
}

static void add_ancestor(struct version *v, const char *id)
{
	if (v->ancestor_count < VERSION_ANCESTORS && !is_ancestor(v, id))
		(void)snprintf(v->ancestors[v->ancestor_count++], VERSION_ID + 1, "%s", id);
}

/* Those of before and the new base's take turns; the farthest are forgotten. */
static void add_ancestors(struct version *v, const char *id, const struct version *base)
{
	struct version before = *v;

	v->ancestor_count = 0;
	for (size_t i = 0; i <= VERSION_ANCESTORS; i++) {
		if (i < before.ancestor_count)
			add_ancestor(v, before.ancestors[i]);
		if (i == 0)
			add_ancestor(v, id);
		else if (i <= base->ancestor_count)
			add_ancestor(v, base->ancestors[i - 1]);
	}
}

/* --- past -------------------------------------------------------------- */

/* Index of the lowest sequence but for the first, which is the first base's own. */
static size_t lowest_other(const struct version *v)
{
	size_t lowest = 1;

	for (size_t i = 2; i < v->past_count; i++)
		if (v->past[i].sequence < v->past[lowest].sequence)
			lowest = i;
	return lowest;
}

static void add_past(struct version *v, const struct version_past *p)
{
	for (size_t i = 0; i < v->past_count; i++)
		if (strcmp(v->past[i].machine, p->machine) == 0) {
			if (v->past[i].sequence < p->sequence)
				v->past[i].sequence = p->sequence;
			return;
		}
	if (v->past_count < VERSION_PAST) {
		v->past[v->past_count++] = *p;
		return;
	}
	size_t lowest = lowest_other(v);
	if (v->past[lowest].sequence < p->sequence)
		v->past[lowest] = *p;
}

void version_join(struct version *v, const struct version *other)
{
	struct version_past place = version_place(other);
	char id[VERSION_ID + 1];

	REQUIRE(v != other);
	version_identity(other, id);
	if (!id[0] || is_ancestor(v, id))
		return;
	if (v->bases < VERSION_BASES)
		memcpy(v->base[v->bases++], id, sizeof(id));
	add_ancestors(v, id, other);
	add_past(v, &place);
	for (size_t i = 0; i < other->past_count; i++)
		add_past(v, &other->past[i]);
}

void version_descend(struct version *v, const struct version *base)
{
	v->bases = v->ancestor_count = v->past_count = 0;
	if (base)
		version_join(v, base);
}

void version_operation(struct version *v, const char *text)
{
	size_t length = strnlen(text, VERSION_OPERATION + 1);

	if (length > VERSION_OPERATION) {
		length = VERSION_OPERATION;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--; /* in the middle of a character */
	}
	memcpy(v->operation, text, length);
	v->operation[length] = '\0';
}
