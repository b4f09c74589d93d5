#include "daemon/core/config_bucket.h"
#include "daemon/core/config_expand.h"
#include "daemon/core/config_read.h"
#include "daemon/core/config_value.h"

#include <string.h>

struct parsing {
	struct config_said said;
	const struct config_world *world;
	struct config *config;
};

/* `words` under the name of the place where the key was said. */
static void complain(struct parsing *p, const struct said_section *section,
	const struct config_row *row, const char *words)
{
	const struct said *said = &section->keys[row - p->said.table->rows];
	char title[SAID_TITLE];

	config_said_title(title, section);
	if (said->variable)
		config_mistakes_add(&p->said.mistakes, NO_LINE, "%s: %s", said->variable, words);
	else
		config_mistakes_add(&p->said.mistakes, said->line, "%s %s%s: %s", title, row->key,
			said->by_file ? SAID_BY_FILE : "", words);
}

/* The value as text, which the caller wipes; NULL if it has none, and why, if something is wrong.
 */
static char *value_of(const struct parsing *p, const struct config_row *row,
	const struct said *said, struct text *why)
{
	if (!said->raw && row->preset_s3 && p->config->backend == BACKEND_S3)
		return text_copy(row->preset_s3);
	if (!said->raw)
		return row->preset ? text_copy(row->preset) : NULL;
	if (said->variable)
		return text_copy(said->raw);
	return said->by_file ? config_expand_file(said->raw, p->world, why)
			     : config_expand(said->raw, p->world, why);
}

/* Credentials that cannot be had make the store unavailable, which is no reason to count nothing.
 * The default for them, which the caller wipes. */
static char *do_without(struct parsing *p, const struct said_section *section,
	const struct config_row *row, struct text *why)
{
	const struct said *said = &section->keys[row - p->said.table->rows];
	char title[SAID_TITLE];

	config_said_title(title, section);
	text_add(&p->said.warnings, "%s:%u: %s %s%s: %s\n", p->said.mistakes.file, said->line,
		title, row->key, said->by_file ? SAID_BY_FILE : "", why->at);
	text_free(why);
	return text_copy(row->preset);
}

/* Sets the members of one section.  What is said in one that is not in use counts for nothing. */
static void settle(struct parsing *p, const struct said_section *section, void *base)
{
	static const struct said nothing = {0};
	bool used = section->kind->backends & (1U << p->config->backend);
	const struct config_row *row;
	char title[SAID_TITLE];

	config_said_title(title, section);
	for (size_t i = 0; (row = config_next(p->said.table, section->kind->name, &i));) {
		const struct said *said = used ? &section->keys[i - 1] : &nothing;
		struct text why = {0};
		char *value = value_of(p, row, said, &why);
		if (!value && why.length && row->may_lack)
			value = do_without(p, section, row, &why);
		bool right = value && config_value_read(row, value, base, &why);

		if (!right && why.length)
			complain(p, section, row, why.at);
		else if (!right && used)
			config_mistakes_add(&p->said.mistakes, NO_LINE, "%s: %s %s is missing",
				p->said.mistakes.file, title, row->key);
		config_wipe(value);
		text_free(&why);
	}
}

/* Two names for one file would each take its scans and push out each other's versions. */
static void refuse_twin(
	struct parsing *p, const struct said_section *section, const struct config_database *d)
{
	struct text words = {0};

	for (const struct config_database *o = p->config->databases; o < d && d->path; o++) {
		if (!o->path || strcmp(o->path, d->path) != 0)
			continue;
		text_add(&words, "[database %s] has the same file; each file is given once",
			o->name);
		complain(p, section, config_row(p->said.table, "database", "path"), words.at);
		break;
	}
	text_free(&words);
}

/* In the order of the table [sync] comes before the sections that its backend puts in use. */
static void settle_all(struct parsing *p)
{
	struct config *c = p->config;
	size_t named = 0;

	for (const struct said_section *s = p->said.first; s; s = s->next)
		named += s->kind->named;
	c->databases = text_room(named, sizeof(*c->databases));
	for (const struct said_section *s = p->said.first; s; s = s->next) {
		if (!s->kind->named) {
			settle(p, s, c);
			continue;
		}
		struct config_database *d = &c->databases[c->database_count++];
		REQUIRE(text_fit(d->name, sizeof(d->name), s->name));
		settle(p, s, d);
		refuse_twin(p, s, d);
	}
	if (named == 0)
		config_mistakes_add(&p->said.mistakes, NO_LINE,
			"%s: there is no database to protect; name at least one, as [database "
			"parts.db] with its path",
			p->said.mistakes.file);
}

/* What came of it all: a configuration, or mistakes. */
static enum err_code hand_over(
	struct parsing *p, struct config **out, struct text *mistakes, struct err *e)
{
	const struct config_mistakes *m = &p->said.mistakes;

	if (m->count > 0) {
		for (size_t i = 0; i < m->count; i++)
			text_add(mistakes, "%s\n", m->at[i].text);
		config_free(p->config);
		*out = NULL;
		return err_set(e, ERR_CONFIG, "%s", m->at[0].text);
	}
	*out = p->config;
	(*out)->holds_secret = p->said.holds_secret;
	(*out)->warnings = p->said.warnings;
	text_bytes(&(*out)->warnings, "", 0);
	p->said.warnings = (struct text){0};
	return ERR_NONE;
}

enum err_code config_parse_by(const struct config_table *table, struct config **out,
	const struct config_source *from, struct text *mistakes, struct err *e)
{
	struct parsing p = {.world = from->world, .config = text_room(1, sizeof(*p.config))};

	config_said_open(&p.said, table, from->file);
	config_read(&p.said, from->text, from->length);
	config_said_override(&p.said, from->world);
	settle_all(&p);
	if (p.said.mistakes.count == 0)
		config_bucket_fill(p.config, p.world, &p.said.warnings);
	enum err_code code = hand_over(&p, out, mistakes, e);
	config_said_free(&p.said);
	return code;
}

enum err_code config_parse(
	struct config **out, const struct config_source *from, struct text *mistakes, struct err *e)
{
	return config_parse_by(&config_table, out, from, mistakes, e);
}

void config_free(struct config *c)
{
	const struct config_table *t = &config_table;

	if (!c)
		return;
	for (const struct config_row *row = t->rows; row < t->rows + t->row_count; row++) {
		if (strcmp(row->section, "database") != 0)
			config_value_free(row, c);
		else
			for (size_t i = 0; i < c->database_count; i++)
				config_value_free(row, &c->databases[i]);
	}
	free(c->databases);
	text_free(&c->warnings);
	free(c);
}

const struct config_database *config_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->database_count; i++)
		if (strcmp(c->databases[i].name, name) == 0)
			return &c->databases[i];
	return NULL;
}
