#include "daemon/core/config_value.h"

static void print_keys(
	const struct config_table *table, const char *section, const void *base, struct text *out)
{
	const struct config_row *row;

	for (size_t i = 0; (row = config_next(table, section, &i));) {
		struct text value = {0};

		config_value_show(row, base, &value);
		text_add(out, value.length ? "%s = %s\n" : "%s =%s\n", row->key, value.at);
		text_free(&value);
	}
}

void config_print_by(const struct config_table *table, const struct config *c, struct text *out)
{
	for (size_t s = 0; s < table->section_count; s++) {
		const struct config_section *section = &table->sections[s];

		if (!(section->backends & (1U << c->backend)))
			continue;
		if (!section->named) {
			text_add(out, "%s[%s]\n", s ? "\n" : "", section->name);
			print_keys(table, section->name, c, out);
		}
		for (size_t i = 0; section->named && i < c->database_count; i++) {
			text_add(out, "\n[%s %s]\n", section->name, c->databases[i].name);
			print_keys(table, section->name, &c->databases[i], out);
		}
	}
}

void config_print(const struct config *c, struct text *out)
{
	config_print_by(&config_table, c, out);
}
