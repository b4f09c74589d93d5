/* live.h - writes a proven copy through SQLite into the live database: promises P7 and P8.
 *
 * Programs that have the database open go on, and see the new rows at their next read; owner, mode,
 * inode and journal mode stay.  All or nothing, through kill -9 and power cuts: it is one
 * transaction of SQLite's own, with synchronous=EXTRA.
 *
 * When all is well, in this order:
 *
 *     live_open()    begins to watch for commits
 *                    (the caller takes its safety copy, by snapshot_take(): nobody waits for it)
 *     live_lock()    waits for the write lock.  In the rollback modes nobody else can read now
 *     live_moved()   something was committed since the safety copy: it is taken again by
 *     live_copy()    which nobody can slip past; the caller makes it durable
 *     live_write()   the copy's contents, committed and on the disk
 *     live_close()
 *
 * When not: live_close() at any point before live_write() leaves the contents untouched, and so
 * does live_write() when it fails.  After a crash in it, the next one to open the database rolls
 * back; live_recover() sees to it that somebody does.
 *
 * A database whose page size is another than the copy's, in WAL mode, has to leave WAL mode for the
 * write, and nobody else may have it open meanwhile: it is locked for readers too from live_lock()
 * on, and back in WAL mode after live_write() or live_close().
 *
 * Threads: blocking, for pool threads; one after the other may have it.
 */
#pragma once

#include "common/err.h"
#include "daemon/io/snapshot.h"

#include <stdatomic.h>
#include <stdbool.h>

struct live;

/* `path`: links resolved.  MISSING: there is no file.  CORRUPT: it is no database (see
 * live_made.h).  RECOVERY, DENIED: as in snapshot.h. */
enum err_code live_open(struct live **out, const char *path, struct err *e) must_check;

struct live_patience {
	int wait_ms;
	atomic_bool *stop; /* CANCELED soon after it turns true */
};

/* `copy` is a database file that nobody else uses; its journal mode is set to the live one's.
 * BUSY: locked by others for longer than wait_ms; the text names who, if that can be seen.  DENIED:
 * not writable, or a WAL database that casmand must not open.  CORRUPT: no database. */
enum err_code live_lock(
	struct live *l, const char *copy, const struct live_patience *p, struct err *e) must_check;

/* Under the lock: may something have been committed since the beginning of `since`, which was taken
 * after live_open()?  True also where that cannot be told. */
bool live_moved(struct live *l, const struct snapshot *since);

/* Under the lock: has the copy another text encoding?  Then programs that have the database open
 * get an error from SQLite until they open it again ("attached databases must use the same text
 * encoding as main database"). */
bool live_recodes(const struct live *l);

/* Under the lock: the present contents, as snapshot_take() has it. */
enum err_code live_copy(
	struct live *l, const char *to, struct snapshot *out, struct err *e) must_check;

/* Under the lock, once.  FULL, IO, DENIED (no journal can be made in this folder): the contents are
 * the old ones. */
enum err_code live_write(struct live *l, struct err *e) must_check;

void live_close(struct live *l); /* NULL: nothing to close */

/* Lets SQLite finish what a crash left behind (a hot journal), as the application would.  logged:
 * and it is to be in WAL mode, which the crash may have caught it without. */
enum err_code live_recover(
	const char *path, bool logged, const struct live_patience *p, struct err *e) must_check;
