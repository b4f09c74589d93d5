/* config_lines.h - bytes -> [section] and key = value, line by line.
 *
 * The only module that knows inih.  Nothing is passed on that inih would cut, and nothing is
 * dropped without a word.
 */
#pragma once

#include "common/text.h"

/* One line of interest; empty lines and comments are none.  What it points to lives for the call.
 */
struct config_line {
	unsigned number;
	bool heading;            /* a [section], or meant to be one */
	const char *section;     /* its name */
	const char *key, *value; /* of key = value */
	const char *wrong;       /* why it is neither; the others are NULL */
};

void config_lines(const char *text, size_t length,
	void (*tell)(void *arg, const struct config_line *line), void *arg);
