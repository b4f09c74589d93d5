#include "daemon/core/keep.h"

#define DAY  INT64_C(86400000000) /* microseconds */
#define NONE SIZE_MAX

/* What is looked up once for all of them: places in the list, NONE where there is none. */
struct marks {
	size_t newest, newest_sound;   /* of ours */
	size_t proven, proven_sound;   /* the last of ours */
	size_t latest, latest_proven;  /* sound, whoever made it: by their clocks */
	size_t first_suspect, suspect; /* the newest two, which stay, ... */
	size_t last_suspect;           /* ... and the oldest */
};

/* One to come back to. */
static bool is_sound(const struct keep_version *v)
{
	return v->stored && !v->bad && !v->suspect && !v->safety && !v->unknown;
}

/* Kept as evidence. */
static bool is_suspect(const struct keep_version *v)
{
	return v->stored && v->suspect && !v->bad && !v->safety && !v->pinned;
}

static void note(size_t *place, size_t i)
{
	if (*place == NONE)
		*place = i;
}

static void note_suspect(struct marks *m, size_t i)
{
	if (m->first_suspect == NONE)
		m->first_suspect = i;
	else
		note(&m->suspect, i);
	m->last_suspect = i;
}

static void note_later(const struct keep_version *list, size_t *place, size_t i)
{
	if (*place == NONE || list[i].at > list[*place].at)
		*place = i;
}

static struct marks look(const struct keep_version *list, size_t count)
{
	struct marks m = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE};

	for (size_t i = 0; i < count; i++) {
		const struct keep_version *v = &list[i];
		bool sound = is_sound(v);

		if (sound)
			note_later(list, &m.latest, i);
		if (sound && v->proven)
			note_later(list, &m.latest_proven, i);
		if (!v->ours || !v->stored)
			continue;
		note(&m.newest, i);
		if (sound)
			note(&m.newest_sound, i);
		if (v->proven)
			note(&m.proven, i);
		if (sound && v->proven)
			note(&m.proven_sound, i);
		if (is_suspect(v))
			note_suspect(&m, i);
	}
	return m;
}

/* Whoever made it, and whatever somebody wants. */
static bool is_precious(
	const struct marks *m, const struct keep_version *v, size_t i, enum keep_why *why)
{
	if (i == m->newest || i == m->newest_sound || i == m->latest)
		*why = KEEP_NEWEST;
	else if (i == m->proven || i == m->proven_sound || i == m->latest_proven)
		*why = KEEP_PROVEN;
	else if (v->head)
		*why = KEEP_HEAD;
	else if (v->restoring)
		*why = KEEP_RESTORING;
	else if (v->base)
		*why = KEEP_BASE;
	else if (v->pinned)
		*why = KEEP_PINNED;
	else
		return false;
	return true;
}

static enum keep_why aged(const struct keep_rules *rules, const struct keep_version *v,
	enum keep_why young, enum keep_why old)
{
	return rules->now - v->at > KEEP_ASIDE_DAYS * DAY ? old : young;
}

/* `counted`: what the count says of it, which holds for a sound one. */
static enum keep_why judge(const struct keep_rules *rules, const struct marks *m,
	const struct keep_version *v, size_t i, enum keep_why counted)
{
	enum keep_why why;

	if (is_precious(m, v, i, &why))
		return why;
	if (!v->stored)
		return KEEP_WAITS;
	if (v->named)
		return m->latest == NONE ? KEEP_UNCONFIRMED : KEEP_NOT_NAMED;
	if (!v->ours)
		return KEEP_OTHERS;
	if (is_suspect(v))
		return i == m->first_suspect || i == m->suspect || i == m->last_suspect
			? KEEP_SUSPECT
			: KEEP_NOT_SUSPECT;
	if (m->newest_sound == NONE || i < m->newest_sound)
		return KEEP_UNCONFIRMED;
	if (v->safety)
		return aged(rules, v, KEEP_SAFETY, KEEP_NOT_SAFETY);
	return v->bad ? aged(rules, v, KEEP_BAD, KEEP_NOT_BAD) : counted;
}

void keep_judge(const struct keep_rules *rules, struct keep_version *list, size_t count)
{
	struct retained *counted = text_room(count + 1, sizeof(*counted));
	struct marks m = look(list, count);
	unsigned sound = 0;

	for (size_t i = 0; i < count; i++)
		counted[i] = (struct retained){.at = list[i].at,
			.apart = !list[i].ours || list[i].pinned || !is_sound(&list[i])};
	retention_judge(&rules->count, counted, count);
	for (size_t i = 0; i < count; i++) {
		enum keep_why why = !counted[i].kept    ? KEEP_NOT_COUNT
			: sound < rules->count.versions ? KEEP_COUNT
							: KEEP_DAY;

		sound += !counted[i].apart;
		list[i].why = judge(rules, &m, &list[i], i, why);
	}
	free(counted);
}

bool keep_stays(enum keep_why why)
{
	return why < KEEP_NOT_SUSPECT;
}

void keep_words(enum keep_why why, const struct keep_rules *rules, struct text *words)
{
	static const char *const said[] = {
		[KEEP_NEWEST] = "the newest",
		[KEEP_PROVEN] = "the last that was proven restorable",
		[KEEP_HEAD] = "a head: no version that is stored descends from it",
		[KEEP_RESTORING] = "being restored",
		[KEEP_BASE] = "the contents here descend from it",
		[KEEP_PINNED] = "pinned",
		[KEEP_OTHERS] = "another machine made it",
		[KEEP_WAITS] = "it only waits for the store",
		[KEEP_UNCONFIRMED] = "no newer sound version is stored",
		[KEEP_SUSPECT] = "looks damaged or emptied, and nobody accepted it",
		[KEEP_NOT_BAD] = "found bad in the store more than 30 days ago",
		[KEEP_BAD] = "found bad in the store, for 30 days",
		[KEEP_SAFETY] = "a safety version, for 30 days",
		[KEEP_NOT_SAFETY] = "a safety version of more than 30 days ago",
		[KEEP_NOT_SUSPECT] = "suspect, and neither the oldest nor one of the two newest",
		[KEEP_NOT_NAMED] = "its machine was named",
	};

	if (why == KEEP_COUNT)
		text_add(words, "one of the %u newest", rules->count.versions);
	else if (why == KEEP_DAY)
		text_add(words, "the newest of its day, one of the last %u", rules->count.days);
	else if (why == KEEP_NOT_COUNT)
		text_add(words,
			"neither one of the %u newest nor the newest of one of the last %u days",
			rules->count.versions, rules->count.days);
	else
		text_add(words, "%s", said[why]);
}
