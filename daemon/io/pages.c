#include "daemon/io/pages.h"

#include "common/text.h"
#include "daemon/io/sql.h"

#include <errno.h>
#include <sqlite3.h>

#define CHUNK ((size_t)256 * 1024) /* one read; large enough that system calls do not count */

enum err_code pages_locked(const char *path, struct err *e)
{
	return err_set(e, ERR_BUSY,
		"%s is locked by another program (a long write, or locking_mode=EXCLUSIVE)", path);
}

static enum err_code write_all(int out, const char *bytes, size_t count, off_t at, struct err *e)
{
	while (count > 0) {
		ssize_t n = pwrite(out, bytes, count, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "write the copy");
		bytes += n;
		at += n;
		count -= (size_t)n;
	}
	return ERR_NONE;
}

enum err_code pages_raw(struct sql *s, const char *path, int out, struct err *e)
{
	scoped(heap) char *chunk = text_room(1, CHUNK);
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;

	sqlite3_file_control(sql_handle(s), "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file);
	int code = file->pMethods->xFileSize(file, &size);
	for (sqlite3_int64 at = 0; !code && at < size;) {
		size_t some = size - at < (sqlite3_int64)CHUNK ? (size_t)(size - at) : CHUNK;

		code = file->pMethods->xRead(file, chunk, (int)some, at);
		if (!code && write_all(out, chunk, some, at, e))
			return err_note(e, "copy %s", path);
		at += (sqlite3_int64)some;
	}
	if (code)
		return sql_failed(s, code, e, "read %s", path);
	return ftruncate(out, size) ? err_sys(e, "cut the copy of %s", path) : ERR_NONE;
}

enum err_code pages_logged(struct sql *s, const char *path, const char *to, struct err *e)
{
	scoped(sql) struct sql *copy = NULL;

	if (sql_open(&copy, to, SQL_OWN, e) ||
		sql_do(copy, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", e))
		return e->code;
	sqlite3_backup *backup =
		sqlite3_backup_init(sql_handle(copy), "main", sql_handle(s), "main");
	if (!backup)
		return sql_failed(
			copy, sqlite3_extended_errcode(sql_handle(copy)), e, "copy %s", path);
	int code = sqlite3_backup_step(backup, -1);
	(void)sqlite3_backup_finish(backup);
	if ((code & 0xff) == SQLITE_BUSY)
		return pages_locked(path, e);
	if ((code & 0xff) == SQLITE_CANTOPEN)
		return err_set(e, ERR_RECOVERY,
			"%s waits for its application to recover from a crash (its -wal has no "
			"-shm, and casmand may not make one in this folder)",
			path);
	return code == SQLITE_DONE ? ERR_NONE : sql_failed(s, code, e, "copy %s", path);
}
