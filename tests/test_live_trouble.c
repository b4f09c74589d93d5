/* What lies about a live database, and what may go wrong: promise P7, all or nothing.
 *
 * The first tests fork and want mounts of their own, so nothing before them may start a thread.
 */
#include "common/scoped.h"
#include "daemon/io/digest.h"
#include "live_world.h"

#include <grp.h>

#define NOBODY 65534

/* --- what a crash left beside it --------------------------------------- */

/* Its pages are half written, and the journal beside it says how they were. */
static void crash_in_a_write(struct app *app)
{
	app_does(app,
		"PRAGMA cache_size=2; PRAGMA cache_spill=1; BEGIN;"
		"UPDATE parts SET name = 'half', room = zeroblob(30000)");
	app_does(app, "INSERT INTO parts SELECT n + 10, 'half', zeroblob(9000) FROM parts");
	app_kill(app);
}

static void a_hot_journal_is_rolled_back_first(void **state)
{
	struct live_patience p = live_patience(1000);
	struct snapshot safety;
	struct live_world w;
	struct live *l = NULL;
	struct app app = {0};
	struct err e = {0};

	(void)state;
	live_world_open(&w, "");
	live_begin(&w, &app, "delete");
	crash_in_a_write(&app);
	assert_int_equal(snapshot_take(w.path, w.safety, 100, &safety, &e), ERR_RECOVERY);
	assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
	assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_NONE);
	assert_int_equal(live_copy(l, w.safety, &safety, &e), ERR_NONE);
	assert_int_equal(live_write(l, &e), ERR_NONE);
	live_close(l);
	assert_string_equal(
		live_asks(w.safety, "SELECT count(*) FROM parts WHERE name = 'now'"), "2");
	assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
	assert_string_equal(live_asks(w.path, "PRAGMA integrity_check"), "ok");
	live_world_close(&w);
}

static void what_a_crash_left_can_be_finished_without_writing(void **state)
{
	struct live_patience p = live_patience(1000);
	struct snapshot after;
	struct live_world w;
	struct app app = {0};
	struct err e = {0};

	(void)state;
	live_world_open(&w, "");
	live_begin(&w, &app, "delete");
	crash_in_a_write(&app);
	assert_int_equal(live_recover(w.path, false, &p, &e), ERR_NONE);
	assert_int_equal(snapshot_take(w.path, w.safety, 100, &after, &e), ERR_NONE);
	assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "2");
	assert_int_equal(live_recover(w.path, true, &p, &e), ERR_NONE);
	assert_string_equal(live_asks(w.path, "PRAGMA journal_mode"), "wal");
	live_world_close(&w);
}

static void rename_beside(const struct live_world *w, const char *from, const char *suffix)
{
	char to[SCRATCH_PATH + 16];

	(void)snprintf(to, sizeof(to), "%s%s", w->path, suffix);
	assert_int_equal(rename(from, to), 0);
}

/* A -wal of another day: taken from a database that was killed. */
static void stale_log(const struct live_world *w, struct app *app)
{
	char from[SCRATCH_PATH + 16], path[SCRATCH_PATH];

	(void)snprintf(path, sizeof(path), "%s/old.db", w->scratch.path);
	app_open(app, path, 1000);
	app_does(app, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; " LIVE_TABLE);
	app_does(app, "UPDATE parts SET name = 'stale'");
	app_kill(app);
	(void)snprintf(from, sizeof(from), "%s-wal", path);
	rename_beside(w, from, "-wal");
}

static void p7_a_stale_log_is_never_replayed_into_the_new_contents(void **state)
{
	static const char *const left[] = {"delete", "wal"};

	(void)state;
	for (size_t i = 0; i < LENGTH(left); i++) {
		struct live_world w;
		struct app app = {0};
		struct err e = {0};
		bool again = false;

		live_world_open(&w, "");
		live_begin(&w, &app, left[i]);
		app_close(&app);
		stale_log(&w, &app);
		assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
		assert_string_equal(
			live_asks(w.path, "SELECT count(*) FROM parts WHERE name = 'then'"), "300");
		assert_string_equal(live_asks(w.path, "PRAGMA integrity_check"), "ok");
		live_world_close(&w);
	}
}

static void frames_that_a_killed_application_left_are_in_the_safety_copy(void **state)
{
	struct live_world w;
	struct app app = {0};
	struct err e = {0};
	bool again = false;

	(void)state;
	live_world_open(&w, "");
	live_begin(&w, &app, "wal");
	app_does(&app, "PRAGMA wal_autocheckpoint=0; INSERT INTO parts(name) VALUES('last')");
	app_kill(&app);
	assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
	assert_string_equal(
		live_asks(w.safety, "SELECT count(*) FROM parts WHERE name = 'last'"), "1");
	assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
	live_world_close(&w);
}

/* --- damage ------------------------------------------------------------ */

static void scribble(const char *path, off_t at, size_t count)
{
	unsigned char noise[4096];
	scoped(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	memset(noise, 0xa5, sizeof(noise));
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, noise, count, at), count);
}

