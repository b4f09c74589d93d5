/* snapshot.h - takes a consistent copy of a database that others are writing: promises P2 and P3.
 *
 * The MUSTs:
 *  1. The copy is one committed state: everything committed before the call began is in it, half a
 *     transaction is not.
 *  2. Of the database nothing is changed, and nothing of ours is left beside it.
 *  3. A writer waits at most while the pages are copied, never for hashes or checks (rollback
 * modes), or not at all (WAL).
 *  4. No descriptor of our own is opened on the database: closing it would drop this process's
 * locks.
 *
 * Three ways, by what is found:
 *  rollback journal         read lock, raw pages through SQLite's handle: byte-identical to the
 * file WAL, no log or empty     raw pages without any lock, again if anything changed meanwhile WAL
 * with a log           backup API in one step
 *
 * Blocking, for pool threads.  Memory does not grow with the database.
 */
#pragma once

#include "common/err.h"
#include "daemon/core/footprint.h"
#include "daemon/io/digest.h"

#include <stdatomic.h>
#include <stdint.h>

struct snapshot {
	int64_t began;              /* clock when the read began: microseconds since 1970 */
	struct footprint footprint; /* as it was then or a moment earlier */
	uint64_t size;
	char checksum[DIGEST_TEXT], content[DIGEST_TEXT];
};

/* Copies the database at `path` (links resolved) to the new file `to`, mode 0600, which is not
 * fsynced yet.  On failure there is no file `to`. RECOVERY: a hot journal waits for its
 * application.  BUSY: locked for longer than `wait_ms`. DENIED: not readable, or a WAL database
 * that casmand must not open; the text has the mend. MISSING (or empty), CORRUPT (no SQLite
 * database), FULL, IO. */
enum err_code snapshot_take(const char *path, const char *to, int wait_ms, struct snapshot *out,
	struct err *e) must_check;
