#include "daemon/io/live_made.h"

#include "common/scoped.h"
#include "common/text.h"
#include "daemon/io/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define CHUNK ((size_t)64 * 1024)

/* The folder that it lies in, and its names there. */
struct spot {
	int folder;
	const char *name;
	char temporary[NAME_MAX + 1];
};

static enum err_code spot_open(struct spot *s, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	scoped(heap) char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));

	REQUIRE(folder);
	s->name = slash + 1;
	if (snprintf(s->temporary, sizeof(s->temporary), ".%s.casmand", s->name) >=
		(int)sizeof(s->temporary))
		return err_set(e, ERR_FAILED, "%s: its name is too long", path);
	s->folder = disk_open_folder(folder, e);
	return s->folder < 0 ? e->code : ERR_NONE;
}

static enum err_code copy_bytes(int from, int to, const char *name, struct err *e)
{
	scoped(heap) char *chunk = text_room(1, CHUNK);

	for (;;) {
		ssize_t got = read(from, chunk, CHUNK);

		if (got == 0)
			return ERR_NONE;
		if (got < 0 && errno != EINTR)
			return err_sys(e, "read %s", name);
		if (got > 0 && disk_put(to, name, chunk, (size_t)got, e))
			return e->code;
	}
}

/* --- keeping what is there --------------------------------------------- */

static enum err_code keep(const char *from, const char *to, char *checksum, struct err *e)
{
	struct err second;
	scoped(fd) int in = disk_open_file(AT_FDCWD, from, e);

	if (in < 0)
		return e->code;
	int out = disk_create(AT_FDCWD, to, 0600, e);
	if (out < 0)
		return e->code;
	enum err_code code = copy_bytes(in, out, to, e);
	if (!code && checksum)
		code = digest_file(out, NULL, checksum, NULL, e);
	if (disk_finish(out, to, code ? &second : e) && !code)
		code = e->code;
	if (code)
		(void)unlink(to);
	return code;
}

static enum err_code keep_beside(
	const char *path, const char *to, const char *suffix, struct err *e)
{
	struct text from = {0}, as = {0};

	text_add(&from, "%s%s", path, suffix);
	text_add(&as, "%s%s", to, suffix);
	enum err_code code = keep(from.at, as.at, NULL, e);
	text_free(&from);
	text_free(&as);
	return code == ERR_MISSING ? ERR_NONE : code;
}

enum err_code live_made_keep(
	const char *path, const char *to, char checksum[DIGEST_TEXT], struct err *e)
{
	struct spot s;

	if (keep(path, to, checksum, e) || keep_beside(path, to, "-wal", e) ||
		keep_beside(path, to, "-journal", e) || spot_open(&s, to, e))
		return e->code;
	e->code = disk_sync(s.folder, to, e);
	(void)close(s.folder);
	return e->code;
}

/* --- making ------------------------------------------------------------ */

/* The new file belongs to whom the old one, or the folder, belongs to. */
static enum err_code hand_over(const struct spot *s, int fd, const char *path, struct err *e)
{
	struct stat like;
	mode_t mode;

	if (fstatat(s->folder, s->name, &like, AT_SYMLINK_NOFOLLOW) == 0)
		mode = like.st_mode & 0777;
	else if (fstat(s->folder, &like) == 0)
		mode = like.st_mode & 0666;
	else
		return err_sys(e, "look at the folder of %s", path);
	bool given = fchown(fd, like.st_uid, like.st_gid) == 0;
	if (!given && (fchown(fd, (uid_t)-1, like.st_gid) || !(mode & S_IWGRP)) &&
		like.st_uid != geteuid())
		return err_set(e, ERR_DENIED,
			"%s: casmand may not make a file that belongs to the owner of before",
			path);
	return fchmod(fd, mode) ? err_sys(e, "set the mode of %s", s->temporary) : ERR_NONE;
}

static enum err_code write_temporary(
	const struct spot *s, const char *path, const char *copy, struct err *e)
{
	struct err second;
	scoped(fd) int in = disk_open_file(AT_FDCWD, copy, e);

	if (in < 0)
		return e->code;
	int out = disk_create(s->folder, s->temporary, 0600, e);
	if (out < 0)
		return e->code;
	enum err_code code = copy_bytes(in, out, s->temporary, e);
	if (!code)
		code = hand_over(s, out, path, e);
	if (disk_finish(out, s->temporary, code ? &second : e) && !code)
		code = e->code;
	return code;
}

static enum err_code taken(const char *path, struct err *e)
{
	return err_set(e, ERR_EXISTS, "%s was made or changed by another program meanwhile", path);
}

/* Is there still what was kept, or nothing? */
static bool is_still(const struct spot *s, const char *name, const char *was)
{
	char is[DIGEST_TEXT];
	struct stat st;
	struct err e;

	if (!was)
		return fstatat(s->folder, name, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
	scoped(fd) int fd = disk_open_file(s->folder, name, &e);
	return fd >= 0 && !digest_file(fd, NULL, is, NULL, &e) && strcmp(is, was) == 0;
}

/* Side files of a database that another program makes just now are its own: but it makes the file
 * itself first, and that is looked for. */
static enum err_code clear_way(
	const struct spot *s, const char *path, const char *was, struct err *e)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
	char name[NAME_MAX + 16];

	if (!is_still(s, s->name, was))
		return taken(path, e);
	for (size_t i = 0; i < LENGTH(suffixes); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", s->name, suffixes[i]);
		if (disk_remove(s->folder, name, e))
			return e->code;
	}
	return ERR_NONE;
}

/* Both names change hands at once, so what came out is looked at before it is let go. */
static enum err_code exchange(
	const struct spot *s, const char *path, const char *was, struct err *e)
{
	if (renameat2(s->folder, s->temporary, s->folder, s->name, RENAME_EXCHANGE)) {
		if (errno != EINVAL && errno != ENOSYS)
			return err_sys(e, "exchange %s", path);
		/* FAT, before Linux 6.0 */
		if (renameat(s->folder, s->temporary, s->folder, s->name))
			return err_sys(e, "rename to %s", path);
		return disk_sync(s->folder, path, e);
	}
	if (!is_still(s, s->temporary, was) &&
		renameat2(s->folder, s->temporary, s->folder, s->name, RENAME_EXCHANGE) == 0)
		return taken(path, e);
	if (disk_sync(s->folder, path, e))
		return e->code;
	return disk_remove(s->folder, s->temporary, e);
}

static enum err_code appear(const struct spot *s, const char *path, const char *was, struct err *e)
{
	if (was)
		return exchange(s, path, was, e);
	return disk_publish(s->folder, s->temporary, s->name, e) == ERR_EXISTS ? taken(path, e)
									       : e->code;
}

enum err_code live_made(const char *path, const char *copy, const char *was, struct err *e)
{
	struct spot s;

	e->code = ERR_NONE;
	if (spot_open(&s, path, e))
		return e->code;
	if (write_temporary(&s, path, copy, e) || clear_way(&s, path, was, e) ||
		appear(&s, path, was, e))
		(void)unlinkat(s.folder, s.temporary, 0);
	(void)close(s.folder);
	return e->code;
}
