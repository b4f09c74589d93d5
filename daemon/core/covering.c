#include "daemon/core/covering.h"

#include "common/text.h"

#include <string.h>

#define FIRST_ROOM 256 /* names; a power of two, as all that follow */

/* A version by its identity (sequence 0), or by its place. */
struct name {
	char who[VERSION_ID + 1]; /* its identity; or its machine */
	uint64_t sequence;
	char met[VERSION_ID + 1]; /* at this place; "": nobody yet */
	bool covered;
};

struct covering {
	struct name *names; /* a hash table, never full; who "": a free place */
	size_t count, room;
	char machine[VERSION_ID + 1];
	bool cloned;
};

/* FNV-1a. */
static uint64_t hash(const char *who, uint64_t sequence)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ sequence;

	for (; *who; who++)
		h = (h ^ (unsigned char)*who) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

/* Its place, or the free one where it belongs. */
static struct name *find(const struct covering *c, const char *who, uint64_t sequence)
{
	size_t i = hash(who, sequence) & (c->room - 1);

	while (c->names[i].who[0] &&
		(c->names[i].sequence != sequence || strcmp(c->names[i].who, who) != 0))
		i = (i + 1) & (c->room - 1);
	return &c->names[i];
}

static void grow(struct covering *c)
{
	struct covering old = *c;

	c->room *= 2;
	c->names = text_room(c->room, sizeof(*c->names));
	for (size_t i = 0; i < old.room; i++)
		if (old.names[i].who[0])
			*find(c, old.names[i].who, old.names[i].sequence) = old.names[i];
	free(old.names);
}

/* Made where there is none; until the next is made. */
static struct name *name_of(struct covering *c, const char *who, uint64_t sequence)
{
	struct name *found = find(c, who, sequence);

	if (found->who[0])
		return found;
	if (++c->count > c->room / 2) {
		grow(c);
		found = find(c, who, sequence);
	}
	text_cut(found->who, sizeof(found->who), who);
	found->sequence = sequence;
	return found;
}

static bool is_covered(const struct covering *c, const char *who, uint64_t sequence)
{
	return find(c, who, sequence)->covered;
}

struct covering *covering_open(const char *machine)
{
	struct covering *c = text_room(1, sizeof(*c));

	text_cut(c->machine, sizeof(c->machine), machine);
	c->room = FIRST_ROOM;
	c->names = text_room(c->room, sizeof(*c->names));
	return c;
}

void covering_close(struct covering *c)
{
	free(c->names);
	free(c);
}

void covering_meet(struct covering *c, const struct version *v)
{
	struct version_past place = version_place(v);
	char id[VERSION_ID + 1];

	version_identity(v, id);
	if (!id[0] || !place.machine[0])
		return;
	struct name *there = name_of(c, place.machine, place.sequence);
	c->cloned |= strcmp(v->machine, c->machine) == 0;
	c->cloned |= there->met[0] && strcmp(there->met, id) != 0;
	text_cut(there->met, sizeof(there->met), id);
}

void covering_add(struct covering *c, const struct version *v)
{
	for (size_t i = 0; i < v->bases; i++)
		name_of(c, v->base[i], 0)->covered = true;
	for (size_t i = 0; i < v->ancestor_count; i++)
		name_of(c, v->ancestors[i], 0)->covered = true;
	for (size_t i = 0; i < v->past_count; i++)
		name_of(c, v->past[i].machine, v->past[i].sequence)->covered = true;
}

bool covering_has(const struct covering *c, const struct version *v)
{
	struct version_past place = version_place(v);
	char id[VERSION_ID + 1];

	version_identity(v, id);
	return (id[0] && is_covered(c, id, 0)) ||
		(!c->cloned && place.sequence && is_covered(c, place.machine, place.sequence));
}
