#include "common/scoped.h"
#include "daemon/io/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

int disk_open_file(int folder, const char *name, struct err *e)
{
	struct stat st;
	/* O_NONBLOCK: a pipe of that name must not hold us up */
	scoped(fd) int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno != ELOOP)
		err_sys(e, "open %s", name);
	else if (fd >= 0 && fstat(fd, &st))
		err_sys(e, "look at %s", name);
	else if (fd < 0 || !S_ISREG(st.st_mode))
		err_set(e, ERR_CORRUPT, "%s is no plain file", name);
	else
		return give_fd(&fd);
	return -1;
}

enum err_code disk_read(int folder, const char *name, size_t most, struct text *to, struct err *e)
{
	scoped(fd) int fd = disk_open_file(folder, name, e);
	char chunk[4096];

	if (fd < 0)
		return e->code;
	text_bytes(to, "", 0); /* a string also where the file is empty */
	while (to->length <= most) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got == 0)
			return ERR_NONE;
		if (got < 0 && errno != EINTR)
			return err_sys(e, "read %s", name);
		text_bytes(to, chunk, got > 0 ? (size_t)got : 0);
	}
	return err_set(e, ERR_CORRUPT, "%s has more than %zu bytes", name, most);
}

static int create(int folder, const char *name, unsigned mode)
{
	return openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

int disk_create(int folder, const char *temporary, unsigned mode, struct err *e)
{
	int fd = create(folder, temporary, mode);

	if (fd < 0 && errno == EEXIST && unlinkat(folder, temporary, 0) == 0)
		fd = create(folder, temporary, mode);
	if (fd < 0)
		err_sys(e, "create %s", temporary);
	return fd;
}

enum err_code disk_put(int fd, const char *name, const void *bytes, size_t count, struct err *e)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t put = write(fd, at, count);

		if (put < 0 && errno != EINTR)
			return err_sys(e, "write %s", name);
		if (put > 0) {
			at += put;
			count -= (size_t)put;
		}
	}
	return ERR_NONE;
}

enum err_code disk_finish(int fd, const char *name, struct err *e)
{
	enum err_code code = disk_sync(fd, name, e);

	if (close(fd) && !code)
		code = err_sys(e, "close %s", name);
	return code;
}

enum err_code disk_make(
	int folder, const char *temporary, unsigned mode, const struct text *bytes, struct err *e)
{
	struct err second;
	int fd = disk_create(folder, temporary, mode, e);

	if (fd < 0)
		return e->code;
	enum err_code code = disk_put(fd, temporary, bytes->at, bytes->length, e);
	if (disk_finish(fd, temporary, code ? &second : e))
		code = e->code;
	if (code)
		(void)unlinkat(folder, temporary, 0);
	return code;
}

enum err_code disk_write(
	int folder, const char *name, unsigned mode, const struct text *bytes, struct err *e)
{
	char temporary[NAME_MAX + 1];

	if (snprintf(temporary, sizeof(temporary), ".%s.tmp", name) >= (int)sizeof(temporary))
		return err_set(e, ERR_FAILED, "write %s: its name is too long", name);
	if (disk_make(folder, temporary, mode, bytes, e))
		return e->code;
	if (renameat(folder, temporary, folder, name)) {
		err_sys(e, "rename %s to %s", temporary, name);
		(void)unlinkat(folder, temporary, 0);
		return e->code;
	}
	return disk_sync(folder, name, e);
}

/* NFS may lose the answer to a link that it made, and then say that the name is taken. */
static bool is_same(int folder, const char *a, const char *b)
{
	struct stat first, second;

	return fstatat(folder, a, &first, AT_SYMLINK_NOFOLLOW) == 0 &&
		fstatat(folder, b, &second, AT_SYMLINK_NOFOLLOW) == 0 &&
		first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static enum err_code publish_by_rename(
	int folder, const char *temporary, const char *name, struct err *e)
{
	if (renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) == 0)
		return disk_sync(folder, name, e);
	if (errno == EINVAL || errno == ENOSYS)
		return err_set(e, ERR_REFUSED,
			"this file system can neither link nor rename without replacing: %s", name);
	return err_sys(e, "rename %s to %s", temporary, name);
}

enum err_code disk_publish(int folder, const char *temporary, const char *name, struct err *e)
{
	if (linkat(folder, temporary, folder, name, 0) &&
		!(errno == EEXIST && is_same(folder, temporary, name))) {
		if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS)
			return publish_by_rename(folder, temporary, name, e);
		return err_sys(e, "link %s to %s", temporary, name);
	}
	return disk_remove(folder, temporary, e);
}
