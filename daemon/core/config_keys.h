/* config_keys.h - the table of keys: one row is parser, limits, help, print and man-page check.
 *
 * Inside the configuration only.  A new key is a row here and a member in config.h; a new section
 * is a row in `sections` besides.
 */
#pragma once

#include "daemon/core/config.h"

/* What the names of databases and of variables are made of. */
#define CONFIG_NAME_CHARS                                                                          \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                                     \
	"0123456789._-"

enum config_type {
	TYPE_TEXT,
	TYPE_PATH,
	TYPE_BOOL,
	TYPE_UNSIGNED,
	TYPE_SIZE,
	TYPE_REAL,
	TYPE_WORD
};

struct config_section {
	const char *name;
	bool named;        /* [name NAME], any number of times, into struct config_database */
	unsigned backends; /* in use with these: bits 1 << enum config_backend */
};

struct config_row {
	const char *section, *key;
	enum config_type type;
	bool secret;              /* never shown, never quoted in a mistake */
	bool harmless;            /* a secret that alone opens nothing: it may stand in the file */
	bool may_lack;            /* cannot be had from elsewhere: a warning, and there is none */
	bool optional;            /* a path that may be empty */
	bool of_bucket;           /* as s3bucket.h or sigv4.h wants it, where it is given */
	size_t offset;            /* of the member in struct config or config_database */
	const char *preset;       /* the default as one would write it; NULL: has to be given */
	double least, most;       /* numbers: the range; texts and paths: at most so many bytes */
	const char *const *words; /* TYPE_WORD: of the member's values 0, 1, ...; NULL ends them */
	const char *help;
	const char *preset_s3; /* `preset` with backend = s3; NULL: the same */
};

struct config_table {
	const struct config_section *sections;
	size_t section_count;
	const struct config_row *rows;
	size_t row_count;
};

extern const struct config_table config_table;

/* The i-th row of the section at or after *i, which is moved behind it; NULL past the last:
 *     for (size_t i = 0; (row = config_next(table, "sync", &i));) */
const struct config_row *config_next(
	const struct config_table *table, const char *section, size_t *i);

/* The row of a key, or NULL. */
const struct config_row *config_row(
	const struct config_table *table, const char *section, const char *key);

/* config_parse() and config_print() by another table, for tests of what its flags do. */
enum err_code config_parse_by(const struct config_table *table, struct config **out,
	const struct config_source *from, struct text *mistakes, struct err *e) must_check;
void config_print_by(const struct config_table *table, const struct config *c, struct text *out);
