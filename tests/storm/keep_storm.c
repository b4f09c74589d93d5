/* keep_storm HISTORIES [FIRST] - promise P6: what retention may never do, in any history.
 *
 * A history is a script of random events: three machines capture, restore, synchronise and join, the
 * first one uploads, versions are proven, found bad, pinned, accepted, deleted by others; and again
 * and again retention is asked, and what it names goes, or only some of it (a crash).  Ancestry is
 * written by core/version as in the product, and known in full here.  After each deletion the rules
 * are looked up in that full knowledge, not in what retention was told.
 *
 *     10,000 histories take two seconds of a processor; 1000000 by hand.  FIRST repeats one that failed.
 */
#include "common/attr.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/ancestry.h"
#include "daemon/core/covering.h"
#include "daemon/core/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST     64 /* versions of a history: bits of a mask */
#define MACHINES 3
#define NOBODY   (-1)
#define DAY      (86400 * STAMP_SECOND)

/* A version, and the truth about it. */
struct made {
	struct version v;
	int machine;        /* 0 is ours */
	uint64_t ancestors; /* a bit for each */
	bool stored, proven, bad, suspect, safety, pinned, restoring;
};

struct history {
	struct made list[MOST]; /* in the order in which they were made */
	int count;
	int base[MACHINES];
	uint64_t sequence[MACHINES];
	int64_t now;
	struct keep_rules rules;
	uint64_t random;
};

static uint64_t number, deleted, asked; /* of this history; of all */

static unsigned dice(struct history *h, unsigned sides)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return (unsigned)(h->random >> 20) % sides;
}

static void broken(const char *rule, int i)
{
	(void)fprintf(stderr, "history %" PRIu64 ", version %d: %s\n", number, i, rule);
	abort();
}

/* --- what happens ------------------------------------------------------------------ */

static void descend(struct history *h, struct made *m, int from)
{
	const struct made *base = &h->list[from];

	if (m->ancestors)
		version_join(&m->v, &base->v);
	else
		version_descend(&m->v, &base->v);
	m->ancestors |= base->ancestors | UINT64_C(1) << from;
}

static int capture(struct history *h, int machine)
{
	struct made *m = &h->list[h->count];

	*m = (struct made){.machine = machine, .stored = machine > 0 || dice(h, 4)};
	h->now += (int64_t)dice(h, 60) * 1800 * STAMP_SECOND;
	if (dice(h, 40) == 0) /* a clock is set back */
		h->now -= (int64_t)dice(h, 5) * DAY;
	m->v.timestamp = h->now;
	m->v.sequence = ++h->sequence[machine];
	(void)snprintf(m->v.id, sizeof(m->v.id), "%d", h->count + 1);
	(void)snprintf(m->v.machine, sizeof(m->v.machine), "m%d", machine);
	if (h->base[machine] != NOBODY)
		descend(h, m, h->base[machine]);
	return h->count++;
}

static void capture_something(struct history *h)
{
	int machine = (int)dice(h, 5) < 3 ? 0 : (int)dice(h, MACHINES);
	unsigned kind = dice(h, 12);
	int i = capture(h, machine);

	if (kind == 0) {
		h->list[i].safety = true;
		version_operation(&h->list[i].v, ANCESTRY_SAFETY);
		return; /* nothing descends from it */
	}
	h->list[i].suspect = kind < 4 && machine == 0;
	if (kind == 5 && i > 0)
		descend(h, &h->list[i], (int)dice(h, (unsigned)i));
	h->base[machine] = i;
}

static int any(struct history *h)
{
	return h->count ? (int)dice(h, (unsigned)h->count) : NOBODY;
}

static void happen_to(struct history *h, int i)
{
	struct made *m = &h->list[i];

	switch (dice(h, 8)) {
	case 0: m->stored = true; break; /* or it was deleted, and is put back by hand */
	case 1: m->proven = m->stored; break;
	case 2: m->bad = m->stored && dice(h, 4) == 0; break;
	case 3: m->pinned = !m->pinned && dice(h, 2); break;
	case 4: m->restoring = !m->restoring && dice(h, 3) == 0; break;
	case 5: m->suspect = m->suspect && dice(h, 2); break;
	case 6: m->stored = m->stored && dice(h, 3); break; /* somebody else deletes it */
	default: h->base[m->machine == 0 ? 0 : dice(h, MACHINES)] = i; break; /* restore, sync */
	}
}

/* --- what retention is told, as daemon/prune does it --------------------------------- */

static bool is_usable(const struct made *m)
{
	return m->stored && !m->bad && !m->suspect && !m->safety;
}

