/* httpdate.h - moments in HTTP's headers (RFC 9110).  Pure.
 *
 * Moments are microseconds since 1970-01-01 UTC.
 */
#pragma once

#include "common/attr.h"

#include <stdbool.h>
#include <stdint.h>

/* `Date` and its like (section 5.6.7), also in the two obsolete forms:
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT
 *     Sunday, 06-Nov-94 08:49:37 GMT     never more than 50 years after `now`
 *     Sun Nov  6 08:49:37 1994
 *
 * False for anything else and for moments that do not exist; the day's name is not compared. */
bool httpdate_parse(const char *text, int64_t now, int64_t *moment) must_check;

/* `Retry-After` (section 10.2.3): seconds, or the moment from which on; -> ms from `now` on, 0 for
 * one that has passed.  `now` by the clock of who said it: take the answer's own `Date`. */
bool httpdate_retry_after(const char *text, int64_t now, uint64_t *ms) must_check;
