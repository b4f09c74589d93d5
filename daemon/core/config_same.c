#include "daemon/core/config_value.h"

#include <string.h>

/* The values themselves, of which nothing is copied that may be a secret. */
static bool same_value(const struct config_row *row, const void *a, const void *b)
{
	struct text one = {0}, other = {0};
	const char *left, *right;

	if (row->type == TYPE_TEXT || row->type == TYPE_PATH) {
		memcpy(&left, (const char *)a + row->offset, sizeof(left));
		memcpy(&right, (const char *)b + row->offset, sizeof(right));
		return strcmp(left, right) == 0;
	}
	config_value_show(row, a, &one);
	config_value_show(row, b, &other);
	bool same = strcmp(one.at, other.at) == 0;
	text_free(&one);
	text_free(&other);
	return same;
}

static bool same_keys(const char *section, const void *a, const void *b)
{
	const struct config_row *row;

	for (size_t i = 0; (row = config_next(&config_table, section, &i));)
		if (!same_value(row, a, b))
			return false;
	return true;
}

static bool same_databases(const char *section, const struct config *a, const struct config *b)
{
	if (a->database_count != b->database_count)
		return false;
	for (size_t i = 0; i < a->database_count; i++)
		if (strcmp(a->databases[i].name, b->databases[i].name) != 0 ||
			!same_keys(section, &a->databases[i], &b->databases[i]))
			return false;
	return true;
}

bool config_same(const struct config *a, const struct config *b)
{
	for (size_t s = 0; s < config_table.section_count; s++) {
		const struct config_section *section = &config_table.sections[s];

		if (a->backend != b->backend || !(section->backends & (1U << a->backend)))
			continue;
		if (section->named ? !same_databases(section->name, a, b)
				   : !same_keys(section->name, a, b))
			return false;
	}
	return a->backend == b->backend;
}
