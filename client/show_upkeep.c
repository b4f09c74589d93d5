/* What keeps the store healthy: maintain, verify, and what status says of them. */
#include "client/show.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <string.h>

#define PROVEN "Proven restorable: "

static int64_t count(const struct doc *d, const char *name)
{
	return doc_as_int(doc_get(d, name), 0);
}

static void marked(struct pen *p, enum mark mark)
{
	pen_mark(p, mark);
	pen_add(p, " ");
}

/* --- maintain ---------------------------------------------------------- */

static void kept(struct pen *p, int64_t objects)
{
	if (!objects)
		return;
	marked(p, MARK_WARN);
	pen_many(p, objects, "object");
	pen_sentence(p, 2,
		" left where they are: a Python client deletes by the time of upload, which moving "
		"them would change");
	pen_add(p, "\n");
}

static void not_moved(struct pen *p, const struct doc *result)
{
	if (!count(result, "failed"))
		return;
	marked(p, MARK_BAD);
	pen_many(p, count(result, "failed"), "object");
	pen_add(p, " not moved: ");
	pen_sentence(p, 2, doc_as_text(doc_get(result, "error"), "unknown"));
	pen_add(p, "\n");
}

void show_maintain(struct pen *p, const struct doc *result)
{
	const struct doc *idle = doc_get(result, "idle");

	pen_add(p, "R2 Storage Class Maintenance\n");
	pen_rule(p);
	if (doc_is_text(idle)) {
		marked(p, MARK_SAME);
		pen_add(p, "nothing to do: ");
		pen_sentence(p, 2, doc_as_text(idle, ""));
		pen_add(p, "\n");
		return;
	}
	marked(p, MARK_GOOD);
	pen_many(p, count(result, "touched"), "object");
	pen_add(p, " touched, %" PRId64 " moved to STANDARD, %" PRId64 " failed\n",
		count(result, "moved"), count(result, "failed"));
	kept(p, count(result, "kept"));
	not_moved(p, result);
	pen_add(p, "  Cost: %" PRId64 " Class A and %" PRId64 " Class B operations\n",
		count(result, "class_a"), count(result, "class_b"));
}

/* --- verify ------------------------------------------------------------ */

static void version(struct pen *p, const struct doc *v)
{
	const struct doc *error = doc_get(v, "error");

	marked(p, doc_is_text(error) ? MARK_BAD : MARK_GOOD);
	if (doc_is_text(error)) {
		pen_sentence(p, 2, doc_as_text(error, ""));
	} else {
		pen_text(p, doc_get(v, "key"));
		pen_add(p, " proven");
	}
	pen_add(p, "\n");
}

void show_verify(struct pen *p, const struct doc *result)
{
	const struct doc *versions = doc_get(result, "versions"), *error = doc_get(result, "error");
	int64_t bad = count(result, "bad");

	for (size_t i = 0; i < doc_length(versions); i++)
		version(p, doc_at(versions, i));
	if (doc_is_text(error)) {
		marked(p, MARK_WARN);
		pen_add(p, "the others were not looked at: ");
		pen_sentence(p, 2, doc_as_text(error, ""));
		pen_add(p, "\n");
	}
	pen_many(p, count(result, "proven"), "version");
	pen_add(p, " proven, %" PRId64 " bad\n", bad);
	if (bad)
		pen_add(p,
			"What is still in a database is made into a new version: see casmanctl "
			"status\n");
}

/* --- status ------------------------------------------------------------ */

/* "14:02 today", "2026-11-20 14:02". */
static void when(struct pen *p, const struct doc *moment)
{
	char then[STAMP_TEXT], now[STAMP_TEXT];
	int64_t at;

	if (!pen_is_moment(moment, &at)) {
		pen_add(p, doc_is_null(moment) ? "not yet" : "unknown");
		return;
	}
	stamp_plain(then, at);
	stamp_plain(now, p->look.now);
	if (strncmp(then, now, strlen("2026-11-20")) == 0)
		pen_add(p, "%.5s today", then + strlen("2026-11-20 "));
	else
		pen_add(p, "%.16s", then);
}

static void proven(struct pen *p, const struct doc *proof)
{
	const struct doc *behind = doc_get(proof, "scans_behind"), *bad = doc_get(proof, "bad");
	int64_t scans;

	pen_text(p, doc_get(proof, "database"));
	pen_add(p, " ");
	when(p, doc_get(proof, "proven_at"));
	if (pen_is_count(behind, &scans)) {
		pen_add(p, " (");
		pen_many(p, scans, "scan");
		pen_add(p, " behind)");
	}
	pen_add(p, "\n");
	if (!doc_is_text(bad))
		return;
	pen_add(p, "  ");
	marked(p, MARK_BAD);
	pen_sentence(p, 4, doc_as_text(bad, ""));
	pen_add(p, "\n");
}

void show_proof(struct pen *p, const struct doc *list)
{
	if (!doc_length(list))
		return;
	pen_add(p, "\n" PROVEN);
	for (size_t i = 0; i < doc_length(list); i++) {
		if (i)
			pen_to(p, strlen(PROVEN));
		proven(p, doc_at(list, i));
	}
}
