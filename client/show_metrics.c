/* OpenMetrics, for a scraper: https://prometheus.io/docs/specs/om/open_metrics_spec/
 *
 * What is not known has no sample, so that nobody takes it for zero (P11).  Ages are counted by the
 * clock of this moment: of something that stands still they grow. */
#include "client/show.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <string.h>

static void family(struct pen *p, const char *name, const char *help)
{
	pen_add(p, "# TYPE casmand_%s gauge\n# HELP casmand_%s %s\n", name, name, help);
}

static void number(struct pen *p, const char *name, const char *help, const struct doc *value)
{
	family(p, name, help);
	if (doc_is_int(value))
		pen_add(p, "casmand_%s %" PRId64 "\n", name, doc_as_int(value, 0));
	else if (doc_is_number(value))
		pen_add(p, "casmand_%s %.6g\n", name, doc_as_real(value, 0));
}

static int64_t seconds_since(const struct pen *p, int64_t moment)
{
	return moment > p->look.now ? 0 : (p->look.now - moment) / STAMP_SECOND;
}

/* 0 where nothing waits, as then nothing is old. */
static void age(struct pen *p, const char *name, const char *help, const struct doc *moment)
{
	int64_t when;

	family(p, name, help);
	if (doc_is_null(moment))
		pen_add(p, "casmand_%s 0\n", name);
	else if (pen_is_moment(moment, &when))
		pen_add(p, "casmand_%s %" PRId64 "\n", name, seconds_since(p, when));
}

static void label(struct pen *p, const struct doc *name)
{
	pen_add(p, "{database=\"");
	for (const char *c = doc_as_text(name, ""); *c; c++)
		if (*c == '\n')
			pen_add(p, "\\n");
		else
			pen_add(p, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	pen_add(p, "\"} ");
}

static bool is_stored(const struct doc *version)
{
	const char *state = doc_as_text(doc_get(version, "state"), "");

	return strcmp(state, "stored") == 0 || strcmp(state, "proven") == 0;
}

/* What was never proven has no sample: an alert asks whether there is one. */
static void of_proofs(struct pen *p, const struct doc *list)
{
	int64_t when;

	family(p, "database_proven_timestamp_seconds",
		"When a version of it in the store was last proven restorable.");
	for (size_t i = 0; i < doc_length(list); i++) {
		if (!pen_is_moment(doc_get(doc_at(list, i), "proven_at"), &when))
			continue;
		pen_add(p, "casmand_database_proven_timestamp_seconds");
		label(p, doc_get(doc_at(list, i), "database"));
		pen_add(p, "%" PRId64 "\n", when / STAMP_SECOND);
	}
}

static void of_databases(struct pen *p, const struct doc *list)
{
	int64_t when;

	family(p, "database_up", "1 where the database can be captured.");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *d = doc_at(list, i);

		pen_add(p, "casmand_database_up");
		label(p, doc_get(d, "name"));
		pen_add(p, "%d\n", doc_is_null(doc_get(d, "error")));
	}
	family(p, "database_last_version_timestamp_seconds", "When its newest version was made.");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *version = doc_get(doc_at(list, i), "last_version");

		if (!pen_is_moment(doc_get(version, "timestamp"), &when))
			continue;
		pen_add(p, "casmand_database_last_version_timestamp_seconds");
		label(p, doc_get(doc_at(list, i), "name"));
		pen_add(p, "%" PRId64 "\n", when / STAMP_SECOND);
	}
	family(p, "database_stored", "1 where its newest version is in the store.");
	for (size_t i = 0; i < doc_length(list); i++) {
		pen_add(p, "casmand_database_stored");
		label(p, doc_get(doc_at(list, i), "name"));
		pen_add(p, "%d\n", is_stored(doc_get(doc_at(list, i), "last_version")));
	}
}

/* A counter that begins anew each month says so by its label. */
static void of_quota(struct pen *p, const struct doc *quota)
{
	static const struct {
		const char *name, *class;
	} classes[] = {
		{"class_a", "a"},
                {"class_b", "b"}
        };
	const char *month = doc_as_text(doc_get(quota, "month"), "");

	family(p, "store_requests", "Requests to the bucket this month, as they are billed.");
	for (size_t i = 0; i < LENGTH(classes); i++) {
		const struct doc *used = doc_get(doc_get(quota, classes[i].name), "used");

		if (doc_is_int(used))
			pen_add(p,
				"casmand_store_requests{class=\"%s\",month=\"%s\"} %" PRId64 "\n",
				classes[i].class, month, doc_as_int(used, 0));
	}
	if (doc_is_int(doc_get(quota, "free")))
		pen_add(p, "casmand_store_requests{class=\"free\",month=\"%s\"} %" PRId64 "\n",
			month, doc_as_int(doc_get(quota, "free"), 0));
	number(p, "store_bytes", "What lies in the bucket.",
		doc_get(doc_get(quota, "storage_bytes"), "used"));
}

void show_metrics(struct pen *p, const struct doc *s)
{
	const struct doc *scans = doc_get(s, "scans"), *queue = doc_get(s, "queue");
	const struct doc *reachable = doc_get(doc_get(s, "store"), "reachable");

	number(p, "scans", "Scans counted since the first start.", doc_get(scans, "total"));
	number(p, "scans_unprotected", "Scans that no stored version covers.",
		doc_get(scans, "unprotected"));
	age(p, "scans_unprotected_age_seconds", "How old the oldest of them is.",
		doc_get(scans, "oldest_unprotected_at"));
	number(p, "queue_versions", "Versions that wait for the store.", doc_get(queue, "length"));
	number(p, "queue_bytes", "How much room they take.", doc_get(queue, "bytes"));
	age(p, "queue_age_seconds", "How old the oldest of them is.", doc_get(queue, "oldest_at"));
	family(p, "store_up", "1 where the store answered when it was asked last.");
	if (doc_is_bool(reachable))
		pen_add(p, "casmand_store_up %d\n", doc_as_bool(reachable, false));
	of_quota(p, doc_get(s, "quota"));
	number(p, "clock_skew_seconds", "Our clock minus the store's.",
		doc_get(s, "clock_skew_seconds"));
	of_databases(p, doc_get(s, "databases"));
	of_proofs(p, doc_get(s, "proof"));
	number(p, "resident_memory_bytes", "Memory of casmand.", doc_get(s, "resident_bytes"));
	pen_add(p, "# EOF\n");
}
