#include "common/doc.h"

#include "common/text.h"

#include <jansson.h>
#include <string.h>

#define DEPTH 64 /* a request or metadata has 3 levels */

/* `struct doc` is never defined: it is jansson's own type under our name. */
static json_t *theirs(const struct doc *d)
{
	const union {
		const struct doc *ours;
		json_t *theirs;
	} both = {.ours = d}; /* jansson's readers take no const */

	return both.theirs;
}

static struct doc *ours(json_t *j)
{
	return (struct doc *)(void *)j;
}

static json_t *made(json_t *j)
{
	REQUIRE(j);
	return j;
}

/* jansson itself goes down 2,048 levels, which is more stack than a pool thread should risk. */
static size_t depth_of(const char *text, size_t length)
{
	size_t depth = 0, deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			deepest = ++depth > deepest ? depth : deepest;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return deepest;
}

enum err_code doc_parse(struct doc **out, const char *text, size_t length, struct err *e)
{
	json_error_t wrong;

	*out = NULL;
	if (depth_of(text, length) > DEPTH)
		return err_set(e, ERR_PROTO, "JSON nested deeper than %d levels", DEPTH);
	json_t *j = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &wrong);
	if (!j)
		return err_set(e, ERR_PROTO, "no JSON at byte %d: %s", wrong.position, wrong.text);
	*out = ours(j);
	return ERR_NONE;
}

static char *dump(const struct doc *d, size_t flags)
{
	char *text = json_dumps(theirs(d), flags | JSON_ENCODE_ANY);

	REQUIRE(text);
	return text;
}

char *doc_text(const struct doc *d)
{
	return dump(d, JSON_COMPACT);
}

char *doc_pretty(const struct doc *d)
{
	return dump(d, JSON_INDENT(2));
}

void doc_free(struct doc *d)
{
	json_decref(theirs(d));
}

struct doc *doc_object(void)
{
	return ours(made(json_object()));
}

struct doc *doc_array(void)
{
	return ours(made(json_array()));
}

struct doc *doc_copy(const struct doc *d)
{
	return ours(made(json_deep_copy(theirs(d))));
}

void doc_put(struct doc *object, const char *name, struct doc *value)
{
	REQUIRE(json_object_set_new(theirs(object), name, theirs(value)) == 0);
}

/* File names and SQLite's messages may hold any bytes. */
static json_t *text_value(const char *text)
{
	json_t *j = text ? json_string(text) : json_null();

	if (j)
		return j;
	char *cleaned = text_copy(text);
	for (char *c = cleaned; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	j = made(json_string(cleaned));
	free(cleaned);
	return j;
}

void doc_put_text(struct doc *object, const char *name, const char *text)
{
	doc_put(object, name, ours(text_value(text)));
}

void doc_put_int(struct doc *object, const char *name, int64_t value)
{
	doc_put(object, name, ours(made(json_integer(value))));
}

void doc_put_real(struct doc *object, const char *name, double value)
{
	doc_put(object, name, ours(made(json_real(value))));
}

void doc_put_bool(struct doc *object, const char *name, bool value)
{
	doc_put(object, name, ours(json_boolean(value)));
}

void doc_put_null(struct doc *object, const char *name)
{
	doc_put(object, name, ours(json_null()));
}

void doc_add(struct doc *array, struct doc *value)
{
	REQUIRE(json_array_append_new(theirs(array), theirs(value)) == 0);
}

void doc_add_text(struct doc *array, const char *text)
{
	doc_add(array, ours(text_value(text)));
}

bool doc_is_object(const struct doc *d)
{
	return json_is_object(theirs(d));
}

bool doc_is_array(const struct doc *d)
{
	return json_is_array(theirs(d));
}

bool doc_is_text(const struct doc *d)
{
	return json_is_string(theirs(d));
}

bool doc_is_int(const struct doc *d)
{
	return json_is_integer(theirs(d));
}

bool doc_is_number(const struct doc *d)
{
	return json_is_number(theirs(d));
}

bool doc_is_bool(const struct doc *d)
{
	return json_is_boolean(theirs(d));
}

bool doc_is_null(const struct doc *d)
{
	return json_is_null(theirs(d));
}

struct doc *doc_get(const struct doc *object, const char *name)
{
	return ours(json_object_get(theirs(object), name));
}

size_t doc_length(const struct doc *d)
{
	return doc_is_object(d) ? json_object_size(theirs(d)) : json_array_size(theirs(d));
}

struct doc *doc_at(const struct doc *array, size_t i)
{
	return ours(json_array_get(theirs(array), i));
}

bool doc_member(const struct doc *object, size_t i, const char **name, struct doc **value)
{
	void *at = json_object_iter(theirs(object));

	while (at && i-- > 0)
		at = json_object_iter_next(theirs(object), at);
	if (!at)
		return false;
	*name = json_object_iter_key(at);
	*value = ours(json_object_iter_value(at));
	return true;
}

const char *doc_as_text(const struct doc *d, const char *otherwise)
{
	return doc_is_text(d) ? json_string_value(theirs(d)) : otherwise;
}

int64_t doc_as_int(const struct doc *d, int64_t otherwise)
{
	return doc_is_int(d) ? json_integer_value(theirs(d)) : otherwise;
}

double doc_as_real(const struct doc *d, double otherwise)
{
	return doc_is_number(d) ? json_number_value(theirs(d)) : otherwise;
}

bool doc_as_bool(const struct doc *d, bool otherwise)
{
	return doc_is_bool(d) ? json_boolean_value(theirs(d)) : otherwise;
}
