#include "common/text.h"
#include "daemon/core/version.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SEQUENCE_MAX ((uint64_t)INT64_MAX) /* what SQLite can hold */
#define HEX_DIGITS   "0123456789abcdef"

static_assert(VERSION_TAG_ROOM == VERSION_PAST * (VERSION_ID + sizeof(",18446744073709551615")) + 1,
	"a full past: `,machine:sequence` each");

static void put(struct version_tag *tag, const char *name, const char *value)
{
	tag->name = name;
	REQUIRE(text_fit(tag->value, sizeof(tag->value), value));
}

static void put_list(struct version_tag *tag, const char *name, struct text *list)
{
	put(tag, name, list->length ? list->at : "");
	text_free(list);
}

static void put_ids(
	struct version_tag *tag, const char *name, const char (*ids)[VERSION_ID + 1], size_t count)
{
	struct text list = {0};

	for (size_t i = 0; i < count; i++)
		text_add(&list, "%s%s", i ? "," : "", ids[i]);
	put_list(tag, name, &list);
}

static void put_past(struct version_tag *tag, const struct version *v)
{
	struct text list = {0};

	for (size_t i = 0; i < v->past_count; i++)
		text_add(&list, "%s%s:%" PRIu64, i ? "," : "", v->past[i].machine,
			v->past[i].sequence);
	put_list(tag, "past", &list);
}

/* A header's value has no blanks at its ends, and is no place for other alphabets. */
static bool fits_header(char c)
{
	return c > ' ' && c <= '~';
}

static void put_host(struct version_tag *tag, const char *host)
{
	put(tag, "host", host);
	for (char *c = tag->value; *c; c++)
		if (!fits_header(*c))
			*c = '?';
}

void version_tags(const struct version *v, struct version_tag tags[VERSION_TAGS])
{
	char sequence[24];

	(void)snprintf(sequence, sizeof(sequence), "%" PRIu64, v->sequence);
	put(&tags[0], "id", v->id);
	put(&tags[1], "machine", v->machine);
	put_host(&tags[2], v->host);
	put(&tags[3], "content", v->content);
	put(&tags[4], "sequence", sequence);
	put_ids(&tags[5], "base", v->base, v->bases);
	put_ids(&tags[6], "ancestors", v->ancestors, v->ancestor_count);
	put_past(&tags[7], v);
}

/* Reading: each take_ moves *at behind what it took, or says that it is not of its form. */

static bool take_hex(const char **at, char *to, size_t digits)
{
	if (strspn(*at, HEX_DIGITS) != digits)
		return false;
	memcpy(to, *at, digits);
	to[digits] = '\0';
	*at += digits;
	return true;
}

/* 1 to SEQUENCE_MAX in the one way to write it. */
static bool take_sequence(const char **at, uint64_t *sequence)
{
	*sequence = 0;
	if (**at == '0' || !isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (*sequence > (SEQUENCE_MAX - digit) / 10)
			return false;
		*sequence = *sequence * 10 + digit;
	}
	return true;
}

static bool take_host(const char **at, char to[VERSION_HOST + 1])
{
	size_t length = 0;

	for (; fits_header(**at) && length < VERSION_HOST; (*at)++)
		to[length++] = **at;
	to[length] = '\0';
	return true;
}

/* Between two elements of a list; at its end, *at is there. */
static bool take_comma(const char **at, size_t count)
{
	if (count == 0)
		return **at;
	if (**at != ',')
		return false;
	(*at)++;
	return true;
}

static bool take_ids(const char **at, char (*ids)[VERSION_ID + 1], size_t most, size_t *count)
{
	for (*count = 0; take_comma(at, *count); (*count)++)
		if (*count == most || !take_hex(at, ids[*count], VERSION_ID))
			return false;
	return true;
}

static bool is_past_of(const struct version *v, const char *machine)
{
	for (size_t i = 0; i < v->past_count; i++)
		if (strcmp(v->past[i].machine, machine) == 0)
			return true;
	return false;
}

static bool take_past(const char **at, struct version *v)
{
	for (v->past_count = 0; take_comma(at, v->past_count); v->past_count++) {
		struct version_past p;

		if (v->past_count == VERSION_PAST || !take_hex(at, p.machine, VERSION_ID) ||
			is_past_of(v, p.machine) || *(*at)++ != ':' ||
			!take_sequence(at, &p.sequence))
			return false;
		v->past[v->past_count] = p;
	}
	return true;
}

/* Names that are not ours are taken unread. */
static bool take(struct version *v, const char *name, const char **at)
{
	if (strcmp(name, "id") == 0)
		return take_hex(at, v->id, VERSION_ID);
	if (strcmp(name, "machine") == 0)
		return take_hex(at, v->machine, VERSION_ID);
	if (strcmp(name, "host") == 0)
		return take_host(at, v->host);
	if (strcmp(name, "content") == 0)
		return take_hex(at, v->content, VERSION_HASH);
	if (strcmp(name, "sequence") == 0)
		return take_sequence(at, &v->sequence);
	if (strcmp(name, "base") == 0)
		return take_ids(at, v->base, VERSION_BASES, &v->bases);
	if (strcmp(name, "ancestors") == 0)
		return take_ids(at, v->ancestors, VERSION_ANCESTORS, &v->ancestor_count);
	if (strcmp(name, "past") == 0)
		return take_past(at, v);
	*at += strlen(*at);
	return true;
}

enum err_code version_read_tag(
	struct version *v, const char *name, const char *value, struct err *e)
{
	struct version read = *v;
	const char *at = value;

	if (!take(&read, name, &at) || *at)
		return err_set(e, ERR_CORRUPT, "the tag %s is not of its form: %.40s", name, value);
	*v = read;
	return ERR_NONE;
}
