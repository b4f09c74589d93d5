#include "daemon/core/fields.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fields_add(struct fields *f, const char *name, const char *fmt, ...)
{
	va_list args;

	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 16;
		f->at = reallocarray(f->at, f->room, sizeof(f->at[0]));
		REQUIRE(f->at);
	}
	struct field *added = &f->at[f->count++];
	added->name = text_copy(name);
	va_start(args, fmt);
	REQUIRE(vasprintf(&added->value, fmt, args) >= 0);
	va_end(args);
}

const char *fields_get(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcasecmp(f->at[i].name, name) == 0)
			return f->at[i].value;
	return NULL;
}

void fields_free(struct fields *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->at[i].name);
		explicit_bzero(f->at[i].value, strlen(f->at[i].value));
		free(f->at[i].value);
	}
	free(f->at);
	*f = (struct fields){0};
}
