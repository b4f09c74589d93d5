#include "daemon/io/inbox.h"

#include "common/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define STALE        3600 /* seconds after which a file that is still being made was given up */
#define READS_A_TURN 16   /* a flood does not keep the loop from its other work */
#define OWNERS       64   /* users who are told apart; those that come later share the last place */

struct inbox {
	int folder;
	DIR *list; /* has a descriptor of its own */
	struct {
		uid_t user;
		unsigned files;
	} owners[OWNERS]; /* of the look that goes on */
	size_t owner_count;
	int inotify; /* -1: there is none */
	uv_poll_t poll;
	struct inbox_events events;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- the folder -------------------------------------------------------- */

static enum err_code check_folder(const struct stat *st, const char *path, struct err *e)
{
	if (st->st_uid != geteuid())
		return err_set(e, ERR_REFUSED,
			"%s does not belong to the user that casmand runs as. Mend: chown %u %s",
			path, geteuid(), path);
	if ((st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && !(st->st_mode & S_ISVTX)))
		return err_set(e, ERR_REFUSED,
			"%s is open to others (mode %04o). Mend: chmod 1730 %s", path,
			st->st_mode & 07777, path);
	return ERR_NONE;
}

enum err_code inbox_check(const char *folder, struct err *e)
{
	struct stat st;

	if (stat(folder, &st) == 0)
		return check_folder(&st, folder, e);
	if (errno == ENOENT)
		return err_set(e, ERR_MISSING, "there is no folder %s", folder);
	return err_sys(e, "%s", folder);
}

static enum err_code open_folder(struct inbox *b, const char *path, struct err *e)
{
	struct stat st;

	if (inbox_check(path, e)) /* before it is opened: one that is another's may not be */
		return e->code;
	b->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->folder < 0 || fstat(b->folder, &st))
		return err_sys(e, "open %s", path);
	if (check_folder(&st, path, e))
		return e->code;
	int again = fcntl(b->folder, F_DUPFD_CLOEXEC, 0);
	b->list = again < 0 ? NULL : fdopendir(again);
	return b->list ? ERR_NONE : err_sys(e, "list %s", path);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
	struct inbox *b = owner_of(poll, struct inbox, poll);
	char names[4096];

	(void)status;
	(void)events;
	/* Which they are does not matter: the folder is looked at. */
	for (int i = 0; i < READS_A_TURN && read(b->inotify, names, sizeof(names)) > 0; i++)
		;
	b->events.news(b->events.arg);
}

static bool watch(struct inbox *b, struct uv_loop_s *loop, const char *path)
{
	b->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (b->inotify < 0)
		return false;
	if (inotify_add_watch(b->inotify, path, IN_MOVED_TO | IN_CREATE | IN_ONLYDIR) >= 0 &&
		uv_poll_init(loop, &b->poll, b->inotify) == 0) {
		REQUIRE(uv_poll_start(&b->poll, UV_READABLE, on_events) == 0);
		return true;
	}
	(void)close(b->inotify);
	b->inotify = -1;
	return false;
}

static void end(struct inbox *b)
{
	if (b->list)
		(void)closedir(b->list);
	if (b->folder >= 0)
		(void)close(b->folder);
	free(b);
}

enum err_code inbox_open(struct inbox **out, struct uv_loop_s *loop, const char *folder,
	const struct inbox_events *events, struct err *e)
{
	struct inbox *b = text_room(1, sizeof(*b));

	*out = NULL;
	b->folder = b->inotify = -1;
	b->events = *events;
	if (open_folder(b, folder, e)) {
		end(b);
		return e->code;
	}
	(void)watch(b, loop, folder);
	*out = b;
	return ERR_NONE;
}

static void on_closed(uv_handle_t *handle)
{
	struct inbox *b = owner_of((uv_poll_t *)handle, struct inbox, poll);
	void (*closed)(void *) = b->closed;
	void *arg = b->closed_arg;

	(void)close(b->inotify);
	end(b);
	closed(arg);
}

