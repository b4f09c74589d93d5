/* stamp.h - moments as text.
 *
 * A moment is microseconds since 1970-01-01 UTC in an int64_t; STAMP_NONE is "not known".
 * Everything here is UTC, pure, and independent of the locale and of TZ.
 */
#pragma once

#include "common/attr.h"

#include <stdbool.h>
#include <stdint.h>

#define STAMP_NONE   INT64_MIN
#define STAMP_SECOND INT64_C(1000000)
#define STAMP_TEXT   40 /* room that each stamp_ writer needs */

/* "2026-11-20T14:30:22.123456Z": the socket and --json; without a fraction when that is zero. */
const char *stamp_json(char to[STAMP_TEXT], int64_t moment);
/* "2026-11-20T14:30:22.123456+00:00": Python's datetime.isoformat(), which drops a zero fraction.
 */
const char *stamp_iso(char to[STAMP_TEXT], int64_t moment);
/* "2026-11-20 14:30:22 UTC": for people. */
const char *stamp_plain(char to[STAMP_TEXT], int64_t moment);
/* "20261120_143022": in keys. */
const char *stamp_key(char to[STAMP_TEXT], int64_t moment);

/* Reads stamp_json() and stamp_iso(), any offset "+HH:MM", 0 to 6 (or more, cut) digits of
 * fraction; without an offset it is UTC.  False for anything else and for dates that do not exist.
 */
bool stamp_parse_iso(const char *text, int64_t *moment) must_check;
/* Reads the 15 bytes of stamp_key(); what follows them is not looked at. */
bool stamp_parse_key(const char *text, int64_t *moment) must_check;
