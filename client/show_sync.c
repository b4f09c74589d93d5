#include "client/show.h"

#include <string.h>

#define VALUES 15 /* the column of what is told of two histories */

static const char *name_of(const struct doc *database)
{
	return doc_as_text(doc_get(database, "name"), "unknown");
}

static void begin(struct pen *p, enum mark mark, const struct doc *database)
{
	pen_mark(p, mark);
	pen_add(p, " ");
	pen_foreign(p, name_of(database));
	pen_add(p, "  ");
}

static void contents(struct pen *p, const struct doc *version)
{
	int64_t records;

	pen_size(p, doc_get(version, "size_bytes"));
	if (pen_is_count(doc_get(version, "record_count"), &records)) {
		pen_add(p, ", ");
		pen_many(p, records, "record");
	}
}

static void key(struct pen *p, const char *words, const struct doc *version)
{
	if (!doc_is_object(version))
		return;
	pen_add(p, "  %s ", words);
	pen_text(p, doc_get(version, "key"));
	pen_add(p, "\n");
}

static void warn(struct pen *p, const char *words, const struct doc *why)
{
	if (!doc_is_text(why))
		return;
	pen_mark(p, MARK_WARN);
	pen_add(p, " %s", words);
	pen_sentence(p, 2, doc_as_text(why, ""));
	pen_add(p, "\n");
}

/* --- in step, or nearly ------------------------------------------------ */

static void nothing(struct pen *p, const struct doc *d)
{
	const char *state = doc_as_text(doc_get(d, "state"), "");

	begin(p, strcmp(state, "in_step") == 0 ? MARK_GOOD : MARK_SAME, d);
	if (strcmp(state, "in_step") == 0)
		pen_add(p, "up to date\n");
	else if (strcmp(state, "restored") == 0)
		pen_add(p, "keeps its restored version (--force takes the newest)\n");
	else if (strcmp(state, "absent") == 0)
		pen_add(p, "No backups found, and nothing is here\n");
	else
		pen_add(p, "nothing was done\n");
}

static void downloaded(struct pen *p, const struct doc *d, bool dry)
{
	begin(p, dry ? MARK_SAME : MARK_GOOD, d);
	pen_add(p, dry ? "would be updated: " : "updated: ");
	contents(p, doc_get(d, "version"));
	pen_add(p, ", of ");
	pen_when(p, doc_get(doc_get(d, "version"), "timestamp"));
	pen_add(p, "\n");
	key(p, "from", doc_get(d, "version"));
	key(p, "what was there before is", doc_get(d, "safety"));
	key(p, "other machines will follow to", doc_get(d, "published"));
	warn(p, "not published yet: ", doc_get(d, "publish_error"));
	warn(p, "", doc_get(d, "note"));
}

static void queued(struct pen *p, const struct doc *d, bool dry)
{
	const struct doc *version = doc_get(d, "version");
	bool waits = doc_is_object(version) && show_state(version);

	begin(p, dry || waits ? MARK_SAME : MARK_GOOD, d);
	pen_add(p, "has what the store lacks: ");
	if (dry)
		pen_add(p, "would go up\n");
	else if (!doc_is_object(version))
		pen_add(p, "goes up\n");
	else
		pen_add(p, waits ? "queued, and goes up (nothing is lost)\n" : "stored\n");
	key(p, "as", version);
}

static void failed(struct pen *p, const struct doc *d)
{
	begin(p, MARK_BAD, d);
	pen_sentence(p, 2, doc_as_text(doc_get(d, "error"), "unknown"));
	pen_add(p, "\n");
}

/* --- two histories ----------------------------------------------------- */

static void rows(struct pen *p, const struct doc *tables, const char *name, const char *side)
{
	bool any = false;
	int64_t count;

	pen_label(p, name, VALUES);
	for (size_t i = 0; i < doc_length(tables); i++) {
		const struct doc *table = doc_at(tables, i);

		if (pen_is_count(doc_get(table, side), &count) && count == 0)
			continue;
		pen_add(p, any ? ", " : "");
		if (pen_is_count(doc_get(table, side), &count))
			pen_many(p, count, "row");
		else
			pen_add(p, "unknown rows");
		pen_add(p, " in ");
		pen_text(p, doc_get(table, "table"));
		any = true;
	}
	pen_add(p, any ? "\n" : "no rows\n");
}

static void line(struct pen *p, const struct doc *version)
{
	pen_text(p, doc_get(version, "key"));
	pen_add(p, "  ");
	contents(p, version);
	if (doc_is_text(doc_get(version, "host"))) {
		pen_add(p, ", by ");
		pen_text(p, doc_get(version, "host"));
	}
}

static void choices(struct pen *p, const struct doc *d)
{
	pen_add(p, "  Choose:\n    casmanctl sync --force ");
	pen_foreign(p, name_of(d));
	pen_add(p, "   takes theirs; what is here stays a version\n    casmanctl sync --mine ");
	pen_foreign(p, name_of(d));
	pen_add(p, "    keeps what is here; the others follow\n    casmanctl restore ");
	pen_text(p, doc_get(d, "key"));
	pen_add(p,
		" --dest theirs.db\n"
		"      to look into theirs, enter here what is missing, and then --mine\n");
}

static void stopped(struct pen *p, const struct doc *d, bool dry)
{
	const struct doc *since = doc_get(d, "since"), *differs = doc_get(d, "differs");
	int64_t moment;

	begin(p, MARK_BAD, d);
	pen_add(p, dry ? "diverged\n" : "diverged: nothing was touched\n");
	if (dry)
		return;
	pen_row(p, VALUES, "Since", pen_is_moment(since, &moment) ? pen_when : pen_text, since);
	if (doc_is_array(differs)) {
		rows(p, differs, "Only here", "here");
		rows(p, differs, "Only there", "there");
	}
	warn(p, "not compared: ", doc_get(d, "differs_error"));
	if (doc_is_object(doc_get(d, "ours")))
		pen_row(p, VALUES, "Here", line, doc_get(d, "ours"));
	pen_row(p, VALUES, "There", line, doc_get(d, "theirs"));
	if (doc_as_bool(doc_get(d, "cloned"), false))
		pen_add(p, "  Two machines have the same id: one is a copy of the other's card\n");
	choices(p, d);
}

void show_sync(struct pen *p, const struct doc *result)
{
	const struct doc *list = doc_get(result, "databases");
	bool dry = doc_as_bool(doc_get(result, "dry_run"), false);

	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *d = doc_at(list, i);
		const char *did = doc_as_text(doc_get(d, "did"), "");

		if (strcmp(did, "nothing") == 0)
			nothing(p, d);
		else if (strcmp(did, "downloaded") == 0)
			downloaded(p, d, dry);
		else if (strcmp(did, "queued") == 0)
			queued(p, d, dry);
		else if (strcmp(did, "stopped") == 0)
			stopped(p, d, dry);
		else
			failed(p, d);
	}
	if (doc_length(list) == 0)
		pen_add(p, "no database was synced\n");
}
