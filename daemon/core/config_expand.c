#include "daemon/core/config_expand.h"

#include "common/scoped.h"
#include "daemon/core/config_value.h"

#include <string.h>

#define BLANK " \t"

/* Both wipe what they cut off. */
static char *first_line(char *string)
{
	size_t length = strcspn(string, "\r\n");

	explicit_bzero(string + length, strlen(string + length));
	return string;
}

char *config_trim(char *value)
{
	size_t all = strlen(value), skip = strspn(value, BLANK), length = all - skip;

	memmove(value, value + skip, length);
	while (length > 0 && strchr(BLANK, value[length - 1]))
		length--;
	explicit_bzero(value + length, all - length);
	return value;
}

/* As it stands there; a file's last newline is none of it. */
static char *look_up(const struct config_world *world, const char *name)
{
	char *value = world->credential(world->arg, name);

	return value ? first_line(value) : world->variable(world->arg, name);
}

char *config_variable(const struct config_world *world, const char *name)
{
	char *value = look_up(world, name);

	if (value && *config_trim(value))
		return value;
	config_wipe(value);
	return NULL;
}

/* A credential's name is that of a file, and must lead nowhere else. */
static bool name_valid(const char *name, size_t length)
{
	return length > 0 && name[0] != '.' && strspn(name, CONFIG_NAME_CHARS) == length;
}

static void say(struct text *why, const char *words)
{
	text_add(why, "%s%s", why->length ? "; " : "", words);
}

/* Adds the value of the variable whose name `name` is, with `length` bytes. */
static void add_variable(struct text *to, const char *name, size_t length,
	const struct config_world *world, struct text *why)
{
	scoped(heap) char *wanted = strndup(name, length);

	REQUIRE(wanted);
	char *value = look_up(world, wanted);
	if (value) {
		text_bytes(to, value, strlen(value));
	} else {
		struct text words = {0};
		text_add(&words,
			"${%s} is not set: there is neither a credential nor an environment "
			"variable of this name",
			wanted);
		say(why, words.at);
		text_free(&words);
	}
	config_wipe(value);
}

char *config_expand(const char *raw, const struct config_world *world, struct text *why)
{
	struct text value = {0};
	size_t wrong = why->length;
	const char *open;

	while ((open = strstr(raw, "${"))) {
		const char *name = open + 2;
		size_t length = strcspn(name, "}");

		text_bytes(&value, raw, (size_t)(open - raw));
		raw = name + length;
		if (!*raw || !name_valid(name, length)) {
			say(why,
				"a variable is written ${NAME}; names have letters, digits, _, - "
				"and .");
			break;
		}
		raw++;
		add_variable(&value, name, length, world, why);
	}
	text_add(&value, "%s", raw);
	if (why->length == wrong)
		return config_trim(text_take(&value));
	config_wipe(text_take(&value));
	return NULL;
}

char *config_expand_file(const char *raw, const struct config_world *world, struct text *why)
{
	char *path = config_expand(raw, world, why), *value = NULL;
	struct err e = {0};

	if (!path)
		return NULL;
	if (path[0] != '/' || !text_is_plain(path))
		text_add(why, "the name of a file begins with /, without quotes");
	else if (!(value = world->contents(world->arg, path, &e)))
		text_add(why, "%s", e.text);
	free(path);
	return value ? config_trim(first_line(value)) : NULL;
}

bool config_is_reference(const char *raw)
{
	while (strncmp(raw, "${", 2) == 0 && strchr(raw, '}'))
		raw = strchr(raw, '}') + 1;
	return !*raw;
}
