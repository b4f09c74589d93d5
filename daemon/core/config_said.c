#include "daemon/core/config_said.h"

#include "common/scoped.h"
#include "daemon/core/config_expand.h"
#include "daemon/core/config_value.h"

#include <stdio.h>
#include <string.h>

/* What the Python client's variables stand for; a later row wins. */
static const struct {
	const char *variable, *section, *name, *key;
	bool folder; /* the value is the folder of the file `name` */
} overrides[] = {
	{"CASMAN_SYNC_ENABLED", "sync",     "",                  "enabled", false},
	{"CASMAN_SYNC_BACKEND", "sync",     "",                  "backend", false},
	{"CASMAN_DATABASE_DIR", "database", "parts.db",          "path",    true },
	{"CASMAN_DATABASE_DIR", "database", "assembled_casm.db", "path",    true },
	{"CASMAN_PARTS_DB",     "database", "parts.db",          "path",    false},
	{"CASMAN_ASSEMBLED_DB", "database", "assembled_casm.db", "path",    false},
};

void config_said_open(struct config_said *s, const struct config_table *table, const char *file)
{
	*s = (struct config_said){.table = table, .mistakes.file = file};
	for (size_t i = 0; i < table->section_count; i++)
		if (!table->sections[i].named)
			config_said_section(s, &table->sections[i], "");
}

void config_said_free(struct config_said *s)
{
	while (s->first) {
		struct said_section *section = s->first;

		s->first = section->next;
		for (size_t i = 0; i < s->table->row_count; i++)
			config_wipe(section->keys[i].raw);
		free(section->keys);
		free(section);
	}
	config_mistakes_free(&s->mistakes);
	text_free(&s->warnings);
}

struct said_section *config_said_section(
	struct config_said *s, const struct config_section *kind, const char *name)
{
	struct said_section **at = &s->first;

	for (; *at; at = &(*at)->next)
		if ((*at)->kind == kind && strcmp((*at)->name, name) == 0)
			return *at;
	*at = text_room(1, sizeof(**at));
	(*at)->kind = kind;
	REQUIRE(text_fit((*at)->name, sizeof((*at)->name), name));
	(*at)->keys = text_room(s->table->row_count, sizeof(struct said));
	return *at;
}

/* Where the file says this key, or could; NULL if it has no such section. */
static struct said *find(
	const struct config_said *s, const char *section, const char *name, const char *key)
{
	for (struct said_section *at = s->first; at; at = at->next)
		if (strcmp(at->kind->name, section) == 0 && strcmp(at->name, name) == 0)
			return &at->keys[config_row(s->table, section, key) - s->table->rows];
	return NULL;
}

/* An empty variable is none. */
void config_said_override(struct config_said *s, const struct config_world *world)
{
	for (size_t i = 0; i < LENGTH(overrides); i++) {
		struct said *said =
			find(s, overrides[i].section, overrides[i].name, overrides[i].key);
		scoped(heap) char *value = world->variable(world->arg, overrides[i].variable);

		if (!value || !*config_trim(value))
			continue;
		if (!said) {
			text_add(&s->warnings, "%s is set, but there is no [%s %s]\n",
				overrides[i].variable, overrides[i].section, overrides[i].name);
			continue;
		}
		struct text raw = {0};
		text_add(&raw, "%s", value);
		if (overrides[i].folder)
			text_add(&raw, "%s%s", raw.at[raw.length - 1] == '/' ? "" : "/",
				overrides[i].name);
		config_wipe(said->raw);
		*said = (struct said){text_take(&raw), 0, overrides[i].variable, false};
	}
}

const char *config_said_title(char to[SAID_TITLE], const struct said_section *section)
{
	(void)snprintf(to, SAID_TITLE, "[%s%s%s]", section->kind->name,
		section->kind->named ? " " : "", section->name);
	return to;
}
