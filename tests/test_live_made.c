/* A proven copy where no database is: promise P7. */
#include "daemon/io/digest.h"
#include "daemon/io/live_made.h"
#include "live_world.h"

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static int set_up(void **state)
{
	static struct live_world w;

	live_world_open(&w, "");
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	live_world_close(*state);
	return 0;
}

static const char *beside(const struct live_world *w, const char *suffix)
{
	static char path[SCRATCH_PATH + 16];

	(void)snprintf(path, sizeof(path), "%s%s", w->path, suffix);
	return path;
}

static void litter(const struct live_world *w)
{
	scratch_write(beside(w, "-wal"), "stale");
	scratch_write(beside(w, "-shm"), "stale");
	scratch_write(beside(w, "-journal"), "stale");
}

static void is_there_alone(const struct live_world *w)
{
	/* before SQLite sees them */
	assert_int_not_equal(access(beside(w, "-wal"), F_OK), 0);
	assert_int_not_equal(access(beside(w, "-shm"), F_OK), 0);
	assert_int_not_equal(access(beside(w, "-journal"), F_OK), 0);
	assert_string_equal(live_asks(w->path, "SELECT count(*) FROM parts"), "300");
}

static void a_missing_file_gets_the_folders_owner_and_mode(void **state)
{
	struct live_world *w = *state;
	struct stat st;
	struct err e;

	litter(w);
	assert_int_equal(chmod(w->scratch.path, 0770), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(w->scratch.path, 12, 34), 0);
	assert_int_equal(live_made(w->path, w->copy, NULL, &e), ERR_NONE);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	if (geteuid() == 0)
		assert_true(st.st_uid == 12 && st.st_gid == 34);
	is_there_alone(w);
	assert_int_equal(scratch_count(w->scratch.path), 2);
}

static void what_is_no_database_is_kept_and_replaced(void **state)
{
	struct live_world *w = *state;
	char was[DIGEST_TEXT];
	struct stat st;
	struct err e;

	scratch_write(w->path, "<html>");
	assert_int_equal(chmod(w->path, 0604), 0);
	litter(w);
	assert_int_equal(live_made_keep(w->path, w->safety, was, &e), ERR_NONE);
	assert_int_equal(live_made(w->path, w->copy, was, &e), ERR_NONE);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	is_there_alone(w);
	assert_int_equal(stat(w->safety, &st), 0);
	assert_int_equal(st.st_size, strlen("<html>"));
	assert_int_equal(access(scratch_at(&w->scratch, "safety-wal"), F_OK), 0);
	assert_int_equal(access(scratch_at(&w->scratch, "safety-journal"), F_OK), 0);
	/* the copy, the database, what was kept of three files */
	assert_int_equal(scratch_count(w->scratch.path), 5);
}

static void what_appeared_meanwhile_is_not_replaced(void **state)
{
	struct live_world *w = *state;
	struct app app;
	struct err e;

	live_begin(w, &app, "wal");
	assert_int_equal(live_made(w->path, w->copy, NULL, &e), ERR_EXISTS);
	app_does(&app, "INSERT INTO parts(name) VALUES('more')");
	app_kill(&app);
	assert_string_equal(live_asks(w->path, "SELECT count(*) FROM parts"), "3");
	assert_int_equal(scratch_count(w->scratch.path), 2);
}

static void what_changed_meanwhile_is_not_replaced(void **state)
{
	struct live_world *w = *state;
	char was[DIGEST_TEXT];
	struct err e;

	scratch_write(w->path, "<html>");
	assert_int_equal(live_made_keep(w->path, w->safety, was, &e), ERR_NONE);
	assert_int_equal(unlink(w->path), 0);
	live_sql(w->path, LIVE_TABLE);
	assert_int_equal(live_made(w->path, w->copy, was, &e), ERR_EXISTS);
	assert_string_equal(live_asks(w->path, "SELECT count(*) FROM parts"), "2");
	assert_int_equal(scratch_count(w->scratch.path), 3);
}

static void a_link_is_not_followed(void **state)
{
	struct live_world *w = *state;
	char was[DIGEST_TEXT];
	struct err e;

	scratch_write(scratch_at(&w->scratch, "other"), "theirs");
	assert_int_equal(symlink("other", w->path), 0);
	assert_int_equal(live_made_keep(w->path, w->safety, was, &e), ERR_CORRUPT);
	assert_int_equal(live_made(w->path, w->copy, NULL, &e), ERR_EXISTS);
	assert_int_equal(scratch_count(w->scratch.path), 3);
}

static void a_disk_that_is_full_leaves_what_was(void **state)
{
	struct live_world *w = *state;
	char was[DIGEST_TEXT];
	struct stat st;
	struct err e;

	if (!scratch_own_mounts())
		return;
	(void)snprintf(w->path, sizeof(w->path), "%s/disk/parts.db", w->scratch.path);
	assert_int_equal(mkdir(scratch_at(&w->scratch, "disk"), 0755), 0);
	assert_int_equal(mount("none", scratch_at(&w->scratch, "disk"), "tmpfs", 0, "size=16k"), 0);
	scratch_write(w->path, "<html>");
	assert_int_equal(live_made_keep(w->path, w->safety, was, &e), ERR_NONE);
	assert_int_equal(live_made(w->path, w->copy, was, &e), ERR_FULL);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_size, strlen("<html>"));
	assert_int_equal(scratch_count(scratch_at(&w->scratch, "disk")), 1);
	assert_int_equal(umount(scratch_at(&w->scratch, "disk")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_missing_file_gets_the_folders_owner_and_mode),
		IN_WORLD(what_is_no_database_is_kept_and_replaced),
		IN_WORLD(what_appeared_meanwhile_is_not_replaced),
		IN_WORLD(what_changed_meanwhile_is_not_replaced),
		IN_WORLD(a_link_is_not_followed),
		IN_WORLD(a_disk_that_is_full_leaves_what_was),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
