/* fields.h - names and values in order: the headers of a request, the parameters of a query.  Pure.
 *
 * Start from `struct fields f = {0}`; end with fields_free(), which wipes the values: a session token
 * may be among them.
 */
#pragma once

#include "common/attr.h"

#include <stddef.h>

struct field {
	char *name, *value;
};

struct fields {
	struct field *at;
	size_t count, room;
};

void fields_add(struct fields *f, const char *name, const char *fmt, ...) printf_like(3, 4);
/* The first of that name, whatever its case; NULL: there is none. */
const char *fields_get(const struct fields *f, const char *name);
void fields_free(struct fields *f);
