/* live_made.h - puts a proven copy where no database is: the file is missing, or SQLite cannot read
 * it.  Everything else goes through SQLite (live.h).
 *
 * The MUSTs:
 *  1. At every moment the whole old file or the whole new one has the name, through a power cut.
 *  2. No -wal, -shm or -journal of before lies beside the new one when it appears.
 *  3. What came there meanwhile is not replaced: EXISTS, and the caller begins anew.
 *  4. Owner, group and mode are those of before, or of the folder.
 *
 * Blocking, for pool threads.
 */
#pragma once

#include "common/err.h"
#include "daemon/io/digest.h"

/* What lies at `path`, byte by byte and durably, as the new file `to`; its -wal and -journal, if
 * they are there, as `to`-wal and `to`-journal.  Not for databases: it drops our locks on it. */
enum err_code live_made_keep(
	const char *path, const char *to, char checksum[DIGEST_TEXT], struct err *e) must_check;

/* `was` is the checksum of what was kept; NULL: there must be nothing.  DENIED also where the
 * application could not use the new file. */
enum err_code live_made(
	const char *path, const char *copy, const char *was, struct err *e) must_check;
