#include "client/pen.h"

#include "client/escape.h"
#include "common/scoped.h"
#include "common/span.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define RULE      80 /* columns of the line below a heading */
#define NARROWEST 30 /* columns; a terminal that says it has fewer has not said anything */
#define UNKNOWN   "unknown"

void pen_add(struct pen *p, const char *fmt, ...)
{
	char *words = NULL;
	va_list args;

	va_start(args, fmt);
	int length = vasprintf(&words, fmt, args);
	va_end(args);
	REQUIRE(length >= 0);
	text_bytes(&p->text, words, (size_t)length);
	free(words);
}

void pen_foreign(struct pen *p, const char *string)
{
	escape(&p->text, string, p->look.utf8);
}

void pen_mark(struct pen *p, enum mark mark)
{
	static const struct {
		const char *utf8, *ascii, *colour;
	} marks[] = {
		[MARK_GOOD] = {"✓", "ok", "32"},
		[MARK_WARN] = {"⚠", "!!", "33"},
		[MARK_BAD] = {"✗", "xx", "31"},
		[MARK_SAME] = {"=",   "==", "0" },
	};
	const char *sign = p->look.utf8 ? marks[mark].utf8 : marks[mark].ascii;

	if (p->look.colour)
		pen_add(p, "\033[%sm%s\033[0m", marks[mark].colour, sign);
	else
		pen_add(p, "%s", sign);
}

/* How many columns a string takes: its characters, without colours. */
static size_t columns(const char *string)
{
	size_t count = 0;
	bool colour = false;

	for (; *string; string++) {
		if (*string == '\033')
			colour = true;
		else if (colour)
			colour = *string != 'm';
		else if (((unsigned char)*string & 0xc0) != 0x80)
			count++;
	}
	return count;
}

/* Where the pen stands in its line. */
static size_t place(const struct pen *p)
{
	if (!p->text.length)
		return 0;
	const char *line = memrchr(p->text.at, '\n', p->text.length);
	return columns(line ? line + 1 : p->text.at);
}

void pen_to(struct pen *p, size_t column)
{
	size_t at = place(p);

	pen_add(p, "%*s", at < column ? (int)(column - at) : 1, "");
}

void pen_right(struct pen *p, size_t column, const char *word)
{
	size_t length = columns(word);

	pen_to(p, length < column ? column - length : 0);
	pen_add(p, "%s", word);
}

static unsigned width(const struct pen *p)
{
	return p->look.width < NARROWEST ? 0 : p->look.width;
}

void pen_rule(struct pen *p)
{
	unsigned length = width(p) && width(p) < RULE ? width(p) : RULE;

	for (unsigned i = 0; i < length; i++)
		pen_add(p, "=");
	pen_add(p, "\n");
}

void pen_label(struct pen *p, const char *name, size_t column)
{
	pen_add(p, "  %s:", name);
	pen_to(p, column);
}

/* The gap before its first word is a line's end where that word does not fit. */
static void fold(struct pen *p, size_t indent, const char *gap, const char *string)
{
	struct text safe = {0};
	char *rest = NULL;

	escape(&safe, string, p->look.utf8);
	scoped(heap) char *words = text_take(&safe);
	if (!width(p)) {
		pen_add(p, "%s%s", gap, words);
		return;
	}
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (*gap && place(p) + strlen(gap) + columns(word) > width(p)) {
			pen_add(p, "\n%*s", (int)indent, "");
			gap = "";
		}
		pen_add(p, "%s%s", gap, word);
		gap = " ";
	}
}

void pen_sentence(struct pen *p, size_t indent, const char *string)
{
	fold(p, indent, "", string);
}

void pen_more(struct pen *p, size_t indent, const char *gap, const char *string)
{
	fold(p, indent, gap, string);
}

void pen_many(struct pen *p, int64_t count, const char *thing)
{
	pen_add(p, "%" PRId64 " %s%s", count, thing, count == 1 ? "" : "s");
}

void pen_text(struct pen *p, const struct doc *text)
{
	pen_foreign(p, doc_as_text(text, UNKNOWN));
}

void pen_number(struct pen *p, const struct doc *number)
{
	if (doc_is_int(number))
		pen_add(p, "%" PRId64, doc_as_int(number, 0));
	else
		pen_add(p, UNKNOWN);
}

void pen_size(struct pen *p, const struct doc *bytes)
{
	char size[SPAN_TEXT];
	int64_t count;

	pen_add(p, "%s", pen_is_count(bytes, &count) ? span_size(size, (uint64_t)count) : UNKNOWN);
}

void pen_when(struct pen *p, const struct doc *moment)
{
	char words[STAMP_TEXT];
	int64_t when;

	pen_add(p, "%s", pen_is_moment(moment, &when) ? stamp_plain(words, when) : UNKNOWN);
}

void pen_age(struct pen *p, const struct doc *moment)
{
	char words[SPAN_TEXT];
	int64_t when;

	if (!pen_is_moment(moment, &when)) {
		pen_add(p, UNKNOWN);
		return;
	}
	int64_t ms = (p->look.now - when) / 1000;
	span_time(words, (uint64_t)(ms < 0 ? -ms : ms));
	if (strcmp(words, "now") == 0)
		pen_add(p, "now");
	else
		pen_add(p, ms < 0 ? "in %s" : "%s ago", words);
}

void pen_row(
	struct pen *p, size_t column, const char *name, pen_writer *write, const struct doc *value)
{
	pen_label(p, name, column);
	write(p, value);
	pen_add(p, "\n");
}

bool pen_is_count(const struct doc *number, int64_t *count)
{
	*count = doc_as_int(number, -1);
	return *count >= 0;
}

bool pen_is_moment(const struct doc *iso, int64_t *moment)
{
	return stamp_parse_iso(doc_as_text(iso, ""), moment);
}
