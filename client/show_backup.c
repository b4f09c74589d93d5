#include "client/show.h"

#include <string.h>

static bool holds(const struct doc *names, const char *name)
{
	for (size_t i = 0; i < doc_length(names); i++)
		if (strcmp(doc_as_text(doc_at(names, i), ""), name) == 0)
			return true;
	return false;
}

static const char *name_of(const struct doc *version)
{
	return doc_as_text(doc_get(version, "db_name"), "unknown");
}

static void begin(struct pen *p, enum mark mark, const char *name)
{
	pen_mark(p, mark);
	pen_add(p, " ");
	pen_foreign(p, name);
	pen_add(p, "  ");
}

static void why(struct pen *p, const struct doc *result)
{
	const struct doc *error = doc_get(result, "store_error");

	if (doc_is_text(error)) {
		pen_add(p, ":");
		pen_more(p, 2, " ", doc_as_text(error, ""));
	}
}

static void waits(struct pen *p, const char *name, const char *what, const struct doc *result)
{
	begin(p, MARK_WARN, name);
	pen_add(p, "%s", what);
	why(p, result);
	pen_more(p, 2, " ", "(nothing is lost)");
	pen_add(p, "\n");
}

static void stored(struct pen *p, const struct doc *version)
{
	bool suspect = doc_as_bool(doc_get(version, "suspect"), false);
	struct pen contents = {.look = p->look};
	int64_t records;

	begin(p, suspect ? MARK_WARN : MARK_GOOD, name_of(version));
	pen_add(p, "stored as ");
	pen_text(p, doc_get(version, "key"));
	pen_size(&contents, doc_get(version, "size_bytes"));
	if (pen_is_count(doc_get(version, "record_count"), &records)) {
		pen_add(&contents, ", ");
		pen_many(&contents, records, "record");
	}
	pen_add(&contents, suspect ? "; looks damaged or emptied" : "");
	pen_more(p, 2, "  ", contents.text.at);
	text_free(&contents.text);
	pen_add(p, "\n");
}

static void changed(struct pen *p, const struct doc *version, const struct doc *result)
{
	const char *state = doc_as_text(doc_get(version, "state"), "");

	if (!show_state(version)) {
		stored(p, version);
	} else if (strcmp(state, "captured") == 0 || strcmp(state, "sending") == 0) {
		waits(p, name_of(version), "captured, waits for the store", result);
	} else {
		begin(p, strcmp(state, "superseded") == 0 ? MARK_SAME : MARK_BAD, name_of(version));
		pen_add(p, "%s", show_state(version));
		why(p, result);
		pen_add(p, "\n");
	}
}

/* The version that holds what did not change; NULL if the reply does not tell. */
static const struct doc *held_by(const struct doc *versions, const char *name)
{
	for (size_t i = 0; i < doc_length(versions); i++)
		if (strcmp(name_of(doc_at(versions, i)), name) == 0)
			return doc_at(versions, i);
	return NULL;
}

static void unchanged(struct pen *p, const char *name, const struct doc *result)
{
	const struct doc *version = held_by(doc_get(result, "versions"), name);
	int64_t since;

	if (holds(doc_get(result, "queued"), name) || (version && show_state(version))) {
		waits(p, name, "unchanged, its version waits for the store", result);
		return;
	}
	begin(p, MARK_SAME, name);
	pen_add(p, "unchanged");
	if (pen_is_moment(doc_get(version, "timestamp"), &since)) {
		pen_add(p, " since ");
		pen_when(p, doc_get(version, "timestamp"));
	}
	pen_add(p, "\n");
}

static void failed(struct pen *p, const struct doc *failure)
{
	begin(p, MARK_BAD, doc_as_text(doc_get(failure, "database"), "unknown"));
	pen_sentence(p, 2, doc_as_text(doc_get(failure, "error"), "unknown"));
	pen_add(p, "\n");
}

/* Names that wait though no version of theirs came along. */
static void queued(struct pen *p, const struct doc *result)
{
	const struct doc *names = doc_get(result, "queued"), *same = doc_get(result, "unchanged");

	for (size_t i = 0; i < doc_length(names); i++) {
		const char *name = doc_as_text(doc_at(names, i), "unknown");

		if (!held_by(doc_get(result, "versions"), name) && !holds(same, name))
			waits(p, name, "captured, waits for the store", result);
	}
}

static void started(struct pen *p, const struct doc *names)
{
	if (doc_length(names) == 0)
		return;
	for (size_t i = 0; i < doc_length(names); i++) {
		pen_add(p, i ? ", " : "Started: ");
		pen_text(p, doc_at(names, i));
	}
	pen_add(p, "\nHow far it is: casmanctl status\n");
}

void show_backup(struct pen *p, const struct doc *result)
{
	const struct doc *versions = doc_get(result, "versions"),
			 *failures = doc_get(result, "failed");
	const struct doc *same = doc_get(result, "unchanged"), *absent = doc_get(result, "absent");
	size_t before = p->text.length;

	for (size_t i = 0; i < doc_length(versions); i++)
		if (!holds(same, name_of(doc_at(versions, i))))
			changed(p, doc_at(versions, i), result);
	for (size_t i = 0; i < doc_length(same); i++)
		unchanged(p, doc_as_text(doc_at(same, i), "unknown"), result);
	queued(p, result);
	for (size_t i = 0; i < doc_length(absent); i++) {
		begin(p, MARK_SAME, doc_as_text(doc_at(absent, i), "unknown"));
		pen_add(p, "is not there yet\n");
	}
	for (size_t i = 0; i < doc_length(failures); i++)
		failed(p, doc_at(failures, i));
	started(p, doc_get(result, "started"));
	if (p->text.length == before) {
		pen_mark(p, MARK_BAD);
		pen_add(p, " no database was backed up\n");
	}
}
