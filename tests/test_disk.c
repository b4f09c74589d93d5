#include "check.h"
#include "common/scoped.h"
#include "daemon/io/disk.h"
#include "scratch.h"

static bool may_mount; /* we have mounts of our own */

static enum err_code write_text(int folder, const char *name, const char *string, struct err *e)
{
	struct text t = {0};

	text_add(&t, "%s", string);
	enum err_code code = disk_write(folder, name, 0600, &t, e);
	text_free(&t);
	return code;
}

static void holds(int folder, const char *name, const char *expected)
{
	struct text bytes = {0};
	struct err e;

	assert_int_equal(disk_read(folder, name, 1000, &bytes, &e), ERR_NONE);
	assert_string_equal(bytes.at, expected);
	assert_int_equal(bytes.length, strlen(expected));
	text_free(&bytes);
}

static void what_was_written_is_read_again_and_replaced_whole(void **state)
{
	struct scratch *s = *state;
	struct stat st;
	struct err e;

	assert_int_equal(write_text(s->fd, "a", "first", &e), ERR_NONE);
	holds(s->fd, "a", "first");
	assert_int_equal(write_text(s->fd, "a", "", &e), ERR_NONE);
	holds(s->fd, "a", "");
	assert_int_equal(fstatat(s->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(scratch_count(s->path), 1);
}

static void a_leftover_of_a_crash_is_in_nobodys_way(void **state)
{
	struct scratch *s = *state;
	struct err e;

	scratch_write(scratch_at(s, ".a.tmp"), "half of someth");
	assert_int_equal(write_text(s->fd, "a", "new", &e), ERR_NONE);
	holds(s->fd, "a", "new");
	assert_int_equal(scratch_count(s->path), 1);
}

static void reading_says_what_is_wrong(void **state)
{
	struct scratch *s = *state;
	static const struct {
		const char *name;
		enum err_code code;
		const char *says;
	} rows[] = {
		{"missing", ERR_MISSING, "open missing: No such file"},
		{"long",    ERR_CORRUPT, "long has more than 5 bytes"},
		{"folder",  ERR_CORRUPT, "folder is no plain file"   },
		{"pipe",    ERR_CORRUPT, "pipe is no plain file"     },
		{"link",    ERR_CORRUPT, "link is no plain file"     },
	};
	struct err e;

	scratch_write(scratch_at(s, "long"), "123456");
	assert_int_equal(mkdirat(s->fd, "folder", 0700), 0);
	assert_int_equal(mkfifoat(s->fd, "pipe", 0600), 0);
	assert_int_equal(symlinkat("long", s->fd, "link"), 0);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct text bytes = {0};

		assert_int_equal(disk_read(s->fd, rows[i].name, 5, &bytes, &e), rows[i].code);
		assert_non_null(strstr(e.text, rows[i].says));
		text_free(&bytes);
	}
}

static void writing_replaces_a_symbolic_link_not_what_it_points_to(void **state)
{
	struct scratch *s = *state;
	struct err e;

	scratch_write(scratch_at(s, "precious"), "precious");
	assert_int_equal(symlinkat("precious", s->fd, "a"), 0);
	assert_int_equal(symlinkat("precious", s->fd, ".a.tmp"), 0);
	assert_int_equal(write_text(s->fd, "a", "new", &e), ERR_NONE);
	holds(s->fd, "a", "new");
	holds(s->fd, "precious", "precious");
}

static void folders_are_made_as_far_as_they_are_missing(void **state)
{
	struct scratch *s = *state;
	struct stat st;
	struct err e;

	assert_int_equal(disk_make_folders(scratch_at(s, "a/b//c/"), 0750, &e), ERR_NONE);
	assert_int_equal(disk_make_folders(scratch_at(s, "a/b/c"), 0750, &e), ERR_NONE);
	assert_int_equal(disk_make_folders("/", 0750, &e), ERR_NONE);
	assert_int_equal(fstatat(s->fd, "a/b/c", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	scratch_write(scratch_at(s, "file"), "");
	assert_int_equal(disk_make_folders(scratch_at(s, "file/x"), 0750, &e), ERR_MISSING);
	assert_int_equal(disk_make_folders(scratch_at(s, "file"), 0750, &e), ERR_MISSING);
	assert_non_null(strstr(e.text, "/file: Not a directory"));
}

static void a_folder_below_is_made_only_when_asked(void **state)
{
	struct scratch *s = *state;
	struct err e;

	assert_int_equal(disk_open_below(s->fd, "a", 0, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	scoped(fd) int made = disk_open_below(s->fd, "a", 0750, &e);
	assert_true(made >= 0);
	scoped(fd) int again = disk_open_below(s->fd, "a", 0, &e);
	assert_true(again >= 0);
	assert_int_equal(symlinkat("a", s->fd, "link"), 0);
	scratch_write(scratch_at(s, "file"), "");
	assert_int_equal(disk_open_below(s->fd, "link", 0750, &e), -1);
	assert_int_equal(e.code, ERR_REFUSED);
	assert_string_equal(e.text, "link is no folder");
	assert_int_equal(disk_open_below(s->fd, "file", 0750, &e), -1);
	assert_int_equal(e.code, ERR_REFUSED);
}

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
	struct scratch *s = *state;
	static char much[100000];
	struct err e;

	memset(much, 'x', sizeof(much) - 1);
	assert_int_equal(mkdirat(s->fd, "small", 0700), 0);
	if (!may_mount)
		return;
	const char *path = scratch_at(s, "small");
	assert_int_equal(mount("tmpfs", path, "tmpfs", 0, "size=64k"), 0);
	scoped(fd) int small = disk_open_folder(path, &e);
	assert_int_equal(write_text(small, "kept", "kept", &e), ERR_NONE);
	assert_int_equal(write_text(small, "kept", much, &e), ERR_FULL);
	assert_string_equal(e.text, "write .kept.tmp: No space left on device");
	holds(small, "kept", "kept");
	assert_int_equal(scratch_count(path), 1);
	uint64_t left;
	assert_int_equal(disk_free_space(small, &left, &e), ERR_NONE);
	assert_true(left > 0 && left < 65536);
	assert_int_equal(close(give_fd(&small)), 0);
	assert_int_equal(umount(path), 0);
}

static void each_failing_step_is_told_by_name(void **state)
{
	struct scratch *s = *state;
	static const struct {
		unsigned call, error;
		enum err_code code;
		const char *says;
	} rows[] = {
		{SYS_fsync,    EIO,    ERR_IO,   "sync .a.tmp: Input/output error"        },
		{SYS_write,    EIO,    ERR_IO,   "write .a.tmp: Input/output error"       },
		{SYS_openat,   EROFS,  ERR_IO,   "create .a.tmp: Read-only file system"   },
		{SYS_renameat, EDQUOT, ERR_FULL, "rename .a.tmp to a: Disk quota exceeded"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		int status;

		(void)fflush(NULL);
		pid_t child = fork();
		if (child == 0) {
			struct err e;

			scratch_deny(rows[i].call, rows[i].error);
			if (write_text(s->fd, "a", "x", &e) == rows[i].code &&
				strcmp(e.text, rows[i].says) == 0)
				_exit(0);
			_exit(1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status)
			fail_msg("not: %s", rows[i].says);
		assert_int_equal(scratch_count(s->path), 0);
	}
}

static void what_is_removed_twice_is_gone(void **state)
{
	struct scratch *s = *state;
	struct err e;

	scratch_write(scratch_at(s, "a"), "");
	assert_int_equal(disk_remove(s->fd, "a", &e), ERR_NONE);
	assert_int_equal(disk_remove(s->fd, "a", &e), ERR_NONE);
	assert_int_equal(scratch_count(s->path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(what_was_written_is_read_again_and_replaced_whole),
		IN_SCRATCH(a_leftover_of_a_crash_is_in_nobodys_way),
		IN_SCRATCH(reading_says_what_is_wrong),
		IN_SCRATCH(writing_replaces_a_symbolic_link_not_what_it_points_to),
		IN_SCRATCH(folders_are_made_as_far_as_they_are_missing),
		IN_SCRATCH(a_folder_below_is_made_only_when_asked),
		IN_SCRATCH(a_full_disk_is_told_and_leaves_nothing),
		IN_SCRATCH(each_failing_step_is_told_by_name),
		IN_SCRATCH(what_is_removed_twice_is_gone),
	};

	may_mount = scratch_own_mounts();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
