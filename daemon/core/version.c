#include "daemon/core/version.h"

#include <string.h>

static void add_ancestors(struct version *v, const struct version *base)
{
	size_t kept = base->ancestor_count;

	if (kept > VERSION_ANCESTORS - 1)
		kept = VERSION_ANCESTORS - 1; /* the farthest is forgotten */
	memcpy(v->ancestors[0], base->id, sizeof(base->id));
	memcpy(v->ancestors[1], base->ancestors, kept * sizeof(base->ancestors[0]));
	v->ancestor_count = kept + 1;
}

/* Index of the lowest sequence of a machine other than `machine`; past_count: there is none. */
static size_t lowest_other(const struct version *v, const char *machine)
{
	size_t lowest = v->past_count;

	for (size_t i = 0; i < v->past_count; i++)
		if (strcmp(v->past[i].machine, machine) != 0 &&
			(lowest == v->past_count || v->past[i].sequence < v->past[lowest].sequence))
			lowest = i;
	return lowest;
}

/* The base itself comes first, then who else is among its ancestors, in the order that it has. */
static void add_past(struct version *v, const struct version *base)
{
	size_t others = 0, skipped = base->past_count;

	v->past[0].sequence = base->sequence;
	memcpy(v->past[0].machine, base->machine, sizeof(base->machine));
	for (size_t i = 0; i < base->past_count; i++)
		others += strcmp(base->past[i].machine, base->machine) != 0;
	if (others == VERSION_PAST)
		skipped = lowest_other(base, base->machine);
	v->past_count = 1;
	for (size_t i = 0; i < base->past_count; i++) {
		if (i == skipped)
			continue;
		if (strcmp(base->past[i].machine, base->machine) != 0)
			v->past[v->past_count++] = base->past[i];
		else if (base->past[i].sequence > v->past[0].sequence)
			v->past[0].sequence = base->past[i].sequence;
	}
}

void version_descend(struct version *v, const struct version *base)
{
	REQUIRE(v != base);
	v->bases = v->ancestor_count = v->past_count = 0;
	if (!base || !base->id[0])
		return;
	memcpy(v->base[0], base->id, sizeof(base->id));
	v->bases = 1;
	add_ancestors(v, base);
	add_past(v, base);
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
