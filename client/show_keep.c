#include "client/show.h"

static void key_is(struct pen *p, const struct doc *result, const char *words)
{
	pen_text(p, doc_get(doc_get(result, "version"), "key"));
	pen_add(p, " %s\n", words);
}

void show_pin(struct pen *p, const struct doc *result)
{
	bool pinned = doc_as_bool(doc_get(doc_get(result, "version"), "pinned"), false);

	key_is(p, result, pinned ? "is pinned: retention keeps it" : "is not pinned any more");
}

void show_accept(struct pen *p, const struct doc *result)
{
	key_is(p, result, "is accepted: later versions are compared with it");
}

static void row(struct pen *p, const struct doc *version)
{
	bool stays = doc_as_bool(doc_get(version, "stays"), true);

	pen_add(p, stays ? "stays  " : "goes   ");
	pen_text(p, doc_get(version, "key"));
	pen_add(p, "\n       ");
	pen_sentence(p, 7, doc_as_text(doc_get(version, "why"), "unknown"));
	pen_add(p, "\n");
}

void show_prune(struct pen *p, const struct doc *result)
{
	const struct doc *versions = doc_get(result, "versions");

	if (!doc_as_bool(doc_get(result, "dry_run"), false)) {
		pen_number(p, doc_get(result, "deleted"));
		pen_add(p, " versions deleted\n");
		return;
	}
	for (size_t i = 0; i < doc_length(versions); i++)
		row(p, doc_at(versions, i));
	pen_add(p, "\n");
	pen_number(p, doc_get(result, "go"));
	pen_add(p, " go, ");
	pen_number(p, doc_get(result, "stay"));
	pen_add(p, " stay\n");
}
