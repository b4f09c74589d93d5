#include "client/show.h"

#include <string.h>

#define MENDS 6 /* columns before the further lines of a mend */
#define MARKS 3 /* columns of a mark and its space, also of an ASCII one */

static enum mark mark_of(const struct doc *finding)
{
	const char *grade = doc_as_text(doc_get(finding, "grade"), "");

	if (strcmp(grade, "well") == 0)
		return MARK_GOOD;
	return strcmp(grade, "odd") == 0 ? MARK_WARN : MARK_BAD;
}

static size_t count(const struct doc *list, enum mark mark)
{
	size_t n = 0;

	for (size_t i = 0; i < doc_length(list); i++)
		n += mark_of(doc_at(list, i)) == mark;
	return n;
}

static void one(struct pen *p, const struct doc *finding)
{
	const struct doc *mend = doc_get(finding, "mend");

	pen_mark(p, mark_of(finding));
	pen_to(p, MARKS);
	pen_text(p, doc_get(finding, "topic"));
	pen_add(p, ": ");
	pen_sentence(p, MARKS, doc_as_text(doc_get(finding, "text"), "unknown"));
	pen_add(p, "\n");
	if (!doc_is_text(mend))
		return;
	pen_to(p, MARKS);
	pen_add(p, "Mend: ");
	pen_sentence(p, MENDS, doc_as_text(mend, ""));
	pen_add(p, "\n");
}

void show_doctor(struct pen *p, const struct doc *result)
{
	const struct doc *list = doc_get(result, "findings");
	size_t wrong = count(list, MARK_BAD), odd = count(list, MARK_WARN);

	for (size_t i = 0; i < doc_length(list); i++)
		one(p, doc_at(list, i));
	if (doc_length(list) == 0)
		pen_add(p, "unknown\n");
	else if (wrong || odd)
		pen_add(p, "\n%zu wrong, %zu to look at\n", wrong, odd);
	else
		pen_add(p, "\nAll is well\n");
}
