#include "client/show.h"

#include <string.h>

#define WORDS  25 /* the column of what happened: behind the moment */
#define NARROW 4  /* where a key begins that would not fit there */

/* What the events are called in words; a name that is not here is shown as it is. */
static const char *in_words(const char *event)
{
	static const struct {
		const char *event, *words;
	} all[] = {
		{"capture_failed", "not captured"  },
		{"upload_failed",  "not stored"    },
		{"bad",            "copy lost"     },
		{"reload_refused", "reload refused"},
	};

	for (size_t i = 0; i < LENGTH(all); i++)
		if (strcmp(all[i].event, event) == 0)
			return all[i].words;
	return event;
}

static void one(struct pen *p, const struct doc *event)
{
	const struct doc *database = doc_get(event, "database"), *text = doc_get(event, "text");
	const char *key = doc_as_text(doc_get(event, "key"), NULL);

	pen_when(p, doc_get(event, "at"));
	pen_to(p, WORDS);
	pen_foreign(p, in_words(doc_as_text(doc_get(event, "event"), "unknown")));
	if (doc_is_text(database)) {
		pen_add(p, " ");
		pen_text(p, database);
	}
	if (doc_is_text(text)) {
		pen_add(p, ": ");
		pen_sentence(p, WORDS, doc_as_text(text, ""));
	}
	pen_add(p, "\n");
	if (key) {
		pen_to(p, p->look.width && WORDS + strlen(key) > p->look.width ? NARROW : WORDS);
		pen_foreign(p, key);
		pen_add(p, "\n");
	}
}

void show_history(struct pen *p, const struct doc *result)
{
	const struct doc *events = doc_get(result, "events");

	if (!doc_is_array(events))
		pen_add(p, "unknown\n");
	else if (doc_length(events) == 0)
		pen_add(p, "Nothing happened yet\n");
	for (size_t i = 0; i < doc_length(events); i++)
		one(p, doc_at(events, i));
}
