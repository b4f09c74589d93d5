/* objkey.h - version <-> key in the store.  Pure.
 *
 *     backups/<db_name>/<YYYYMMDD_HHMMSS>_<db_name>      the database
 *     <key>.metadata.json                                what the Python client reads too
 *     <key>.casmand.json                                 `file` store: what rides in headers
 *                                                        elsewhere
 *
 * Objects whose key has not this shape are nobody's business here.
 */
#pragma once

#include "daemon/core/config.h"

#include <stdbool.h>
#include <stdint.h>

#define OBJKEY_PREFIX   "backups/"
#define OBJKEY_METADATA ".metadata.json"
#define OBJKEY_TAGS     ".casmand.json"
#define OBJKEY_ROOM     120 /* the longest key with the longest suffix, and the NUL */

enum objkey_kind { OBJKEY_OTHER, OBJKEY_DATABASE, OBJKEY_IS_METADATA, OBJKEY_IS_TAGS };

/* The key of a database object: `moment` to the second (microseconds since 1970, UTC), in the years
 * 1970 to 9999. */
void objkey_make(char to[OBJKEY_ROOM], const char *db_name, int64_t moment);

/* The object beside it: `key` with one of the suffixes above. */
void objkey_beside(char to[OBJKEY_ROOM], const char *key, const char *suffix);

/* What the key names; for all but OTHER db_name (CONFIG_NAME_MAX + 1 bytes) and moment are set.
 * Either may be NULL.  A key that is read has exactly one spelling. */
enum objkey_kind objkey_read(const char *key, char *db_name, int64_t *moment);

/* How many characters from `at` on can be a database's name ([A-Za-z0-9._-]{1,40}, no dot first);
 * 0: none. */
size_t objkey_name_length(const char *at);
