/* question.h - a person is shown what would happen, and asked. */
#pragma once

#include "client/pen.h"

/* An error where nobody sits at a terminal. */
enum err_code question_possible(struct err *e) must_check;
/* An error unless the person says yes. */
enum err_code question_put(void (*show)(struct pen *p, const struct doc *would),
	const struct doc *would, const char *words, struct err *e) must_check;
