/* OpenMetrics, for a scraper: https://prometheus.io/docs/specs/om/open_metrics_spec/
 *
 * What is not known has no sample, so that nobody takes it for zero (P11).  Ages are counted by the
 * clock of this moment: of something that stands still they grow. */
#include "client/show.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <string.h>

static void typed(struct pen *p, const char *name, const char *type, const char *help)
{
	pen_add(p, "# TYPE casmand_%s %s\n# HELP casmand_%s %s\n", name, type, name, help);
}

static void family(struct pen *p, const char *name, const char *help)
{
	typed(p, name, "gauge", help);
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

static void quoted(struct pen *p, const char *text)
{
	pen_add(p, "\"");
	for (const char *c = text; *c; c++)
		if (*c == '\n')
			pen_add(p, "\\n");
		else
			pen_add(p, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	pen_add(p, "\"");
}

static void label(struct pen *p, const char *database)
{
	pen_add(p, "{database=");
	quoted(p, database);
	pen_add(p, "} ");
}

static const char *name_of(const struct doc *database)
{
	return doc_as_text(doc_get(database, "name"), "");
}

/* A counter, by how it ended. */
static void ends(struct pen *p, const char *name, const char *help, const struct doc *counts,
	const char *const (*results)[2])
{
	typed(p, name, "counter", help);
	for (; (*results)[0]; results++)
		if (doc_is_int(doc_get(counts, (*results)[0])))
			pen_add(p, "casmand_%s_total{result=\"%s\"} %" PRId64 "\n", name,
				(*results)[1], doc_as_int(doc_get(counts, (*results)[0]), 0));
}

static void of_counts(struct pen *p, const struct doc *counts)
{
	static const char *const captures[][2] = {
		{"captured",       "captured" },
                {"unchanged",      "unchanged"},
                {"capture_failed", "failed"   },
		{NULL,             NULL       }
        };
	static const char *const uploads[][2] = {
		{"stored",        "stored"},
                {"upload_failed", "failed"},
                {NULL,            NULL    }
        };

	ends(p, "captures", "Captures since casmand started, or read its configuration again.",
		counts, captures);
	ends(p, "uploads", "Uploads since then.", counts, uploads);
}

/* A moment of each thing in a list, where it is known. */
static void moments(struct pen *p, const char *name, const char *help, const struct doc *list,
	const char *const members[2])
{
	int64_t when;

	family(p, name, help);
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *d = doc_at(list, i);

		if (!pen_is_moment(doc_get(d, members[1]), &when))
			continue;
		pen_add(p, "casmand_%s", name);
		label(p, doc_as_text(doc_get(d, members[0]), ""));
		pen_add(p, "%" PRId64 "\n", when / STAMP_SECOND);
	}
}

/* How long its commits are in no version: 0 where there are none. */
static void of_commits(struct pen *p, const struct doc *list)
{
	int64_t when;

	family(p, "database_uncaptured_age_seconds",
		"How old the oldest change is that no version has.");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *d = doc_at(list, i), *since = doc_get(d, "dirty_since");
		bool none = doc_is_null(since) && !doc_as_bool(doc_get(d, "dirty"), true);

		if (!none && !pen_is_moment(since, &when))
			continue;
		pen_add(p, "casmand_database_uncaptured_age_seconds");
		label(p, name_of(d));
		pen_add(p, "%" PRId64 "\n", none ? 0 : seconds_since(p, when));
	}
}

static void of_alerts(struct pen *p, const struct doc *list)
{
	family(p, "alert", "1 for each alert that began and is not over.");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *d = doc_at(list, i);

		pen_add(p, "casmand_alert{condition=");
		quoted(p, doc_as_text(doc_get(d, "condition"), ""));
		pen_add(p, ",database=");
		quoted(p, doc_as_text(doc_get(d, "database"), ""));
		pen_add(p, "} 1\n");
	}
}

static bool is_stored(const struct doc *version)
{
	const char *state = doc_as_text(doc_get(version, "state"), "");

	return strcmp(state, "stored") == 0 || strcmp(state, "proven") == 0;
}

static void of_databases(struct pen *p, const struct doc *list)
{
	int64_t when;

	family(p, "database_up", "1 where the database can be captured.");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *d = doc_at(list, i);

		pen_add(p, "casmand_database_up");
		label(p, name_of(d));
		pen_add(p, "%d\n", doc_is_null(doc_get(d, "error")));
	}
	family(p, "database_last_version_timestamp_seconds", "When its newest version was made.");
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *version = doc_get(doc_at(list, i), "last_version");

		if (!pen_is_moment(doc_get(version, "timestamp"), &when))
			continue;
		pen_add(p, "casmand_database_last_version_timestamp_seconds");
		label(p, name_of(doc_at(list, i)));
		pen_add(p, "%" PRId64 "\n", when / STAMP_SECOND);
	}
	family(p, "database_stored", "1 where its newest version is in the store.");
	for (size_t i = 0; i < doc_length(list); i++) {
		pen_add(p, "casmand_database_stored");
		label(p, name_of(doc_at(list, i)));
		pen_add(p, "%d\n", is_stored(doc_get(doc_at(list, i), "last_version")));
	}
	moments(p, "database_last_stored_timestamp_seconds",
		"When the newest version was made that is in the store.", list,
		(const char *const[]){"name", "last_stored_at"});
	of_commits(p, list);
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
	moments(p, "database_last_proven_timestamp_seconds",
		"When a version in the store was last read again and found good.",
		doc_get(s, "proof"), (const char *const[]){"database", "proven_at"});
	of_counts(p, doc_get(s, "counts"));
	of_alerts(p, doc_get(s, "alerts"));
	number(p, "resident_memory_bytes", "Memory of casmand.", doc_get(s, "resident_bytes"));
	pen_add(p, "# EOF\n");
}