void inbox_close(struct inbox *b, void (*closed)(void *arg), void *arg)
{
	if (b && b->inotify >= 0) {
		b->closed = closed;
		b->closed_arg = arg;
		uv_close((uv_handle_t *)&b->poll, on_closed);
		return;
	}
	if (b)
		end(b);
	closed(arg);
}

/* --- its files --------------------------------------------------------- */

/* How many files of this user were met in this look, this one included. */
static unsigned met(struct inbox *b, uid_t user)
{
	size_t i = 0;

	while (i < b->owner_count && b->owners[i].user != user)
		i++;
	if (i == b->owner_count && i < OWNERS) {
		b->owners[i].user = user;
		b->owners[i].files = 0;
		b->owner_count++;
	}
	return ++b->owners[i < OWNERS ? i : OWNERS - 1].files;
}

static enum err_code judge(const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_REFUSED, "it is no regular file");
	if (st->st_nlink > 1)
		return err_set(e, ERR_REFUSED, "it has a second name");
	if (st->st_size > INBOX_BYTES)
		return err_set(e, ERR_REFUSED, "it is larger than %d bytes", INBOX_BYTES);
	return ERR_NONE;
}

/* Its bytes.  REFUSED, or DENIED: they are none that are wanted; any other: not now. */
static enum err_code read_file(const struct inbox *b, struct inbox_file *f)
{
	/* O_NONBLOCK: a pipe is not waited for, and neither is who holds a lease on it. */
	int fd = openat(
		b->folder, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return err_sys(&f->why, "it cannot be read");
	if (fstat(fd, &st))
		err_sys(&f->why, "it cannot be read");
	else
		f->why.code = judge(&st, &f->why);
	while (!f->why.code && f->length < sizeof(f->bytes)) {
		got = read(fd, f->bytes + f->length, sizeof(f->bytes) - f->length);
		if (got < 0)
			err_sys(&f->why, "it cannot be read");
		if (got <= 0)
			break;
		f->length += (size_t)got;
	}
	(void)close(fd);
	if (!f->why.code && f->length > INBOX_BYTES)
		err_set(&f->why, ERR_REFUSED, "it grows");
	return f->why.code;
}

static enum inbox_kind examine(struct inbox *b, struct inbox_file *f)
{
	struct stat st;

	if (fstatat(b->folder, f->name, &st, AT_SYMLINK_NOFOLLOW))
		return INBOX_NOTHING;
	f->owner = st.st_uid;
	if (met(b, st.st_uid) > INBOX_EACH)
		return INBOX_LATER;
	if (f->name[0] == '.') {
		err_set(&f->why, ERR_REFUSED, "it was never finished");
		return time(NULL) - st.st_mtime > STALE ? INBOX_BAD : INBOX_NOTHING;
	}
	if (judge(&st, &f->why))
		return INBOX_BAD;
	switch ((int)read_file(b, f)) {
	case ERR_NONE: return INBOX_SCAN;
	case ERR_REFUSED:
	case ERR_DENIED: return INBOX_BAD;
	default: return INBOX_NOTHING;
	}
}

enum err_code inbox_begin(struct inbox *b, struct err *e)
{
	struct stat st;

	if (fstat(b->folder, &st) || st.st_nlink == 0)
		return err_set(e, ERR_MISSING, "its folder was removed: restart casmand");
	rewinddir(b->list);
	b->owner_count = 0;
	return ERR_NONE;
}

enum inbox_kind inbox_next(struct inbox *b, struct inbox_file *f)
{
	const struct dirent *entry =
		readdir(b->list); /* NOLINT(concurrency-mt-unsafe): the stream is ours */

	if (!entry)
		return INBOX_END;
	f->length = 0;
	f->why.code = ERR_NONE;
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		!text_fit(f->name, sizeof(f->name), entry->d_name))
		return INBOX_NOTHING;
	return examine(b, f);
}

enum err_code inbox_remove(struct inbox *b, const char *name, struct err *e)
{
	if (unlinkat(b->folder, name, 0) == 0 || errno == ENOENT)
		return ERR_NONE;
	if (errno == EISDIR && unlinkat(b->folder, name, AT_REMOVEDIR) == 0)
		return ERR_NONE;
	return err_sys(e, "remove %s", name);
}
