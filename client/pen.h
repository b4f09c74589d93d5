/* pen.h - writes for somebody's screen: marks, columns, sizes, moments, and nothing of others'
 * that could steer a terminal (escape.h).
 *
 * Start from `struct pen p = {.look = ...}`; text_free() or text_take() its text.  Values come as
 * they are in a reply, and whatever is missing, null or of a wrong type is written `unknown`, so
 * that nobody takes it for good (P11).  Pure.
 */
#pragma once

#include "common/doc.h"
#include "common/text.h"

struct look {
	unsigned width; /* columns of the terminal; 0: there is none, and nothing is wrapped */
	bool utf8, colour;
	bool table;  /* one line for each thing that is shown */
	int64_t now; /* a moment, as stamp.h counts */
};

struct pen {
	struct look look;
	struct text text;
};

enum mark { MARK_GOOD, MARK_WARN, MARK_BAD, MARK_SAME };

void pen_add(struct pen *p, const char *fmt, ...) printf_like(2, 3); /* our own words */
void pen_foreign(struct pen *p, const char *string);                 /* others' words */
void pen_mark(struct pen *p, enum mark mark);

/* Spaces up to a column of this line, at least one. */
void pen_to(struct pen *p, size_t column);
/* `word` so that it ends before the column, at least one space before it. */
void pen_right(struct pen *p, size_t column, const char *word);

void pen_rule(struct pen *p);                                   /* a line of `=` */
void pen_label(struct pen *p, const char *name, size_t column); /* "  Name:", spaces up to there */

/* Others' words, wrapped to the width; the lines that this begins are indented. */
void pen_sentence(struct pen *p, size_t indent, const char *string);

/* The same, to go on with a line: behind the gap, or on the next line. */
void pen_more(struct pen *p, size_t indent, const char *gap, const char *string);

void pen_many(struct pen *p, int64_t count, const char *thing); /* "1 scan", "3 scans" */
void pen_text(struct pen *p, const struct doc *text);
void pen_number(struct pen *p, const struct doc *number);
void pen_size(struct pen *p, const struct doc *bytes);
void pen_when(struct pen *p, const struct doc *moment); /* "2026-11-20 14:30:22 UTC" */
void pen_age(struct pen *p, const struct doc *moment);  /* "3 s ago", "now", "in 40 s" */

/* "  Name:", the value at the column, and the end of the line. */
typedef void pen_writer(struct pen *p, const struct doc *value);
void pen_row(
	struct pen *p, size_t column, const char *name, pen_writer *write, const struct doc *value);

/* What a reply says, false where it does not say it. */
bool pen_is_count(const struct doc *number, int64_t *count); /* an integer from 0 */
bool pen_is_moment(const struct doc *iso, int64_t *moment);