static void a_damaged_database_is_written_like_any_other(void **state)
{
	static const struct {
		off_t at;
		size_t count;
	} table[] = {
		{100,  400 }, /* the schema's own page */
		{3900, 100 }, /* a statement in it */
		{4096, 4096}, /* rows */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(table) * 2; i++) {
		struct live_world w;
		struct app app = {0};
		struct err e = {0};
		bool again = false;

		live_world_open(&w, "");
		live_begin(&w, &app, i % 2 ? "wal" : "delete");
		app_close(&app);
		scribble(w.path, table[i / 2].at, table[i / 2].count);
		assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
		assert_false(again);
		assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
		assert_string_equal(live_asks(w.path, "PRAGMA integrity_check"), "ok");
		assert_string_equal(
			live_asks(w.path, "PRAGMA journal_mode"), i % 2 ? "wal" : "delete");
		live_world_close(&w);
	}
}

static void what_is_no_database_is_not_written_here(void **state)
{
	struct live_patience p = live_patience(100);
	struct live_world w;
	struct app app = {0};
	struct live *l = NULL;
	struct err e = {0};

	(void)state;
	live_world_open(&w, "");
	assert_int_equal(live_open(&l, w.path, &e), ERR_MISSING);
	scratch_write(w.path, "<html>");
	assert_int_equal(live_open(&l, w.path, &e), ERR_CORRUPT);
	assert_int_equal(unlink(w.path), 0);
	live_begin(&w, &app, "delete");
	app_close(&app);
	assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
	scribble(w.path, 0, 16); /* meanwhile */
	assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_CORRUPT);
	live_close(l);
	live_world_close(&w);
}

