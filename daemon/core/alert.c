#include "daemon/core/alert.h"

#include "common/span.h"

#include <inttypes.h>
#include <string.h>

#define MINUTE      UINT64_C(60000)
#define ROOM_LEAST  (UINT64_C(16) << 20) /* bytes left for the state folder */
#define QUEUE_FULL  80                   /* per cent of what it may take */
#define SKEW_MOST_S 300                  /* a store refuses requests that are off by 15 minutes */
#define AFTER       UINT64_MAX           /* lasts as long as the configuration says */
#define NEWS        (10 * MINUTE)        /* of a database: its application may be at work on it */

/* How long it has held, in ms as far as the facts tell; -1: it does not hold. */
typedef int64_t rule(
	const struct alert_facts *f, const struct alert_database *d, struct text *words);

/* --- the rules ----------------------------------------------------------------- */

static int64_t unprotected(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)d;
	text_add(words,
		f->unprotected == 1 ? "%" PRId64 " scan is in no stored version"
				    : "%" PRId64 " scans are in no stored version",
		f->unprotected);
	return f->unprotected_ms;
}

static int64_t no_version(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	char waits[SPAN_TEXT];

	(void)d;
	text_add(words, "what changed is in no stored version since %s",
		span_time(waits, f->unstored_ms < 0 ? 0 : (uint64_t)f->unstored_ms));
	return f->unstored_ms;
}

static int64_t queue(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	char used[SPAN_TEXT], limit[SPAN_TEXT];
	bool full = f->queue_bytes / QUEUE_FULL >= f->queue_limit / 100;

	(void)d;
	for (size_t i = 0; i < f->count; i++)
		full = full || f->databases[i].crowded;
	text_add(words, "versions that wait for the store take %s, and may take %s",
		span_size(used, f->queue_bytes), span_size(limit, f->queue_limit));
	return full && f->queue_bytes ? 0 : -1;
}

static int64_t credentials(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)d;
	text_add(words, "%s", f->store_text);
	return f->store == ERR_REFUSED || f->store == ERR_CONFIG || f->store == ERR_DENIED ? 0 : -1;
}

static int64_t store_full(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)d;
	text_add(words, "%s", f->store_text);
	return f->store == ERR_FULL ? 0 : -1;
}

static int64_t disk(const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	const char *full = NULL;
	char room[SPAN_TEXT];

	(void)d;
	for (size_t i = 0; i < f->count && !full; i++)
		if (f->databases[i].error == ERR_FULL && !f->databases[i].crowded)
			full = f->databases[i].error_text;
	if (full)
		text_add(words, "%s", full);
	else
		text_add(words, "the state folder has %s left", span_size(room, f->room));
	return full || f->room < ROOM_LEAST ? 0 : -1;
}

static int64_t clock_skew(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	char skew[SPAN_TEXT];

	(void)d;
	text_add(words, "the clock is %s %s the store's",
		span_time(skew, (uint64_t)llabs(f->skew_s) * 1000),
		f->skew_s > 0 ? "ahead of" : "behind");
	return llabs(f->skew_s) > SKEW_MOST_S ? 0 : -1;
}

static int64_t neighbour(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)d;
	text_add(words, "%s", f->neighbour);
	return *f->neighbour ? 0 : -1;
}

static int64_t quota(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)d;
	text_add(words, "%s", f->quota);
	return *f->quota ? 0 : -1;
}

static int64_t retention(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)d;
	text_add(words, "old versions stay: %s", f->retention);
	return *f->retention ? 0 : -1;
}

static int64_t suspect(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)f;
	text_add(words, "the newest version of %s looks damaged or emptied: %s", d->name, d->why);
	return d->suspect ? 0 : -1;
}

static int64_t bad(const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)f;
	text_add(words, "the newest version of %s was lost before it was stored", d->name);
	return d->bad ? 0 : -1;
}

static int64_t bad_proof(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)f;
	text_add(words, "a version of %s in the store is bad: %s", d->name, d->bad_proof);
	return *d->bad_proof ? 0 : -1;
}

static int64_t recovery(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)f;
	text_add(words, "%s", d->error_text);
	return d->error == ERR_RECOVERY ? 0 : -1;
}

static int64_t missing(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)f;
	text_add(words, "%s", d->error_text);
	return d->made && d->error == ERR_MISSING ? 0 : -1;
}

static int64_t diverged(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	(void)f;
	text_add(words,
		"%s and another machine's newest version each have what the other lacks: "
		"'casmanctl sync' tells what can be done",
		d->name);
	return d->standing == LINEAGE_DIVERGED ? 0 : -1;
}

/* A full disk and a recovery have conditions of their own; what is missing may be not made yet. */
static int64_t unreadable(
	const struct alert_facts *f, const struct alert_database *d, struct text *words)
{
	bool other = d->error == ERR_NONE || d->error == ERR_FULL || d->error == ERR_RECOVERY ||
		d->error == ERR_MISSING;

	(void)f;
	text_add(words, "%s", d->error_text);
	return other ? -1 : 0;
}

/* --- the table ------------------------------------------------------------------- */

