/* moment.h - moments as people type them: local time, unless it ends in UTC or Z; or how long ago. */
#pragma once

#include "common/err.h"

#include <stdint.h>

/* "2026-11-20 14:30", "2026-11-20 14:30:05 UTC", "2026-11-20T14:30:05Z"; false if it is none. */
bool moment_parse(const char *text, int64_t *moment) must_check;

/* "90min", "2h", "3d": that long ago; false if it is no time. */
bool moment_ago(const char *text, int64_t *moment) must_check;
