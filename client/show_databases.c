#include "client/show.h"
#include "common/err.h"

#include <string.h>

#define NAMES 20 /* columns that names get at least, as in the reference */
#define SIZES 13 /* columns of a size and the space before it, as in the reference */
#define MARKS 2  /* columns between size and mark */

/* What the comparison of a database with the store means; NULL where other lines say it. */
/* clang-format off */
static const struct {
	const char *state, *words;
} meanings[] = {
	{"in_step", NULL},
	{"ahead", "Newer than what the store holds"},
	{"behind", "The store holds a newer version"},
	{"diverged", "Went another way than the store's newest version"},
	{"restored", "Holds a restored version, not the store's newest"},
	{"absent", NULL},
	{"no_version", NULL},
	{"unknown", "Not known whether the store holds the same contents"},
};
/* clang-format on */

static const char *state_of(const struct doc *db)
{
	return doc_as_text(doc_get(db, "state"), "unknown");
}

static bool is(const struct doc *value, bool wanted)
{
	return doc_is_bool(value) && doc_as_bool(value, false) == wanted;
}

static bool is_safe(const struct doc *version)
{
	return version && !doc_is_null(version) && !show_state(version) &&
		is(doc_get(version, "suspect"), false);
}

/* Its application has not made it yet, which is no failure: it never had a version. */
static bool is_to_come(const struct doc *db)
{
	const char *error = doc_as_text(doc_get(db, "error_name"), "");
	bool missing = strcmp(error, err_name(ERR_MISSING)) == 0;

	return is(doc_get(db, "present"), false) && doc_is_null(doc_get(db, "last_version")) &&
		(missing || !doc_is_text(doc_get(db, "error")));
}

/* Good is only what is known to be good (P11). */
static enum mark mark_of(const struct doc *db)
{
	if (is_to_come(db))
		return MARK_WARN;
	if (doc_is_text(doc_get(db, "error")) || is(doc_get(db, "present"), false))
		return MARK_BAD;
	if (is(doc_get(db, "present"), true) && is(doc_get(db, "dirty"), false) &&
		is_safe(doc_get(db, "last_version")) && strcmp(state_of(db), "in_step") == 0)
		return MARK_GOOD;
	return MARK_WARN;
}

static void note(struct pen *p, const char *words)
{
	if (words)
		pen_add(p, "    %s\n", words);
}

static void trouble(struct pen *p, const struct doc *db)
{
	const struct doc *error = doc_get(db, "error"), *mend = doc_get(db, "mend");

	if (doc_is_text(error)) {
		pen_add(p, "    ");
		pen_sentence(p, 4, doc_as_text(error, ""));
		pen_add(p, "\n");
	} else if (is(doc_get(db, "present"), false)) {
		pen_add(p, "    There is no file ");
		pen_text(p, doc_get(db, "path"));
		pen_add(p, "\n");
	} else if (!doc_is_bool(doc_get(db, "present"))) {
		note(p, "Not known whether the file is there");
	}
	if (doc_is_text(mend)) {
		/* Not wrapped: it is there to be copied. */
		pen_add(p, "    Mend: ");
		pen_text(p, mend);
		pen_add(p, "\n");
	}
}

static void last_version(struct pen *p, const struct doc *version)
{
	int64_t records;

	if (doc_is_null(version)) {
		note(p, "No version yet");
		return;
	}
	if (!version) {
		note(p, "Last version: unknown");
		return;
	}
	pen_add(p, "    Last version: ");
	pen_when(p, doc_get(version, "timestamp"));
	pen_add(p, " (");
	pen_age(p, doc_get(version, "timestamp"));
	pen_add(p, ")");
	if (pen_is_count(doc_get(version, "record_count"), &records)) {
		pen_add(p, ", ");
		pen_many(p, records, "record");
	}
	if (show_state(version)) {
		pen_add(p, ",");
		pen_more(p, 6, " ", show_state(version));
	}
	pen_add(p, "\n");
	if (!is(doc_get(version, "suspect"), true))
		return;
	pen_add(p, "    Suspect: ");
	pen_sentence(p, 4, doc_as_text(doc_get(version, "why"), "looks damaged or emptied"));
	pen_add(p, "\n");
}

static const char *meaning_of(const char *state)
{
	for (size_t i = 0; i < LENGTH(meanings); i++)
		if (strcmp(meanings[i].state, state) == 0)
			return meanings[i].words;
	return "In a state that this casmanctl does not know";
}

static void changes(struct pen *p, const struct doc *db)
{
	const struct doc *dirty = doc_get(db, "dirty"), *since = doc_get(db, "unchanged_since");
	bool ahead = strcmp(state_of(db), "ahead") == 0;

	if (is(dirty, true))
		note(p, "Changes that no version holds yet");
	else if (!doc_is_bool(dirty))
		note(p, "Not known whether it changed since");
	else if (doc_is_text(since)) {
		pen_add(p, "    Unchanged since ");
		pen_when(p, since);
		pen_add(p, "\n");
	}
	if (!(ahead && is(dirty, true)))
		note(p, meaning_of(state_of(db)));
}

static void database(struct pen *p, const struct doc *db, size_t names)
{
	struct pen size = {.look = p->look};

	if (is(doc_get(db, "present"), false))
		pen_add(&size, "-");
	else
		pen_size(&size, doc_get(db, "size_bytes"));
	pen_add(p, "  ");
	pen_text(p, doc_get(db, "name"));
	pen_right(p, 2 + names + SIZES, size.text.at);
	pen_add(p, "%*s", MARKS, "");
	pen_mark(p, mark_of(db));
	pen_add(p, "\n");
	text_free(&size.text);
	trouble(p, db);
	if (!is(doc_get(db, "present"), false) || !doc_is_null(doc_get(db, "last_version")))
		last_version(p, doc_get(db, "last_version"));
	if (!is(doc_get(db, "present"), false))
		changes(p, db);
}

void show_databases(struct pen *p, const struct doc *databases)
{
	size_t names = NAMES;

	pen_add(p, "\nLocal Databases:\n");
	if (!doc_is_array(databases))
		pen_add(p, "  unknown\n");
	else if (doc_length(databases) == 0)
		pen_add(p, "  none: name them in casmand.conf, as [database NAME]\n");
	for (size_t i = 0; i < doc_length(databases); i++) {
		size_t length = strlen(doc_as_text(doc_get(doc_at(databases, i), "name"), ""));

		names = length > names ? length : names;
	}
	for (size_t i = 0; i < doc_length(databases); i++)
		database(p, doc_at(databases, i), names);
}
