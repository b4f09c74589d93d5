/* fuzz_config.c - any bytes are a configuration or mistakes, and what is one prints as itself. */
#include "daemon/core/config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define LINE_BYTES 199 /* longer ones are printed, and cannot be read again */

/* The world's mood comes from the input's size, so that an input is nothing but a file. */
struct mood {
	bool overrides;
};

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static char *variable(void *arg, const char *name)
{
	const struct mood *mood = arg;
	struct text value = {0};

	if ((begins(name, "CASMAN_") || begins(name, "R2_") || begins(name, "AWS_")) &&
		!mood->overrides)
		return NULL;
	if (strcmp(name, "R2_ENDPOINT") == 0)
		return text_copy("https://endpoint");
	if (begins(name, "R2_") || begins(name, "AWS_"))
		return text_copy("of-the-environment");
	if (strcmp(name, "CASMAN_SYNC_ENABLED") == 0)
		return text_copy("no");
	if (strcmp(name, "CASMAN_SYNC_BACKEND") == 0)
		return text_copy("file");
	if (strlen(name) % 3 == 0)
		return NULL;
	text_add(&value, "/%s", name);
	return text_take(&value);
}

static char *credential(void *arg, const char *name)
{
	(void)arg;
	if (name[0] == 'C')
		return text_copy(" credential \nsecond");
	return name[0] == 'E' ? text_copy("/${X} ;") : NULL;
}

static char *contents(void *arg, const char *path, struct err *e)
{
	(void)arg;
	if (strlen(path) % 2) {
		err_set(e, ERR_MISSING, "no such file");
		return NULL;
	}
	return text_copy(begins(path, "/HOME") ? "[default]\naws_secret_access_key = s" : path);
}

static bool lines_fit(const char *text)
{
	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") > LINE_BYTES)
			return false;
	return true;
}

static void print_and_read_again(const struct config *c, const struct config_world *world)
{
	struct text once = {0}, twice = {0}, mistakes = {0};
	struct config_source from = {"print", NULL, 0, world};
	struct config *again = NULL;
	struct err e;

	config_print(c, &once);
	from.text = once.at;
	from.length = once.length;
	if (lines_fit(once.at)) {
		REQUIRE(config_parse(&again, &from, &mistakes, &e) == ERR_NONE);
		config_print(again, &twice);
		REQUIRE(strcmp(once.at, twice.at) == 0);
	}
	config_free(again);
	text_free(&once);
	text_free(&twice);
	text_free(&mistakes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mood mood = {.overrides = size % 4 == 0}, still = {0};
	const struct config_world world = {variable, credential, contents, &mood};
	const struct config_world again = {variable, credential, contents, &still};
	const struct config_source from = {"fuzz", (const char *)bytes, size, &world};
	struct text mistakes = {0};
	struct config *c;
	struct err e = {0};

	enum err_code code = config_parse(&c, &from, &mistakes, &e);
	REQUIRE(code == ERR_NONE || code == ERR_CONFIG);
	REQUIRE((code == ERR_NONE) == (c != NULL));
	REQUIRE((code == ERR_NONE) == (mistakes.length == 0));
	if (c)
		print_and_read_again(c, &again);
	config_free(c);
	text_free(&mistakes);
	return 0;
}
