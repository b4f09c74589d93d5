/* span.h - lengths of time and sizes, as people write and read them. */
#pragma once

#include "common/attr.h"

#include <stdbool.h>
#include <stdint.h>

#define SPAN_TEXT 32 /* room that each span_ writer needs */

/* "340.0 KB", "45.2 KB", "9.8 MB", "512 B": units of 1024 with one digit, as the reference prints.
 */
const char *span_size(char to[SPAN_TEXT], uint64_t bytes);

/* "now", "42 s", "3 min", "5 h", "12 days": how long something took or is ago; ms of any size. */
const char *span_time(char to[SPAN_TEXT], uint64_t ms);

/* "1GiB", "500 MB", "4096", "64k" -> bytes (k, M, G with or without iB/B, all of 1024); false if it
 * is no size or does not fit. */
bool span_parse_size(const char *text, uint64_t *bytes) must_check;

/* "30s", "5min", "2h", "1.5h", "7d", "250ms", "90" (seconds) -> ms; false if it is no span. */
bool span_parse_time(const char *text, uint64_t *ms) must_check;
