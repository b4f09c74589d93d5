/* config_said.h - what the file and the environment say, key by key, not yet what it means.
 *
 * The sections that are there once stand first, in the order of the table, then the named ones in
 * that of the file.
 */
#pragma once

#include "daemon/core/config_keys.h"
#include "daemon/core/config_mistakes.h"

#define SAID_BY_FILE "_file" /* ends a key whose value stands in a file of its own */

struct said {
	char *raw;            /* NULL: nothing was said of this key */
	unsigned line;        /* of the file */
	const char *variable; /* said by this one of the environment instead; or NULL */
	bool by_file;         /* as KEY_file: raw is the name of the file with the value */
};

struct said_section {
	const struct config_section *kind;
	char name[CONFIG_NAME_MAX + 1]; /* of the database; "" if the section has none */
	struct said *keys;              /* one for each row of the table */
	struct said_section *next;
};

struct config_said {
	const struct config_table *table;
	struct said_section *first;
	struct config_mistakes mistakes;
	struct text warnings;
	bool holds_secret; /* does one stand literally in the file? */
};

void config_said_open(struct config_said *s, const struct config_table *table, const char *file);
void config_said_free(struct config_said *s); /* wipes what it held */

/* The section of that kind and name, which is added if it is not there. */
struct said_section *config_said_section(
	struct config_said *s, const struct config_section *kind, const char *name);

/* Lets the variables of the environment have the last word. */
void config_said_override(struct config_said *s, const struct config_world *world);

/* "[sync]", "[database parts.db]": how messages call it. */
#define SAID_TITLE (CONFIG_NAME_MAX + 16)
const char *config_said_title(char to[SAID_TITLE], const struct said_section *section);
