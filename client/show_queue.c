#include "client/show.h"

#include <string.h>

#define VALUES 15 /* the column of a version's values, as in a list */

static void row(struct pen *p, const char *name, pen_writer *write, const struct doc *value)
{
	pen_row(p, SHOW_VALUES, name, write, value);
}

/* What is overdue is tried now. */
static void next_try(struct pen *p, const struct doc *at)
{
	int64_t when;

	if (pen_is_moment(at, &when) && when <= p->look.now)
		pen_add(p, "now");
	else
		pen_age(p, at);
}

static void words(struct pen *p, const struct doc *text)
{
	pen_sentence(p, SHOW_VALUES, doc_as_text(text, "unknown"));
}

static void waiting(struct pen *p, const struct doc *q)
{
	pen_many(p, doc_as_int(doc_get(q, "length"), 0), "version");
	pen_add(p, ", ");
	pen_size(p, doc_get(q, "bytes"));
	if (doc_is_int(doc_get(q, "max_bytes"))) {
		pen_add(p, " of at most ");
		pen_size(p, doc_get(q, "max_bytes"));
	}
}

static void marked(struct pen *p, enum mark mark, const char *sentence)
{
	pen_add(p, "  ");
	pen_mark(p, mark);
	pen_add(p, " ");
	pen_sentence(p, 4, sentence);
	pen_add(p, "\n");
}

/* By the quota, until there is more of it. */
static void held(struct pen *p, const struct doc *held)
{
	struct pen sentence = {.look = p->look};

	pen_many(&sentence, doc_as_int(doc_get(held, "versions"), 0), "version");
	pen_add(&sentence, " held back: %s", doc_as_text(doc_get(held, "why"), "unknown"));
	marked(p, MARK_WARN, sentence.text.at);
	text_free(&sentence.text);
}

void show_queue_summary(struct pen *p, const struct doc *q)
{
	const struct doc *next = doc_get(q, "next_try_at"), *error = doc_get(q, "error");
	int64_t length;

	if (!pen_is_count(doc_get(q, "length"), &length)) {
		pen_add(p, "  unknown\n");
		return;
	}
	if (doc_as_bool(doc_get(q, "full"), false))
		marked(p, MARK_BAD,
			"full: captures stop until something is stored; scans are counted");
	if (length == 0) {
		pen_add(p, "  empty\n");
	} else {
		row(p, "Waiting", waiting, q);
		row(p, "Oldest", pen_age, doc_get(q, "oldest_at"));
		if (doc_as_bool(doc_get(q, "paused"), false))
			marked(p, MARK_WARN, "not sent: uploads are off (enabled = false)");
		else if (!doc_is_null(next)) /* it is, while something is being sent */
			row(p, "Next try", next_try, next);
	}
	if (doc_is_text(error))
		row(p, "Last error", words, error);
	if (doc_is_object(doc_get(q, "held")))
		held(p, doc_get(q, "held"));
}

static void sentence(struct pen *p, const struct doc *text)
{
	pen_sentence(p, VALUES, doc_as_text(text, "unknown"));
}

static void one(struct pen *p, const struct doc *version)
{
	const struct doc *operation = doc_get(version, "operation");
	const struct doc *error = doc_get(version, "error");

	pen_add(p, "\n");
	pen_text(p, doc_get(version, "key"));
	pen_add(p, "\n");
	pen_row(p, VALUES, "Database", pen_text, doc_get(version, "db_name"));
	pen_row(p, VALUES, "Captured", pen_age, doc_get(version, "timestamp"));
	pen_row(p, VALUES, "Size", pen_size, doc_get(version, "size_bytes"));
	if (doc_is_text(operation))
		pen_row(p, VALUES, "Operation", pen_text, operation);
	if (strcmp(doc_as_text(doc_get(version, "state"), ""), "sending") == 0)
		pen_add(p, "  On its way to the store\n");
	if (doc_is_text(error))
		pen_row(p, VALUES, "Error", sentence, error);
}

void show_queue(struct pen *p, const struct doc *result)
{
	const struct doc *versions = doc_get(result, "versions");

	pen_add(p, "Queue\n");
	pen_rule(p);
	show_queue_summary(p, result);
	for (size_t i = 0; i < doc_length(versions); i++)
		one(p, doc_at(versions, i));
}
