#include "client/show.h"
#include "common/span.h"
#include "common/stamp.h"

#include <stdio.h>
#include <string.h>

#define SKEW_MOST 5 /* s: where the clock is off by more, casmand corrects what it tells */

static void row(struct pen *p, const char *name, pen_writer *write, const struct doc *value)
{
	pen_row(p, SHOW_VALUES, name, write, value);
}

static void heading(struct pen *p, const char *name)
{
	pen_add(p, "\n%s:\n", name);
}

/* As Python prints it. */
static void truth(struct pen *p, const struct doc *value)
{
	if (doc_is_bool(value))
		pen_add(p, "%s", doc_as_bool(value, false) ? "True" : "False");
	else
		pen_add(p, "unknown");
}

static void scan_count(struct pen *p, const struct doc *count)
{
	int64_t scans;

	if (!pen_is_count(count, &scans)) {
		pen_add(p, "unknown");
	} else if (scans == 0) {
		pen_add(p, "Off");
	} else {
		pen_add(p, "Every ");
		pen_many(p, scans, "scan");
	}
}

/* As Python prints a float: 24.0, 0.25. */
static void hours(struct pen *p, const struct doc *value)
{
	double count = doc_as_real(value, -1);
	char number[32];

	if (count < 0) {
		pen_add(p, "unknown");
	} else if (count > 0) {
		(void)snprintf(number, sizeof(number), "%.12g", count);
		pen_add(p, "Every %s%s hours", number, strpbrk(number, ".e") ? "" : ".0");
	} else {
		pen_add(p, "Off");
	}
}

static void configuration(struct pen *p, const struct doc *s)
{
	const struct doc *bucket = doc_get(s, "bucket");

	heading(p, "Configuration");
	row(p, "Enabled", truth, doc_get(s, "enabled"));
	row(p, "Backend", pen_text, doc_get(s, "backend"));
	if (doc_is_text(bucket))
		row(p, "Bucket", pen_text, bucket);
	else
		row(p, "Store", pen_text, doc_get(doc_get(s, "store"), "place"));
	row(p, "Keep Versions", pen_number, doc_get(s, "keep_versions"));
	row(p, "Backup on Scans", scan_count, doc_get(s, "backup_on_scan_count"));
	row(p, "Backup on Time", hours, doc_get(s, "backup_on_hours"));
}

static void marked(struct pen *p, enum mark mark)
{
	pen_add(p, "  ");
	pen_mark(p, mark);
	pen_add(p, " ");
}

static void warn(struct pen *p, const char *words)
{
	marked(p, MARK_WARN);
	pen_sentence(p, 4, words);
	pen_add(p, "\n");
}

/* A bucket's in the words of the reference; a request that was signed was answered. */
static void initialized(struct pen *p, const char *backend)
{
	if (strcmp(backend, "r2") == 0)
		pen_add(p, "R2 backend initialized, reached ");
	else if (strcmp(backend, "s3") == 0)
		pen_add(p, "S3 backend initialized, reached ");
	else {
		pen_foreign(p, backend);
		pen_add(p, " store reached ");
	}
}

static void reached(struct pen *p, const struct doc *s)
{
	const struct doc *store = doc_get(s, "store"), *last = doc_get(store, "last_ok_at");
	const struct doc *when = doc_is_text(last) ? last : doc_get(store, "checked_at");

	marked(p, MARK_GOOD);
	initialized(p, doc_as_text(doc_get(s, "backend"), "unknown"));
	if (doc_is_text(when))
		pen_age(p, when);
	else
		pen_add(p, "at an unknown time");
	pen_add(p, "\n");
}

static void age_or_never(struct pen *p, const struct doc *moment)
{
	if (doc_is_null(moment))
		pen_add(p, "Never");
	else
		pen_age(p, moment);
}

