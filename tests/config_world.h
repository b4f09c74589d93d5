/* config_world.h - a made-up environment for the tests of the configuration. */
#pragma once

#include "daemon/core/config_keys.h"

#include <string.h>

struct fact {
	const char *name, *value;
};

/* Each list ends with a row of NULLs. */
struct facts {
	struct fact variables[12], credentials[4], files[4];
};

static inline char *value_of(const struct fact *facts, const char *name)
{
	for (; facts->name; facts++)
		if (strcmp(facts->name, name) == 0)
			return text_copy(facts->value);
	return NULL;
}

static inline char *variable(void *arg, const char *name)
{
	return value_of(((struct facts *)arg)->variables, name);
}

static inline char *credential(void *arg, const char *name)
{
	return value_of(((struct facts *)arg)->credentials, name);
}

static inline char *contents(void *arg, const char *path, struct err *e)
{
	char *value = value_of(((struct facts *)arg)->files, path);

	if (!value)
		err_set(e, ERR_MISSING, "open %s: No such file or directory", path);
	return value;
}

/* NULL, and all mistakes, or the configuration. */
static inline struct config *parse_by(const struct config_table *table, const char *text,
	size_t length, struct facts *facts, struct text *mistakes)
{
	const struct config_world world = {variable, credential, contents, facts};
	const struct config_source from = {"casmand.conf", text, length, &world};
	struct config *c;
	struct err e = {0};

	enum err_code code = config_parse_by(table, &c, &from, mistakes, &e);
	assert_int_equal(code, e.code);
	assert_int_equal(code, c ? ERR_NONE : ERR_CONFIG);
	if (!c) { /* the error is the first of the mistakes */
		assert_int_equal(strncmp(mistakes->at, e.text, strlen(e.text)), 0);
		assert_int_equal(mistakes->at[strlen(e.text)], '\n');
	}
	return c;
}

static inline struct config *parse(const char *text, struct facts *facts, struct text *mistakes)
{
	return parse_by(&config_table, text, strlen(text), facts, mistakes);
}

/* What has to be right; the caller frees it. */
static inline struct config *parse_well(const char *text, struct facts *facts)
{
	struct text mistakes = {0};
	struct config *c = parse(text, facts, &mistakes);

	if (!c)
		fail_msg("%s", mistakes.at);
	text_free(&mistakes);
	return c;
}

static inline char *printed(const struct config *c)
{
	struct text print = {0};

	config_print(c, &print);
	return text_take(&print);
}
