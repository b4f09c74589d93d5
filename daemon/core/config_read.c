#include "daemon/core/config_read.h"

#include "daemon/core/config_expand.h"
#include "daemon/core/config_hint.h"
#include "daemon/core/config_lines.h"

#include <string.h>

/* `here` is NULL before the first section, and in one that is not known: that was told, and its
 * keys are not held against anybody. */
struct reading {
	struct config_said *said;
	struct said_section *here;
	bool lost;
};

/* The section of a heading, or NULL and what is wrong with it. */
static struct said_section *find_section(
	struct config_said *s, const char *heading, struct text *wrong)
{
	for (size_t i = 0; i < s->table->section_count; i++) {
		const struct config_section *kind = &s->table->sections[i];
		size_t length = strlen(kind->name);

		if (strncmp(heading, kind->name, length) != 0)
			continue;
		if (!kind->named && !heading[length])
			return config_said_section(s, kind, "");
		if (!kind->named || heading[length] != ' ')
			continue;
		if (config_name_valid(heading + length + 1))
			return config_said_section(s, kind, heading + length + 1);
		text_add(wrong,
			"a name has 1 to %d letters, digits, dots, underscores and dashes, and no "
			"dot first",
			CONFIG_NAME_MAX);
		return NULL;
	}
	text_add(wrong, "no such section; ");
	config_hint_section(s->table, heading, wrong);
	return NULL;
}

static void take_heading(struct reading *r, const struct config_line *line)
{
	struct text wrong = {0};

	r->here = find_section(r->said, line->section, &wrong);
	r->lost = !r->here;
	if (r->lost)
		config_mistakes_add(
			&r->said->mistakes, line->number, "[%s]: %s", line->section, wrong.at);
	text_free(&wrong);
}

/* The row of `key` in a section, or of KEY_file, where that can be. */
static const struct config_row *find_row(
	const struct config_table *t, const char *section, const char *key, bool *by_file)
{
	const struct config_row *row;

	for (size_t i = 0; (row = config_next(t, section, &i));) {
		size_t length = strlen(row->key);

		if (strncmp(key, row->key, length) != 0)
			continue;
		*by_file = strcmp(key + length, SAID_BY_FILE) == 0;
		if (!key[length] ||
			(*by_file && (row->type == TYPE_TEXT || row->type == TYPE_PATH)))
			return row;
	}
	return NULL;
}

static void take_pair(struct reading *r, const struct config_line *line)
{
	struct config_said *s = r->said;
	char title[SAID_TITLE];
	bool by_file = false;

	config_said_title(title, r->here);
	const struct config_row *row = find_row(s->table, r->here->kind->name, line->key, &by_file);
	if (!row) {
		struct text hint = {0};
		config_hint_key(s->table, r->here->kind->name, line->key, &hint);
		config_mistakes_add(&s->mistakes, line->number, "%s %s: no such key; %s", title,
			line->key, hint.at);
		text_free(&hint);
		return;
	}
	struct said *said = &r->here->keys[row - s->table->rows];
	if (said->raw) {
		config_mistakes_add(&s->mistakes, line->number,
			"%s %s: given before, as %s%s in line %u; keep one of them", title,
			line->key, row->key, said->by_file ? SAID_BY_FILE : "", said->line);
		return;
	}
	*said = (struct said){text_copy(line->value), line->number, NULL, by_file};
	if (row->secret && !row->harmless && !by_file && !config_is_reference(line->value))
		s->holds_secret = true;
}

static void take_line(void *arg, const struct config_line *line)
{
	struct reading *r = arg;

	if (line->wrong) {
		config_mistakes_add(&r->said->mistakes, line->number, "%s", line->wrong);
		if (line->heading)
			*r = (struct reading){.said = r->said, .lost = true};
	} else if (line->section) {
		take_heading(r, line);
	} else if (r->here) {
		take_pair(r, line);
	} else if (!r->lost) {
		config_mistakes_add(&r->said->mistakes, line->number,
			"key %s stands before the first [section]", line->key);
	}
}

void config_read(struct config_said *s, const char *text, size_t length)
{
	struct reading r = {.said = s};

	config_lines(text, length, take_line, &r);
}
