/* dating.h - which moment a new version, and its key, gets.  Pure.
 *
 * Keys of one machine's versions of a database rise.  The clock counts as unknown while it is
 * before the build date, or more than a minute before this machine's newest key (a machine without
 * a battery clock boots in 1970): then the key is the newest + 1 s, and the timestamp is that of
 * the key.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dating {
	int64_t timestamp; /* microseconds since 1970 */
	int64_t key;       /* the same, whole seconds */
	bool clock_unknown;
};

/* `newest_key` is STAMP_NONE where there is none yet. */
struct dating dating_of(int64_t now, int64_t newest_key, int64_t built);
