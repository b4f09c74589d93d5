#include "daemon/core/findings.h"

#include <stdarg.h>
#include <stdio.h>

#define TOPIC 18 /* columns of a topic */

static const struct {
	const char *name, *utf8, *ascii;
} grades[] = {
	[FINDING_WELL] = {"well",  "✓", "ok"},
	[FINDING_ODD] = {"odd",   "⚠", "!!"},
	[FINDING_WRONG] = {"wrong", "✗", "xx"},
};

static char *words_of(const char *fmt, va_list args) printf_like(1, 0);
static char *words_of(const char *fmt, va_list args)
{
	char *words = NULL;

	REQUIRE(vasprintf(&words, fmt, args) >= 0);
	return words;
}

void finding_add(
	struct findings *f, enum finding_grade grade, const char *topic, const char *fmt, ...)
{
	va_list args;

	f->list = reallocarray(f->list, f->count + 1, sizeof(*f->list));
	REQUIRE(f->list);
	va_start(args, fmt);
	f->list[f->count++] = (struct finding){
		.grade = grade, .topic = text_copy(topic), .words = words_of(fmt, args)};
	va_end(args);
}

void finding_mend(struct findings *f, const char *fmt, ...)
{
	va_list args;

	REQUIRE(f->count && !f->list[f->count - 1].mend);
	va_start(args, fmt);
	f->list[f->count - 1].mend = words_of(fmt, args);
	va_end(args);
}

size_t findings_count(const struct findings *f, enum finding_grade grade)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->list[i].grade == grade;
	return count;
}

struct doc *findings_doc(const struct findings *f)
{
	struct doc *whole = doc_object(), *list = doc_array();

	for (size_t i = 0; i < f->count; i++) {
		struct doc *d = doc_object();

		doc_put_text(d, "grade", grades[f->list[i].grade].name);
		doc_put_text(d, "topic", f->list[i].topic);
		doc_put_text(d, "text", f->list[i].words);
		doc_put_text(d, "mend", f->list[i].mend);
		doc_add(list, d);
	}
	doc_put(whole, "findings", list);
	return whole;
}

/* Paths may hold anything, and a terminal obeys what it is sent. */
static void add_safe(struct text *to, const char *words)
{
	for (; *words; words++)
		text_add(to, "%c", (unsigned char)*words < 0x20 || *words == 0x7f ? '?' : *words);
}

void findings_text(const struct findings *f, bool utf8, struct text *to)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct finding *one = &f->list[i];
		const char *mark = utf8 ? grades[one->grade].utf8 : grades[one->grade].ascii;

		text_add(to, "%s %-*s ", mark, TOPIC, one->topic);
		add_safe(to, one->words);
		text_add(to, "\n");
		if (!one->mend)
			continue;
		text_add(to, "%*sMend: ", utf8 ? 2 : 3, "");
		add_safe(to, one->mend);
		text_add(to, "\n");
	}
}

void findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].topic);
		free(f->list[i].words);
		free(f->list[i].mend);
	}
	free(f->list);
	*f = (struct findings){0};
}