static void an_empty_file_gets_the_contents_and_stays_the_same_file(void **state)
{
	struct stat before, after;
	struct live_world w;
	struct err e = {0};
	bool again = false;

	(void)state;
	live_world_open(&w, "PRAGMA page_size=1024");
	scratch_write(w.path, "");
	assert_int_equal(stat(w.path, &before), 0);
	assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
	assert_int_equal(stat(w.path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
	live_world_close(&w);
}

static void a_file_that_was_replaced_meanwhile_is_the_one_that_is_written(void **state)
{
	struct live_patience p = live_patience(1000);
	struct snapshot safety;
	struct live_world w;
	struct app app = {0};
	struct live *l = NULL;
	struct err e = {0};

	(void)state;
	live_world_open(&w, "");
	live_begin(&w, &app, "wal");
	app_close(&app);
	assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
	assert_int_equal(snapshot_take(w.path, w.safety, 100, &safety, &e), ERR_NONE);
	live_sql(scratch_at(&w.scratch, "new"),
		"CREATE TABLE parts(n); INSERT INTO parts VALUES(7)");
	(void)unlink(scratch_at(&w.scratch, "parts.db-wal"));
	(void)unlink(scratch_at(&w.scratch, "parts.db-shm"));
	assert_int_equal(rename(scratch_at(&w.scratch, "new"), w.path), 0);
	assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_NONE);
	assert_true(live_moved(l, &safety));
	assert_int_equal(live_copy(l, w.safety, &safety, &e), ERR_NONE);
	assert_int_equal(live_write(l, &e), ERR_NONE);
	live_close(l);
	assert_string_equal(live_asks(w.safety, "SELECT n FROM parts"), "7");
	assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
	live_world_close(&w);
}

/* --- what the system refuses ------------------------------------------- */

/* As a user who owns nothing here. */
static enum err_code restore_as_nobody(struct live_world *w)
{
	int status;

	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct err e = {0};
		bool again = false;

		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			_exit(99);
		_exit((int)live_restore(w, &again, &e));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (enum err_code)WEXITSTATUS(status);
}

static void who_may_not_write_is_told_so_and_has_changed_nothing(void **state)
{
	static const struct {
		const char *mode;
		mode_t file, folder;
	} table[] = {
		{"delete", 0644, 0777}, /* the file */
		{"delete", 0666, 0755}, /* no journal beside it */
		{"wal",    0666, 0777}, /* another's -shm */
	};

	(void)state;
	if (geteuid() != 0) {
		printf("# skipped: only root can be somebody else\n");
		return;
	}
	for (size_t i = 0; i < LENGTH(table); i++) {
		struct live_world w;
		struct app app = {0};

		live_world_open(&w, "");
		live_begin(&w, &app, table[i].mode);
		app_close(&app);
		assert_int_equal(chown(w.copy, NOBODY, NOBODY), 0);
		assert_int_equal(chmod(w.path, table[i].file), 0);
		assert_int_equal(chmod(w.scratch.path, table[i].folder), 0);
		assert_int_equal(restore_as_nobody(&w), ERR_DENIED);
		assert_string_equal(
			live_asks(w.path, "SELECT count(*) FROM parts WHERE name = 'now'"), "2");
		live_world_close(&w);
	}
}

/* A page more room each time, until all of it fits. */
static void restore_on_a_disk_that_gets_larger(const char *mode, const char *how)
{
	unsigned full = 0;
	struct live_world w;
	char disk[SCRATCH_PATH], options[64];
	enum err_code code = ERR_FULL;

	live_world_open(&w, how);
	(void)snprintf(disk, sizeof(disk), "%s", scratch_at(&w.scratch, "disk"));
	(void)snprintf(w.path, sizeof(w.path), "%s/disk/parts.db", w.scratch.path);
	assert_int_equal(mkdir(disk, 0755), 0);
	for (unsigned room = 60; code; room += 4) {
		struct app app = {0};
		struct err e = {0};
		bool again = false;

		assert_true(room < 400);
		assert_int_equal(mount("none", disk, "tmpfs", 0, ""), 0);
		live_begin(&w, &app, mode);
		app_close(&app);
		(void)snprintf(options, sizeof(options), "size=%uk", room);
		assert_int_equal(mount("none", disk, NULL, MS_REMOUNT, options), 0);
		code = live_restore(&w, &again, &e);
		assert_true(code == ERR_NONE || code == ERR_FULL);
		full += code == ERR_FULL;
		assert_int_equal(mount("none", disk, NULL, MS_REMOUNT, "size=10m"), 0);
		assert_string_equal(live_asks(w.path, "PRAGMA integrity_check"), "ok");
		assert_string_equal(
			live_asks(w.path, "SELECT count(*) FROM parts"), code ? "2" : "300");
		assert_int_equal(umount(disk), 0);
	}
	assert_true(full > 3); /* else nothing was tried */
	live_world_close(&w);
}

static void p7_a_disk_that_gets_full_at_any_moment_leaves_the_old_contents(void **state)
{
	(void)state;
	if (!scratch_own_mounts())
		return;
	restore_on_a_disk_that_gets_larger("delete", "");
	restore_on_a_disk_that_gets_larger("truncate", "PRAGMA page_size=1024");
	restore_on_a_disk_that_gets_larger("wal", "");
	restore_on_a_disk_that_gets_larger("wal", "PRAGMA page_size=1024");
}

static void p7_a_file_system_that_is_read_only_is_left_alone(void **state)
{
	struct live_world w;
	struct app app = {0};
	struct err e = {0};
	bool again = false;

	(void)state;
	if (!scratch_own_mounts())
		return;
	live_world_open(&w, "");
	(void)snprintf(w.path, sizeof(w.path), "%s/disk/parts.db", w.scratch.path);
	assert_int_equal(mkdir(scratch_at(&w.scratch, "disk"), 0755), 0);
	assert_int_equal(mount("none", scratch_at(&w.scratch, "disk"), "tmpfs", 0, ""), 0);
	live_begin(&w, &app, "delete");
	app_close(&app);
	assert_int_equal(
		mount("none", scratch_at(&w.scratch, "disk"), NULL, MS_REMOUNT | MS_RDONLY, ""), 0);
	assert_int_equal(live_restore(&w, &again, &e), ERR_DENIED);
	assert_int_equal(umount(scratch_at(&w.scratch, "disk")), 0);
	live_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hot_journal_is_rolled_back_first),
		cmocka_unit_test(what_a_crash_left_can_be_finished_without_writing),
		cmocka_unit_test(p7_a_stale_log_is_never_replayed_into_the_new_contents),
		cmocka_unit_test(frames_that_a_killed_application_left_are_in_the_safety_copy),
		cmocka_unit_test(a_damaged_database_is_written_like_any_other),
		cmocka_unit_test(what_is_no_database_is_not_written_here),
		cmocka_unit_test(an_empty_file_gets_the_contents_and_stays_the_same_file),
		cmocka_unit_test(a_file_that_was_replaced_meanwhile_is_the_one_that_is_written),
		cmocka_unit_test(who_may_not_write_is_told_so_and_has_changed_nothing),
		cmocka_unit_test(p7_a_disk_that_gets_full_at_any_moment_leaves_the_old_contents),
		cmocka_unit_test(p7_a_file_system_that_is_read_only_is_left_alone),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
