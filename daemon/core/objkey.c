#include "daemon/core/objkey.h"

#include "common/stamp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define STAMP_LENGTH 15 /* YYYYMMDD_HHMMSS */

static_assert(OBJKEY_ROOM ==
		sizeof(OBJKEY_PREFIX OBJKEY_METADATA "/_") + STAMP_LENGTH + CONFIG_NAME_MAX * 2UL,
	"room for the longest key, and no more");
static_assert(sizeof(OBJKEY_TAGS) <= sizeof(OBJKEY_METADATA), "the longest suffix");

static const char name_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

size_t objkey_name_length(const char *at)
{
	size_t length = strspn(at, name_characters);

	return *at == '.' || length > CONFIG_NAME_MAX ? 0 : length;
}

void objkey_make(char to[OBJKEY_ROOM], const char *db_name, int64_t moment)
{
	char stamp[STAMP_TEXT];

	stamp_key(stamp, moment);
	REQUIRE(strlen(stamp) == STAMP_LENGTH && strlen(db_name) <= CONFIG_NAME_MAX);
	(void)snprintf(to, OBJKEY_ROOM, OBJKEY_PREFIX "%s/%s_%s", db_name, stamp, db_name);
}

static bool skip(const char **at, const char *expected, size_t length)
{
	if (strncmp(*at, expected, length) != 0)
		return false;
	*at += length;
	return true;
}

static enum objkey_kind kind_of(const char *suffix)
{
	if (!*suffix)
		return OBJKEY_DATABASE;
	if (strcmp(suffix, OBJKEY_METADATA) == 0)
		return OBJKEY_IS_METADATA;
	return strcmp(suffix, OBJKEY_TAGS) == 0 ? OBJKEY_IS_TAGS : OBJKEY_OTHER;
}

void objkey_beside(char to[OBJKEY_ROOM], const char *key, const char *suffix)
{
	int length = snprintf(to, OBJKEY_ROOM, "%s%s", key, suffix);

	REQUIRE(length > 0 && (size_t)length < OBJKEY_ROOM);
}

enum objkey_kind objkey_read(const char *key, char *db_name, int64_t *moment)
{
	const char *at = key;
	int64_t when;

	if (!skip(&at, OBJKEY_PREFIX, strlen(OBJKEY_PREFIX)))
		return OBJKEY_OTHER;
	const char *name = at;
	size_t length = objkey_name_length(name);
	at += length;
	if (!length || !skip(&at, "/", 1))
		return OBJKEY_OTHER;
	/* Nothing of ours is older than 1970; years before 1000 have no four digits to come back
	 * to. */
	if (!stamp_parse_key(at, &when) || when < 0)
		return OBJKEY_OTHER;
	at += STAMP_LENGTH;
	if (!skip(&at, "_", 1) || !skip(&at, name, length))
		return OBJKEY_OTHER;
	enum objkey_kind kind = kind_of(at);
	if (kind != OBJKEY_OTHER && db_name)
		(void)snprintf(db_name, CONFIG_NAME_MAX + 1, "%.*s", (int)length, name);
	if (kind != OBJKEY_OTHER && moment)
		*moment = when;
	return kind;
}
