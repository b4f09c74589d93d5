#include "daemon/core/config_said.h"

#include "common/scoped.h"
#include "daemon/core/config_expand.h"
#include "daemon/core/config_value.h"

#include <stdio.h>
#include <string.h>

/* What the variables stand for that the Python client and AWS's tools know; a later row wins. */
/* clang-format off */
static const struct override {
	const char *variable, *section, *name, *key;
	bool folder;      /* the value is the folder of the file `name` */
	const char *with; /* counts if this one is set, and is then empty where it is not set */
} overrides[] = {
	{"CASMAN_SYNC_ENABLED", "sync", "", "enabled", false, NULL},
	{"CASMAN_SYNC_BACKEND", "sync", "", "backend", false, NULL},
	{"CASMAN_DATABASE_DIR", "database", "parts.db", "path", true, NULL},
	{"CASMAN_DATABASE_DIR", "database", "assembled_casm.db", "path", true, NULL},
	{"CASMAN_PARTS_DB", "database", "parts.db", "path", false, NULL},
	{"CASMAN_ASSEMBLED_DB", "database", "assembled_casm.db", "path", false, NULL},
	{"R2_ACCOUNT_ID", "r2", "", "account_id", false, NULL},
	{"R2_ACCESS_KEY_ID", "r2", "", "access_key_id", false, NULL},
	{"R2_SECRET_ACCESS_KEY", "r2", "", "secret_access_key", false, NULL},
	{"R2_SESSION_TOKEN", "r2", "", "session_token", false, "R2_ACCESS_KEY_ID"},
	{"R2_BUCKET_NAME", "r2", "", "bucket_name", false, NULL},
	{"R2_ENDPOINT", "r2", "", "endpoint", false, NULL},
	{"AWS_ACCESS_KEY_ID", "s3", "", "access_key_id", false, NULL},
	{"AWS_SECRET_ACCESS_KEY", "s3", "", "secret_access_key", false, NULL},
	{"AWS_SESSION_TOKEN", "s3", "", "session_token", false, "AWS_ACCESS_KEY_ID"},
	{"AWS_DEFAULT_REGION", "s3", "", "region", false, NULL},
	{"AWS_REGION", "s3", "", "region", false, NULL},
};
/* clang-format on */

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

/* What the row has to say, or NULL; the caller wipes it. */
static char *override_of(const struct override *o, const struct config_world *world)
{
	char *value = config_variable(world, o->variable);

	if (o->with) {
		char *with = config_variable(world, o->with);

		if (!with) {
			config_wipe(value);
			value = NULL;
		} else if (!value) {
			value = text_copy("");
		}
		config_wipe(with);
	} else if (value && o->folder) {
		struct text path = {0};

		text_add(&path, "%s%s%s", value, value[strlen(value) - 1] == '/' ? "" : "/",
			o->name);
		free(value);
		value = text_take(&path);
	}
	return value;
}

void config_said_override(struct config_said *s, const struct config_world *world)
{
	for (const struct override *o = overrides; o < overrides + LENGTH(overrides); o++) {
		struct said *said = find(s, o->section, o->name, o->key);
		char *value = override_of(o, world);

		if (value && said) {
			config_wipe(said->raw);
			*said = (struct said){value, 0, o->variable, false};
		} else if (value) {
			text_add(&s->warnings, "%s is set, but there is no [%s %s]\n", o->variable,
				o->section, o->name);
			free(value);
		}
	}
}

const char *config_said_title(char to[SAID_TITLE], const struct said_section *section)
{
	(void)snprintf(to, SAID_TITLE, "[%s%s%s]", section->kind->name,
		section->kind->named ? " " : "", section->name);
	return to;
}