/* Places in the history, as keep_judge() wants them: ours newest first by sequence. */
static size_t tell(struct history *h, struct keep_version *list, int *places)
{
	struct covering *c = covering_open("m0");
	size_t count = 0;

	for (int i = 0; i < h->count; i++) {
		struct made *m = &h->list[i];

		if (m->machine == 0 || !m->stored)
			continue;
		covering_meet(c, &m->v);
		if (is_usable(m))
			covering_add(c, &m->v);
	}
	for (int i = h->count; i-- > 0;) {
		struct made *m = &h->list[i];
		bool covered = covering_has(c, &m->v), ours = m->machine == 0;

		if (ours && (covered || is_usable(m)))
			covering_add(c, &m->v);
		if (!ours && !m->stored)
			continue;
		places[count] = i;
		list[count++] = (struct keep_version){.at = m->v.timestamp,
			.ours = ours,
			.stored = m->stored,
			.head = is_usable(m) && !covered,
			.proven = m->proven,
			.bad = m->bad,
			.suspect = m->suspect,
			.safety = m->safety,
			.pinned = m->pinned,
			.restoring = m->restoring,
			.base = i == h->base[0]};
	}
	covering_close(c);
	return count;
}

/* --- the rules ----------------------------------------------------------------------- */

static bool lives_on(const struct history *h, int i)
{
	for (int k = 0; k < h->count; k++)
		if (is_usable(&h->list[k]) && h->list[k].ancestors >> i & 1)
			return true;
	return false;
}

/* Is there a newer one of ours that is stored and ... ? */
static int newer(const struct history *h, int i, bool usable, bool proven)
{
	int found = 0;

	for (int k = i + 1; k < h->count; k++) {
		const struct made *m = &h->list[k];

		found += m->machine == 0 && m->stored && (!usable || is_usable(m)) &&
			(!proven || m->proven);
	}
	return found;
}

/* As things are just before it goes. */
static void may_go(const struct history *h, int i)
{
	const struct made *m = &h->list[i];

	if (m->machine != 0)
		broken("another machine's", i);
	if (!m->stored)
		broken("nothing to delete", i);
	if (m->pinned)
		broken("pinned", i);
	if (m->restoring || h->base[0] == i)
		broken("in use", i);
	if (is_usable(m) && !lives_on(h, i))
		broken("a head", i);
	if (newer(h, i, false, false) == 0)
		broken("the newest", i);
	if (newer(h, i, true, false) == 0 && !m->suspect)
		broken("no newer sound one is stored", i);
	if (m->proven && newer(h, i, false, true) == 0)
		broken("the last proven", i);
	if (is_usable(m) && newer(h, i, true, false) < (int)h->rules.count.versions)
		broken("one of the newest, whatever was emptied since", i);
	if ((m->safety || m->bad) && h->now - m->v.timestamp <= KEEP_ASIDE_DAYS * DAY)
		broken("a young one that stands aside", i);
}

static unsigned told_to_go(const struct keep_version *list, size_t count)
{
	unsigned going = 0;

	for (size_t i = 0; i < count; i++)
		going += !keep_stays(list[i].why);
	return going;
}

/* What the count lets stay is what was asked for, and no more. */
static void is_no_miser(const struct history *h, const struct keep_version *list, size_t count)
{
	unsigned kept = 0, suspects = 0;

	for (size_t i = 0; i < count; i++) {
		kept += list[i].why == KEEP_COUNT || list[i].why == KEEP_DAY;
		suspects += list[i].why == KEEP_SUSPECT;
	}
	if (kept > h->rules.count.versions + h->rules.count.days)
		broken("more than the count stay for the count", (int)kept);
	if (suspects > KEEP_SUSPECTS)
		broken("more suspects than three stay", (int)suspects);
}

static void ask(struct history *h)
{
	struct keep_version list[MOST];
	int places[MOST];
	size_t count = tell(h, list, places);
	bool crash = dice(h, 3) == 0;

	asked++;
	h->rules.now = h->now;
	keep_judge(&h->rules, list, count);
	is_no_miser(h, list, count);
	for (size_t i = count; i-- > 0;) {
		if (keep_stays(list[i].why))
			continue;
		if (crash && dice(h, 4) == 0)
			return;
		may_go(h, places[i]);
		h->list[places[i]].stored = false;
		deleted++;
	}
	count = tell(h, list, places);
	keep_judge(&h->rules, list, count);
	if (told_to_go(list, count))
		broken("asked again, more goes", (int)told_to_go(list, count));
}

static void live_through(uint64_t seed)
{
	static struct history h;

	number = seed;
	h = (struct history){
		.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
		.base = {NOBODY, NOBODY, NOBODY},
		.now = 20000 * DAY
        };
	h.rules.count = (struct retention){1 + dice(&h, 5), dice(&h, 4)};
	unsigned quiet = 2 + dice(&h, 12); /* how seldom something odd happens */
	while (h.count < MOST) {
		if (dice(&h, quiet) && h.count < MOST)
			capture_something(&h);
		else if (h.count)
			happen_to(&h, any(&h));
		if (dice(&h, 10) == 0)
			h.now += (int64_t)dice(&h, 40) * DAY;
		if (dice(&h, 12) == 0)
			ask(&h);
	}
	ask(&h);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (uint64_t i = 0; i < count; i++)
		live_through(first + i);
	printf("%" PRIu64 " histories, asked %" PRIu64 " times, %" PRIu64 " versions deleted\n",
		count, asked, deleted);
	return deleted == 0 && count > 10;
}
