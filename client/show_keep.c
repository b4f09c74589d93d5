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
