/* retention.h - which versions of one database of one machine the count keeps.  Pure.
 *
 * The `versions` newest, and the newest of each of the last `days` days (UTC) that have one: a
 * machine that rested for a month keeps the days before it.  No clock is asked, so a wrong one
 * pushes nothing out.
 *
 * Suspect, safety and pinned versions stand apart: the count neither drops them nor gives them a
 * place, so that three emptied databases in a row push out no good version.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct retention {
	unsigned versions, days;
};

struct retained {
	int64_t at; /* when it was captured; microseconds since 1970 */
	bool apart; /* suspect, safety or pinned */
	bool kept;  /* answered */
};

/* `list` is newest first by sequence, whatever the moments say.  What is older than its last entry
 * changes nothing, so it may end anywhere. */
void retention_judge(const struct retention *keep, struct retained *list, size_t count);
