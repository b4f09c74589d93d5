/* config_mistakes.h - what is wrong with a configuration, in the order of its lines. */
#pragma once

#include "common/text.h"

#include <limits.h>

#define NO_LINE UINT_MAX /* of mistakes that no line made; they come last */

struct config_mistake {
	unsigned line;
	char *text;
};

struct config_mistakes {
	const char *file;
	struct config_mistake *at;
	size_t count, room;
};

/* "FILE:LINE: " and the words; NO_LINE: the words alone. */
void config_mistakes_add(struct config_mistakes *m, unsigned line, const char *fmt, ...)
	printf_like(3, 4);
void config_mistakes_free(struct config_mistakes *m);
