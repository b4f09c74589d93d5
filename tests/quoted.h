/* quoted.h - JSON in C without a fence of backslashes: 'x' stands for "x". */
#pragma once

#include "common/doc.h"
#include "common/text.h"

#include <string.h>

static inline char *quoted(const char *json)
{
	char *copy = text_copy(json);

	for (char *c = copy; (c = strchr(c, '\''));)
		*c = '"';
	return copy;
}

static inline struct doc *quoted_doc(const char *json)
{
	char *text = quoted(json);
	struct doc *d;
	struct err e;

	REQUIRE(!doc_parse(&d, text, strlen(text), &e));
	free(text);
	return d;
}