static void store_state(struct pen *p, const struct doc *s)
{
	const struct doc *store = doc_get(s, "store"), *reachable = doc_get(store, "reachable");
	const struct doc *error = doc_get(store, "error");

	if (show_is_disabled(s)) {
		warn(p,
			"disabled by the configuration (backend = disabled): scans are counted, "
			"nothing is captured");
	} else if (!doc_as_bool(doc_get(s, "enabled"), true)) {
		warn(p,
			"uploads are disabled by the configuration (enabled = false): scans are "
			"counted, versions are captured and wait");
	} else if (doc_as_bool(reachable, false)) {
		reached(p, s);
	} else {
		bool asked = doc_is_bool(reachable);

		marked(p, asked ? MARK_BAD : MARK_WARN);
		pen_add(p, asked ? "Storage backend not available" : "not asked yet");
		if (asked || doc_is_text(error)) {
			pen_add(p, ": ");
			pen_sentence(p, 4, doc_as_text(error, "unknown"));
		}
		pen_add(p, "\n");
		row(p, "Last reached", age_or_never, doc_get(store, "last_ok_at"));
	}
}

/* 0: it is right, or nobody knows. */
static int64_t skew_of(const struct doc *s)
{
	int64_t skew = doc_as_int(doc_get(s, "clock_skew_seconds"), 0);

	return skew > SKEW_MOST || skew < -SKEW_MOST ? skew : 0;
}

static void clock_warning(struct pen *p, int64_t skew)
{
	char span[SPAN_TEXT], words[160];

	span_time(span, (uint64_t)(skew < 0 ? -skew : skew) * 1000);
	(void)snprintf(words, sizeof(words),
		"The clock of this machine is %s %s the store's; casmand corrects that. Mend: "
		"timedatectl set-ntp true",
		span, skew < 0 ? "behind" : "ahead of");
	warn(p, words);
}

static void retention(struct pen *p, const struct doc *r)
{
	struct text words = {0};

	if (doc_is_text(doc_get(r, "error"))) {
		text_add(&words, "old versions stay: %s", doc_as_text(doc_get(r, "error"), ""));
		warn(p, words.at);
		text_free(&words);
	}
	if (doc_as_bool(doc_get(r, "python_client"), false))
		warn(p,
			"the Python client uses this store, and deletes there too: of each "
			"database the earliest uploads, whoever made them");
}

static void backend(struct pen *p, const struct doc *s)
{
	const struct doc *warning = doc_get(doc_get(s, "store"), "warning");

	heading(p, "Backend Status");
	store_state(p, s);
	if (doc_is_text(warning))
		warn(p, doc_as_text(warning, ""));
	retention(p, doc_get(s, "retention"));
	if (skew_of(s))
		clock_warning(p, skew_of(s));
	if (doc_is_text(doc_get(s, "endpoint")))
		row(p, "Endpoint", pen_text, doc_get(s, "endpoint"));
}

static void warnings(struct pen *p, const struct doc *list)
{
	if (doc_length(list) == 0)
		return;
	heading(p, "Warnings");
	for (size_t i = 0; i < doc_length(list); i++)
		warn(p, doc_as_text(doc_at(list, i), "unknown"));
}

/* What an administrator was told, and is not over. */
static void alerts(struct pen *p, const struct doc *list)
{
	if (doc_length(list) == 0)
		return;
	heading(p, "Alerts");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *alert = doc_at(list, i);

		marked(p, MARK_BAD);
		pen_text(p, doc_get(alert, "condition"));
		pen_add(p, ", began ");
		pen_age(p, doc_get(alert, "since"));
		pen_add(p, ": ");
		pen_sentence(p, 4, doc_as_text(doc_get(alert, "words"), "unknown"));
		pen_add(p, "\n");
	}
}

void show_status(struct pen *p, const struct doc *result)
{
	p->look.now -= skew_of(result) * STAMP_SECOND; /* ages count from the corrected clock */
	pen_add(p, "Database Sync Status\n");
	pen_rule(p);
	configuration(p, result);
	backend(p, result);
	show_databases(p, doc_get(result, "databases"));
	show_scans(p, result);
	heading(p, "Queue");
	show_queue_summary(p, doc_get(result, "queue"));
	show_quota(p, result);
	show_proof(p, doc_get(result, "proof"));
	alerts(p, doc_get(result, "alerts"));
	warnings(p, doc_get(result, "warnings"));
}
