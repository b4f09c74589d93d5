/* lookout.h - a loop with a watch in a folder of its own, for the tests of watch.
 *
 * The test's working folder is that folder, so it may say "data/parts.db" where the watch is given
 * the whole path.  The kernel queues events within the system call that causes them: what a test
 * did is there to be read, and nothing is ever slept for.
 */
#pragma once

#include "check.h"
#include "common/text.h"
#include "daemon/io/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#define TURNS_MAX 1000 /* a loop that finds no rest after so many has run wild */

struct lookout {
	uv_loop_t loop;
	struct watch *watch;
	char folder[64];
	bool closed;
};

/* What one file was told, and what it does then. */
struct seen {
	struct watch_file *file;
	unsigned told, moved;
	void (*then)(struct seen *s);
	struct seen *other;
	struct lookout *lookout;
};

/* Stands before the C library's: lets a test do something in the moment between a look and its
 * mark, and lets the kernel refuse. */
static void (*before_mark)(const char *path);
static int refuse_marks; /* errno; 0: they are made */

int inotify_add_watch(int fd, const char *path, uint32_t bits)
{
	if (before_mark)
		before_mark(path);
	if (refuse_marks) {
		errno = refuse_marks;
		return -1;
	}
	return (int)syscall(SYS_inotify_add_watch, fd, path, bits);
}

static inline void on_closed(void *arg)
{
	struct lookout *l = arg;

	l->closed = true;
}

static inline void on_touched(void *arg, bool moved)
{
	struct seen *s = arg;

	s->told++;
	s->moved += moved;
	if (s->then)
		s->then(s);
}

/* How many descriptors of a watch this process has open.  All must be closed on exec. */
static inline int watch_descriptors(void)
{
	int found = 0;

	for (int fd = 0; fd < 64; fd++) {
		char link[64], target[64] = "";
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, target, sizeof(target) - 1) < 0)
			continue;
		if (!strstr(target, "inotify") && !strstr(target, "mountinfo"))
			continue;
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		found++;
	}
	return found;
}

static inline int open_lookout(void **state)
{
	struct lookout *l = calloc(1, sizeof(*l));
	struct err e;

	assert_non_null(l);
	assert_true(text_fit(l->folder, sizeof(l->folder), "/tmp/casmand-watch-XXXXXX"));
	assert_non_null(mkdtemp(l->folder));
	assert_int_equal(chmod(l->folder, 0755), 0);
	assert_int_equal(chdir(l->folder), 0);
	assert_int_equal(mkdir("data", 0755), 0);
	assert_int_equal(uv_loop_init(&l->loop), 0);
	assert_int_equal(watch_open(&l->watch, &l->loop, &e), ERR_NONE);
	assert_int_equal(watch_descriptors(), 2);
	*state = l;
	return 0;
}

static inline void end_loop(struct lookout *l)
{
	uv_run(&l->loop, UV_RUN_DEFAULT);
	assert_true(l->closed);
	assert_int_equal(uv_loop_close(&l->loop), 0);
}

static inline int unlink_one(const char *path, const struct stat *s, int type, struct FTW *where)
{
	(void)s;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int close_lookout(void **state)
{
	struct lookout *l = *state;

	before_mark = NULL;
	refuse_marks = 0;
	if (!l->closed) {
		watch_close(l->watch, on_closed, l);
		end_loop(l);
	}
	assert_int_equal(watch_descriptors(), 0);
	assert_int_equal(chdir("/"), 0);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(nftw(l->folder, unlink_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(l);
	return 0;
}

/* Turns the loop until it has nothing more to do. */
static inline void turn(struct lookout *l)
{
	struct pollfd ready = {uv_backend_fd(&l->loop), POLLIN, 0};
	int turns = 0;

	do
		uv_run(&l->loop, UV_RUN_NOWAIT);
	while ((uv_backend_timeout(&l->loop) == 0 || poll(&ready, 1, 0) > 0) &&
		++turns < TURNS_MAX);
	assert_true(turns < TURNS_MAX);
}

/* The whole path of `name`; overwritten by the fourth next. */
static inline const char *whole(const struct lookout *l, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % LENGTH(paths)];

	(void)snprintf(path, PATH_MAX, "%s/%s", l->folder, name);
	return path;
}

static inline void add(struct lookout *l, struct seen *s, const char *name)
{
	s->lookout = l;
	s->file = watch_add(l->watch, whole(l, name), on_touched, s);
	turn(l);
	assert_int_equal(s->told, 0);
}

/* Turns, then: what was told since the last time?  One call at most for each turn with news. */
static inline void expect(struct lookout *l, struct seen *s, unsigned told, unsigned moved)
{
	turn(l);
	assert_int_equal(s->told, told);
	assert_int_equal(s->moved, moved);
	s->told = s->moved = 0;
}

static inline void expect_moved(struct lookout *l, struct seen *s)
{
	expect(l, s, 1, 1);
}

static inline void expect_touched(struct lookout *l, struct seen *s)
{
	expect(l, s, 1, 0);
}

static inline void expect_nothing(struct lookout *l, struct seen *s)
{
	expect(l, s, 0, 0);
}

static inline void expect_path(struct lookout *l, const struct seen *s, const char *name)
{
	assert_string_equal(watch_path(s->file), whole(l, name));
}

/* Adds a byte to the file, which is made if it is not there. */
static inline void write_to(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(close(fd), 0);
}

static inline void make_folder(const char *name)
{
	assert_int_equal(mkdir(name, 0755), 0);
}

static inline void move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

static inline void drop(const char *name)
{
	assert_int_equal(remove(name), 0);
}

static inline void make_link(const char *target, const char *name)
{
	assert_int_equal(symlink(target, name), 0);
}

/* a/b/c/parts.db, none of which is there yet. */
static inline void fill_a(void)
{
	make_folder("a");
	make_folder("a/b");
	make_folder("a/b/c");
	write_to("a/b/c/parts.db");
}

/* As the kernel knows it: the bits that are asked of what lies at `name`; 0 if nothing is. */
static inline uint32_t kernel_bits(const char *name)
{
	struct stat s;
	uint32_t found = 0;

	assert_int_equal(lstat(name, &s), 0);
	for (int fd = 0; fd < 64; fd++) {
		char path[64], line[256];
		(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		FILE *info = fopen(path, "re");
		while (info && fgets(line, sizeof(line), info)) {
			unsigned long inode;
			unsigned bits;
			if (sscanf(line, "inotify wd:%*x ino:%lx sdev:%*x mask:%x", &inode,
				    &bits) == 2 &&
				inode == s.st_ino)
				found |= bits;
		}
		if (info)
			(void)fclose(info);
	}
	return found & IN_ALL_EVENTS;
}
