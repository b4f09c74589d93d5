/* pages.h - all pages of a database, from its connection into a file of our own.
 *
 * Two ways.  Raw, through SQLite's own handle: byte-identical, for whoever holds a lock that keeps
 * writers out (rollback modes).  Through the backup API in one step: SQLite knows which frames of a
 * -wal are committed; it bumps the counters in its copy's header (WAL).
 *
 * Blocking.  Memory does not grow with the database.  Nothing is fsynced.
 */
#pragma once

#include "common/err.h"

struct sql;

/* Into the open file `out`, which is cut to the length; `path` is the database's, for words. */
enum err_code pages_raw(struct sql *s, const char *path, int out, struct err *e);

/* Into the file `to`, made if it is not there.  BUSY: locked by others for longer than the
 * connection's busy handler waits.  RECOVERY: a -wal without a -shm where none can be made. */
enum err_code pages_logged(
	struct sql *s, const char *path, const char *to, struct err *e) must_check;

/* BUSY, in the words for a database that is locked. */
enum err_code pages_locked(const char *path, struct err *e);
