#include "daemon/io/disk.h"

#include "common/scoped.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define PIECE (256L * 1024) /* written to the disk at a time: others' commits come in between */

/* Folders. */

int disk_open_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err_sys(e, "open the folder %s", path);
	return fd;
}

static int open_below(int folder, const char *name)
{
	return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int disk_open_below(int folder, const char *name, unsigned mode, struct err *e)
{
	scoped(fd) int fd = open_below(folder, name);

	if (fd < 0 && errno == ENOENT && mode) {
		if (mkdirat(folder, name, mode) && errno != EEXIST) {
			err_sys(e, "make the folder %s", name);
			return -1;
		}
		fd = open_below(folder, name);
	}
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		err_set(e, ERR_REFUSED, "%s is no folder", name);
	else if (fd < 0)
		err_sys(e, "open the folder %s", name);
	/* in either case: who made it may have died before he did this */
	else if (!mode || !disk_sync(folder, name, e))
		return give_fd(&fd);
	return -1;
}

/* fsync of the folder that `path` lies in. */
static enum err_code sync_above(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	scoped(heap) char *above = slash && slash > path ? strndup(path, (size_t)(slash - path))
							 : text_copy(slash ? "/" : ".");
	REQUIRE(above);
	scoped(fd) int fd = disk_open_folder(above, e);

	return fd < 0 ? e->code : disk_sync(fd, above, e);
}

enum err_code disk_make_folders(const char *path, unsigned mode, struct err *e)
{
	scoped(heap) char *part = text_copy(path);
	scoped(fd) int made = -1;

	for (char *end = part; *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		char after = *end;
		*end = '\0';
		if (mkdir(part, mode) == 0) {
			if (sync_above(part, e))
				return e->code;
		} else if (errno != EEXIST) {
			return err_sys(e, "make the folder %s", part);
		}
		*end = after;
	}
	made = disk_open_folder(path, e);
	return made < 0 ? e->code : ERR_NONE;
}

/* Leaves little for the fsync behind it: one of much at once holds up everybody who commits on the
 * same disk, in the file system's journal and in the disk's own cache.  An error is told once: the
 * fsync would no longer know of it. */
static enum err_code write_out(int fd, const char *name, struct err *e)
{
	struct stat s;

	if (fstat(fd, &s) || !S_ISREG(s.st_mode))
		return ERR_NONE;
	for (off_t at = 0; at < s.st_size; at += PIECE) {
		int failed = sync_file_range(
			fd, at, PIECE, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);

		if (failed && errno != ENOSYS)
			return err_sys(e, "write %s", name);
	}
	return ERR_NONE;
}

enum err_code disk_sync(int fd, const char *name, struct err *e)
{
	int failed;

	if (write_out(fd, name, e))
		return e->code;
	do
		failed = fsync(fd);
	while (failed && errno == EINTR);
	return failed && errno != EINVAL ? err_sys(e, "sync %s", name) : ERR_NONE;
}

enum err_code disk_remove(int folder, const char *name, struct err *e)
{
	if (unlinkat(folder, name, 0) && errno != ENOENT)
		return err_sys(e, "remove %s", name);
	return disk_sync(folder, name, e);
}

enum err_code disk_free_space(int folder, uint64_t *bytes, struct err *e)
{
	struct statvfs fs;

	if (fstatvfs(folder, &fs))
		return err_sys(e, "ask for free space");
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return ERR_NONE;
}
