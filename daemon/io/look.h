/* look.h - a short look at a database's files, without opening the database.
 *
 * Reads the file's header through SQLite's own handle (closing a descriptor of our own would drop
 * all POSIX locks that this process has on it) and, in WAL mode, the frame headers of the -wal, on
 * which SQLite takes no locks.  Takes no lock, leaves nothing behind, blocks nobody: promise P3.
 * Blocking, for pool threads.
 */
#pragma once

#include "common/err.h"
#include "daemon/core/footprint.h"

/* `before` is the look before this one: frames that it has seen are not read again (may be all
 * zero). A file that is not there is no error (present = false).  CORRUPT: it is no SQLite
 * database. */
enum err_code look_at(const char *path, const struct footprint *before, struct footprint *now,
	struct err *e) must_check;
