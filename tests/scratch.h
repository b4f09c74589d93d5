/* scratch.h - a folder for one test, gone after it; other file systems in it; and system calls that
 * fail on purpose.
 *
 * A test that cannot be done here says `# skipped: why` and returns: cmocka's skip() says "not ok",
 * which meson takes for a failure.
 */
#pragma once

#include "tests/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRATCH_PATH 200

struct scratch {
	char path[64];
	int fd;
};

static inline void scratch_open_below(struct scratch *s, const char *folder)
{
	(void)snprintf(s->path, sizeof(s->path), "%s/casmand-test-XXXXXX", folder);
	assert_non_null(mkdtemp(s->path));
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->fd >= 0);
}

static inline void scratch_open(struct scratch *s)
{
	scratch_open_below(s, "/tmp");
}

static inline int scratch_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void scratch_close(struct scratch *s)
{
	assert_int_equal(close(s->fd), 0);
	assert_int_equal(nftw(s->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline int scratch_set_up(void **state)
{
	static struct scratch s;

	scratch_open(&s);
	*state = &s;
	return 0;
}

static inline int scratch_tear_down(void **state)
{
	scratch_close(*state);
	return 0;
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_set_up, scratch_tear_down)

/* The path of something in it; good until the next call. */
static inline const char *scratch_at(const struct scratch *s, const char *name)
{
	static char path[SCRATCH_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, name);
	return path;
}

static inline void scratch_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* How many names are in the folder, hidden ones included. */
static inline unsigned scratch_count(const char *path)
{
	DIR *folder = opendir(path);
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder)) /* NOLINT(concurrency-mt-unsafe): nobody else has this stream */
		count++;
	assert_int_equal(closedir(folder), 0);
	return count - 2;
}

/* Mounts of our own that nobody else sees and that end with us; before the first thread.  False and
 * a reason where we may not. */
static inline bool scratch_own_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	printf("# skipped: what needs mounts of our own: %s\n", strerrordesc_np(errno));
	return false;
}

/* Runs a program silently to its end; its exit code, -1 if there is no such program. */
static inline int scratch_run(const char *const *argv)
{
	posix_spawn_file_actions_t quiet;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int missing =
		posix_spawnp(&pid, argv[0], &quiet, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&quiet);
	if (missing)
		return -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A FAT file system of 2 MiB on `folder`.  False and a reason where that cannot be had. */
static inline bool scratch_mount_fat(const char *image, const char *folder)
{
	const char *const make[] = {"mkfs.vfat", "-C", image, "2048", NULL};
	const char *const attach[] = {"mount", "-t", "vfat", "-o", "loop", image, folder, NULL};

	if (scratch_run(make) != 0)
		printf("# skipped: FAT: there is no mkfs.vfat (package dosfstools)\n");
	else if (scratch_run(attach) != 0)
		printf("# skipped: FAT: mount -t vfat -o loop failed (does the kernel know "
		       "vfat?)\n");
	else
		return true;
	return false;
}

/* From here on this process's system call `number` fails with `error`: for a forked child. */
static inline void scratch_deny(unsigned number, unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = LENGTH(code), .filter = code};

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}
