#include "daemon/io/look.h"

#include "common/text.h"
#include "daemon/io/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_HEADER   32 /* bytes; https://www.sqlite.org/fileformat2.html#walformat */
#define FRAME_HEADER 24
#define LOG_MAGIC    0x377f0682U /* its last bit is the byte order of the checksums */

static uint32_t big_endian(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum err_code header_of(const char *path, struct footprint *now, struct err *e)
{
	unsigned char header[FOOTPRINT_HEADER];
	sqlite3_file *file = NULL;
	scoped(sql) struct sql *s = NULL;

	if (sql_open(&s, path, SQL_IMMUTABLE, e))
		return e->code;
	sqlite3_file_control(sql_handle(s), "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file);
	int code = file->pMethods->xRead(file, header, sizeof(header), 0);
	if (code && code != SQLITE_IOERR_SHORT_READ)
		return sql_failed(s, code, e, "read %s", path);
	if (code || !footprint_header(now, header))
		return err_set(
			e, ERR_CORRUPT, "%s is no SQLite database (damaged, or encrypted)", path);
	return ERR_NONE;
}

/* Counts commit frames from where the look before stopped, if it is still the same log. */
static void count_frames(int fd, off_t page, const struct footprint *before, struct footprint *now)
{
	unsigned char frame[FRAME_HEADER];

	if (before->log && memcmp(before->salt, now->salt, sizeof(now->salt)) == 0) {
		now->commits = before->commits;
		now->frames = before->frames;
	}
	for (uint32_t i = now->frames; i < UINT32_MAX; i++) {
		off_t at = LOG_HEADER + (off_t)i * (FRAME_HEADER + page);

		if (pread(fd, frame, sizeof(frame), at) != sizeof(frame) ||
			big_endian(frame + 8) != now->salt[0] ||
			big_endian(frame + 12) != now->salt[1])
			return;
		if (big_endian(frame + 4) != 0) { /* the database's size after the commit */
			now->commits++;
			now->frames = i + 1;
		}
	}
}

static enum err_code log_of(
	const char *path, const struct footprint *before, struct footprint *now, struct err *e)
{
	unsigned char header[LOG_HEADER];
	struct text name = {0};

	text_add(&name, "%s-wal", path);
	scoped(fd) int fd = open(name.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	text_free(&name);
	if (fd < 0)
		return errno == ENOENT ? ERR_NONE : err_sys(e, "open %s-wal", path);
	if (pread(fd, header, sizeof(header), 0) != sizeof(header) ||
		(big_endian(header) & ~1U) != LOG_MAGIC)
		return ERR_NONE; /* empty: no frame since the last checkpoint */
	now->log = true;
	now->salt[0] = big_endian(header + 16);
	now->salt[1] = big_endian(header + 20);
	count_frames(fd, (off_t)big_endian(header + 8), before, now);
	return ERR_NONE;
}

enum err_code look_at(
	const char *path, const struct footprint *before, struct footprint *now, struct err *e)
{
	struct stat st;

	*now = (struct footprint){0};
	if (lstat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? ERR_NONE
							   : err_sys(e, "look at %s", path);
	now->present = true;
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is no regular file", path);
	now->inode = st.st_ino;
	now->size = (uint64_t)st.st_size;
	now->modified = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	now->empty = st.st_size == 0;
	if (now->empty)
		return ERR_NONE;
	if (header_of(path, now, e))
		return e->code;
	return now->wal ? log_of(path, before, now, e) : ERR_NONE;
}