static const struct {
	const char *name;
	rule *rule;
	/* Whose facts; of each database its own: of its versions, of its captures, and of how it
	 * stands to what others stored. */
	enum { OURS, STORES, VERSIONS, CAPTURES, STANDINGS } of;
	uint64_t lasts; /* ms before it is an alert, and `after` at most */
} conditions[] = {
	{"unprotected", unprotected, OURS,      AFTER },
	{"no_version",  no_version,  OURS,      AFTER },
	{"queue",       queue,       OURS,      0     },
	{"credentials", credentials, STORES,    0     },
	{"store_full",  store_full,  STORES,    0     },
	{"disk",        disk,        OURS,      0     },
	{"clock",       clock_skew,  STORES,    0     },
	{"neighbour",   neighbour,   STORES,    0     },
	{"quota",       quota,       OURS,      0     },
	{"retention",   retention,   OURS,      0     },
	{"suspect",     suspect,     VERSIONS,  0     },
	{"bad",         bad,         VERSIONS,  MINUTE}, /* the next capture mends it */
	{"bad_proof",   bad_proof,   VERSIONS,  0     },
	{"recovery",    recovery,    CAPTURES,  NEWS  },
	{"unreadable",  unreadable,  CAPTURES,  NEWS  },
	{"missing",     missing,     CAPTURES,  NEWS  },
	{"diverged",    diverged,    STANDINGS, 0     },
};

bool alert_of_capture(const char *condition)
{
	for (size_t i = 0; i < LENGTH(conditions); i++)
		if (strcmp(conditions[i].name, condition) == 0)
			return conditions[i].of == CAPTURES;
	return false;
}

const char *alert_condition(size_t i)
{
	return i < LENGTH(conditions) ? conditions[i].name : NULL;
}

/* --- the steps --------------------------------------------------------------------- */

static struct alert *find(struct alerts *a, const char *condition, const char *database)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i].condition, condition) == 0 &&
			strcmp(a->list[i].database, database) == 0)
			return &a->list[i];
	return NULL;
}

static struct alert *add(struct alerts *a, const char *condition, const char *database)
{
	a->list = reallocarray(a->list, a->count + 1, sizeof(*a->list));
	REQUIRE(a->list);
	struct alert *alert = &a->list[a->count++];
	*alert = (struct alert){0};
	text_cut(alert->condition, sizeof(alert->condition), condition);
	text_cut(alert->database, sizeof(alert->database), database);
	return alert;
}

void alerts_restore(
	struct alerts *a, const char *condition, const char *database, const char *words)
{
	struct alert *alert = add(a, condition, database);

	alert->raised = true;
	text_cut(alert->words, sizeof(alert->words), words);
}

static bool is_unknown(size_t i, const struct alert_facts *f, const struct alert_database *d)
{
	switch (conditions[i].of) {
	case STORES: return f->store_unknown;
	case CAPTURES: return d && d->unknown;
	case STANDINGS: return d && d->standing == LINEAGE_UNKNOWN;
	case OURS:
	case VERSIONS:
	default: return false;
	}
}

static void judge(
	struct alerts *a, size_t i, const struct alert_facts *f, const struct alert_database *d)
{
	struct alert *alert = find(a, conditions[i].name, d ? d->name : "");
	struct text words = {0};

	if (alert && alert->raised && is_unknown(i, f, d)) {
		alert->holds = true;
		return;
	}
	int64_t age = conditions[i].rule(f, d, &words);
	if (age >= 0) {
		uint64_t since = (uint64_t)age < f->now ? f->now - (uint64_t)age : 0;

		if (!alert) {
			alert = add(a, conditions[i].name, d ? d->name : "");
			alert->held = since;
		}
		if (since < alert->held || conditions[i].lasts == AFTER)
			alert->held = since;
		alert->lasts = conditions[i].lasts < f->after ? conditions[i].lasts : f->after;
		alert->holds = true;
		if (!alert->raised)
			text_cut(alert->words, sizeof(alert->words), words.at);
	}
	text_free(&words);
}

void alerts_step(struct alerts *a, const struct alert_facts *f,
	void (*tell)(void *arg, const struct alert *alert), void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++)
		a->list[i].holds = false;
	for (size_t i = 0; i < LENGTH(conditions); i++) {
		bool one = conditions[i].of == OURS || conditions[i].of == STORES;

		if (one)
			judge(a, i, f, NULL);
		for (size_t k = 0; !one && k < f->count; k++)
			judge(a, i, f, &f->databases[k]);
	}
	for (size_t i = 0; i < a->count; i++) {
		struct alert *alert = &a->list[i];
		bool begins =
			alert->holds && !alert->raised && f->now - alert->held >= alert->lasts;
		bool clears = alert->raised && !alert->holds;

		if (begins || clears) {
			alert->raised = begins;
			tell(arg, alert);
		}
		if (alert->holds)
			a->list[kept++] = *alert;
	}
	a->count = kept;
}

uint64_t alerts_due(const struct alerts *a)
{
	uint64_t due = ALERT_NEVER;

	for (size_t i = 0; i < a->count; i++) {
		uint64_t when = a->list[i].held + a->list[i].lasts;

		if (!a->list[i].raised && when < due)
			due = when;
	}
	return due;
}

size_t alerts_raised(const struct alerts *a)
{
	size_t raised = 0;

	for (size_t i = 0; i < a->count; i++)
		raised += a->list[i].raised;
	return raised;
}

void alerts_free(struct alerts *a)
{
	free(a->list);
	*a = (struct alerts){0};
}
