/* findings.h - what the doctor found, and how it is told.  Pure.
 *
 * Each finding has a grade, a topic ("clock", "parts.db"), a sentence, and unless all is well the
 * command that mends it (or what else to do).  They are told in the order in which they came.
 */
#pragma once

#include "common/doc.h"
#include "common/text.h"

enum finding_grade {
	FINDING_WELL,
	FINDING_ODD,   /* goes well for now */
	FINDING_WRONG, /* something does not work */
};

struct finding {
	enum finding_grade grade;
	char *topic, *words;
	char *mend; /* NULL: nothing to mend */
};

struct findings { /* {0} is none yet */
	struct finding *list;
	size_t count;
};

void finding_add(struct findings *f, enum finding_grade grade, const char *topic, const char *fmt,
	...) printf_like(4, 5);
void finding_mend(struct findings *f, const char *fmt, ...) printf_like(2, 3); /* of the last */

size_t findings_count(const struct findings *f, enum finding_grade grade);

/* {"findings": [{"grade": "well" | "odd" | "wrong", "topic", "text", "mend"}]} */
struct doc *findings_doc(const struct findings *f);
/* As lines for a person; marks are ASCII where the screen is not UTF-8. */
void findings_text(const struct findings *f, bool utf8, struct text *to);

void findings_free(struct findings *f);
