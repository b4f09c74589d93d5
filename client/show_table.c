/* Versions, one line each. */
#include "client/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MARKS     3 /* columns where things begin, or (SIZE, RECORDS) end */
#define NAME      8
#define TIME      26
#define SIZE      55
#define RECORDS   63
#define OPERATION 65
#define WIDTH     80 /* where nobody says how wide the screen is */

static enum mark mark_of(const struct doc *version)
{
	static const char *const waiting[] = {"captured", "sending"};
	const char *state = doc_as_text(doc_get(version, "state"), "");

	if (doc_as_bool(doc_get(version, "suspect"), false))
		return MARK_WARN;
	for (size_t i = 0; i < LENGTH(waiting); i++)
		if (strcmp(state, waiting[i]) == 0)
			return MARK_SAME;
	return show_state(version) ? MARK_BAD : MARK_GOOD;
}

/* Is none of its database before it in the list, which is newest first? */
static bool is_newest(const struct doc *list, size_t i)
{
	const char *name = doc_as_text(doc_get(doc_at(list, i), "db_name"), "");

	for (size_t k = 0; k < i; k++)
		if (strcmp(doc_as_text(doc_get(doc_at(list, k), "db_name"), ""), name) == 0)
			return false;
	return true;
}

/* No more than fits before the column, for the next one has its own place. */
static void cut(struct pen *p, const char *words, size_t room)
{
	char part[256];

	text_cut(part, sizeof(part) < room + 1 ? sizeof(part) : room + 1, words);
	pen_foreign(p, part);
}

static void right(struct pen *p, size_t column, pen_writer *write, const struct doc *value)
{
	struct pen word = {.look = p->look};

	write(&word, value);
	pen_right(p, column, word.text.at);
	text_free(&word.text);
}

static void count(struct pen *p, const struct doc *records)
{
	if (doc_is_int(records))
		pen_number(p, records);
	else
		pen_add(p, "-");
}

/* Without its zone, which stands below the table. */
static void when(struct pen *p, const struct doc *moment)
{
	struct pen words = {.look = p->look};

	pen_when(&words, moment);
	pen_add(p, "%.*s", (int)strcspn(words.text.at, "U"), words.text.at);
	text_free(&words.text);
}

static bool is_marked(const struct doc *version, const char *name)
{
	return doc_as_bool(doc_get(version, name), false);
}

/* Each has its own column. */
static void marks(struct pen *p, const struct doc *version, bool newest)
{
	bool proven = strcmp(doc_as_text(doc_get(version, "state"), ""), "proven") == 0;

	pen_add(p, "%c%c%c%c", newest ? '*' : ' ', proven ? '+' : ' ',
		is_marked(version, "pinned") ? '#' : ' ', is_marked(version, "head") ? '^' : ' ');
}

static void row(struct pen *p, const struct doc *version, bool newest)
{
	size_t width = p->look.width > OPERATION ? p->look.width : WIDTH;

	pen_mark(p, mark_of(version));
	pen_to(p, MARKS);
	marks(p, version, newest);
	pen_to(p, NAME);
	cut(p, doc_as_text(doc_get(version, "db_name"), "unknown"), TIME - NAME - 1);
	pen_to(p, TIME);
	when(p, doc_get(version, "timestamp"));
	right(p, SIZE, pen_size, doc_get(version, "size_bytes"));
	right(p, RECORDS, count, doc_get(version, "record_count"));
	pen_to(p, OPERATION);
	cut(p, doc_as_text(doc_get(version, "operation"), ""), width - OPERATION);
	pen_add(p, "\n");
}

void show_table(struct pen *p, const struct doc *versions, bool newest)
{
	for (size_t i = 0; i < doc_length(versions); i++)
		row(p, doc_at(versions, i), newest && is_newest(versions, i));
	pen_add(p, "\n");
	pen_mark(p, MARK_GOOD);
	pen_add(p, " stored  ");
	pen_mark(p, MARK_SAME);
	pen_add(p, " waits  ");
	pen_mark(p, MARK_WARN);
	pen_add(p, " suspect  ");
	pen_mark(p, MARK_BAD);
	pen_add(p, " lost or refused\n%s+ proven  # pinned  ^ head; times are UTC\n",
		newest ? "* newest  " : "");
}
