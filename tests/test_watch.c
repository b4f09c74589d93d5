/* What a file is told of what happens to it in its folder. */
#include "lookout.h"

#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>

#define QUIET_TURNS 10

static void sql(sqlite3 *db, const char *text)
{
	char *wrong = NULL;

	sqlite3_exec(db, text, NULL, NULL, &wrong);
	assert_null(wrong);
}

static sqlite3 *open_database(const char *name, const char *mode)
{
	sqlite3 *db;
	char text[64];

	assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
	(void)snprintf(text, sizeof(text), "PRAGMA journal_mode=%s", mode);
	sql(db, text);
	sql(db, "CREATE TABLE IF NOT EXISTS parts(id INTEGER PRIMARY KEY, name TEXT)");
	return db;
}

/* P12: nothing is told, and the loop would sleep for ever. */
static void expect_quiet(struct lookout *l, struct seen *s)
{
	for (int i = 0; i < QUIET_TURNS; i++)
		uv_run(&l->loop, UV_RUN_NOWAIT);
	expect_nothing(l, s);
	assert_int_equal(uv_backend_timeout(&l->loop), -1);
}

static void each_commit_touches(struct lookout *l, const char *mode)
{
	struct seen s = {0};
	sqlite3 *db = open_database("data/parts.db", mode);

	add(l, &s, "data/parts.db");
	for (int i = 0; i < 3; i++) {
		sql(db, "INSERT INTO parts(name) VALUES('ANT00001P1')");
		expect_touched(l, &s);
		expect_quiet(l, &s);
	}
	sql(db, "SELECT count(*) FROM parts"); /* a reader that is there already */
	expect_quiet(l, &s);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	turn(l);
	s.told = s.moved = 0;
	expect_quiet(l, &s);
	watch_remove(s.file);
}

static void each_commit_touches_in_every_journal_mode(void **state)
{
	static const char *const modes[] = {"DELETE", "TRUNCATE", "PERSIST", "WAL"};

	for (size_t i = 0; i < LENGTH(modes); i++)
		each_commit_touches(*state, modes[i]);
}

static void a_database_that_is_made_later_is_told(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "data/parts.db");
	sqlite3 *db = open_database("data/parts.db", "WAL");
	expect_moved(l, &s);
	sql(db, "INSERT INTO parts(name) VALUES('ANT00001P1')");
	expect_touched(l, &s);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void only_the_database_its_wal_and_its_journal_matter(void **state)
{
	static const char *const matter[] = {"parts.db", "parts.db-wal", "parts.db-journal"};
	static const char *const others[] = {"parts.db-shm", "parts.db2", "parts.db-wal2",
		"parts.db-journal2", "parts.d", "parts", "xparts.db", "-wal", "PARTS.DB"};
	struct lookout *l = *state;
	struct seen s = {0};

	assert_int_equal(chdir("data"), 0);
	write_to("parts.db");
	add(l, &s, "data/parts.db");
	for (size_t i = 0; i < LENGTH(matter); i++) {
		write_to(matter[i]);
		expect_touched(l, &s);
	}
	for (size_t i = 0; i < LENGTH(others); i++) {
		write_to(others[i]);
		move(others[i], "other");
		drop("other");
		expect_nothing(l, &s);
	}
	drop("parts.db-wal");
	expect_touched(l, &s);
}

static bool was_logged(struct lookout *l, struct seen *s)
{
	turn(l);
	s->told = s->moved = 0;
	return watch_logged(s->file);
}

/* So that a close, which takes the -wal away with all that could be counted in it, is told from a
 * commit. */
static void a_wal_is_logged_by_commits_and_not_by_a_close(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};
	sqlite3 *db = open_database("data/parts.db", "WAL");

	add(l, &s, "data/parts.db");
	assert_true(was_logged(l, &s)); /* nobody knows what was before */
	assert_false(was_logged(l, &s));
	sql(db, "INSERT INTO parts(name) VALUES('ANT00001P1')");
	assert_true(was_logged(l, &s));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(access("data/parts.db-wal", F_OK), -1);
	assert_false(was_logged(l, &s));
	move("data/parts.db", "data/old");
	move("data/old", "data/parts.db");
	assert_true(was_logged(l, &s)); /* it may be another one */
}

static void moved_is_told_of_the_database_file_alone(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "data/parts.db");
	write_to("data/parts.db");
	expect_moved(l, &s);
	write_to("data/new");
	move("data/new", "data/parts.db");
	expect_moved(l, &s);
	move("data/parts.db", "data/old");
	expect_moved(l, &s);
	write_to("data/old");
	expect_nothing(l, &s);
	move("data/old", "data/parts.db");
	expect_moved(l, &s);
	drop("data/parts.db");
	expect_moved(l, &s);
	write_to("data/parts.db-journal");
	drop("data/parts.db-journal");
	expect_touched(l, &s);
}

static void two_databases_in_one_folder_are_told_apart(void **state)
{
	struct lookout *l = *state;
	struct seen parts = {0}, assembled = {0};

	write_to("data/parts.db");
	write_to("data/assembled_casm.db");
	add(l, &parts, "data/parts.db");
	add(l, &assembled, "data/assembled_casm.db");
	write_to("data/parts.db-wal");
	expect_touched(l, &parts);
	expect_nothing(l, &assembled);
	write_to("data/assembled_casm.db-journal");
	expect_touched(l, &assembled);
	expect_nothing(l, &parts);
	watch_remove(parts.file);
	write_to("data/parts.db");
	write_to("data/assembled_casm.db");
	expect_touched(l, &assembled);
	expect_nothing(l, &parts);
}

static void two_watchers_of_one_database_are_both_told(void **state)
{
	struct lookout *l = *state;
	struct seen one = {0}, two = {0};

	write_to("data/parts.db");
	make_link("data", "alias");
	add(l, &one, "data/parts.db");
	add(l, &two, "alias/parts.db");
	write_to("data/parts.db");
	expect_touched(l, &one);
	expect_touched(l, &two);
	watch_remove(one.file);
	write_to("data/parts.db");
	expect_touched(l, &two);
}

static void many_events_are_one_call(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	write_to("data/parts.db");
	add(l, &s, "data/parts.db");
	for (int i = 0; i < 500; i++) {
		write_to("data/parts.db");
		write_to("data/parts.db-journal");
		drop("data/parts.db-journal");
	}
	expect_touched(l, &s);
	write_to("data/parts.db");
	drop("data/parts.db");
	expect_moved(l, &s);
}

static unsigned long queue_length(void)
{
	char text[32];
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_int_equal(fclose(f), 0);
	return strtoul(text, NULL, 10);
}

static void after_an_overflow_every_file_is_told(void **state)
{
	struct lookout *l = *state;
	struct seen parts = {0}, elsewhere = {0};

	make_folder("more");
	write_to("data/parts.db");
	write_to("more/other.db");
	add(l, &parts, "data/parts.db");
	add(l, &elsewhere, "more/other.db");
	for (unsigned long i = queue_length() / 2 + 10; i > 0; i--) {
		write_to("data/noise");
		drop("data/noise"); /* with the above, two events or more */
	}
	move("more", "less"); /* unheard */
	expect_moved(l, &parts);
	expect_moved(l, &elsewhere);
	move("less", "more"); /* heard: it is waited for */
	expect_moved(l, &elsewhere);
	write_to("data/parts.db");
	expect_touched(l, &parts);
}

static void a_refresh_tells_every_file_in_the_next_turn(void **state)
{
	struct lookout *l = *state;
	struct seen parts = {0}, missing = {0};

	write_to("data/parts.db");
	add(l, &parts, "data/parts.db");
	add(l, &missing, "nowhere/other.db");
	watch_refresh(l->watch);
	assert_int_equal(parts.told, 0);
	expect_moved(l, &parts);
	expect_moved(l, &missing);
	expect_quiet(l, &parts);
}

/* P3: watching opens no database file and leaves nothing beside it. */
static void watching_opens_no_file(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};
	char bytes[4096];

	assert_int_equal(sqlite3_close(open_database("data/parts.db", "WAL")), SQLITE_OK);
	int witness = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	assert_true(inotify_add_watch(witness, "data", IN_ALL_EVENTS) > 0);
	add(l, &s, "data/parts.db");
	watch_refresh(l->watch);
	expect_moved(l, &s);
	move("data", "gone");
	expect_moved(l, &s);
	move("gone", "data");
	expect_moved(l, &s);
	watch_remove(s.file);
	ssize_t got = read(witness, bytes, sizeof(bytes));
	for (char *at = bytes; got > 0 && at < bytes + got;) {
		const struct inotify_event *ev = (const void *)at;
		assert_int_equal(ev->mask & ~(uint32_t)IN_ISDIR, IN_MOVE_SELF);
		at += sizeof(*ev) + ev->len;
	}
	assert_int_equal(close(witness), 0);
	assert_int_equal(access("data/parts.db-wal", F_OK), -1);
	assert_int_equal(access("data/parts.db-shm", F_OK), -1);
}

#define WITH_LOOKOUT(test) cmocka_unit_test_setup_teardown(test, open_lookout, close_lookout)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOKOUT(each_commit_touches_in_every_journal_mode),
		WITH_LOOKOUT(a_database_that_is_made_later_is_told),
		WITH_LOOKOUT(only_the_database_its_wal_and_its_journal_matter),
		WITH_LOOKOUT(a_wal_is_logged_by_commits_and_not_by_a_close),
		WITH_LOOKOUT(moved_is_told_of_the_database_file_alone),
		WITH_LOOKOUT(two_databases_in_one_folder_are_told_apart),
		WITH_LOOKOUT(two_watchers_of_one_database_are_both_told),
		WITH_LOOKOUT(many_events_are_one_call),
		WITH_LOOKOUT(after_an_overflow_every_file_is_told),
		WITH_LOOKOUT(a_refresh_tells_every_file_in_the_next_turn),
		WITH_LOOKOUT(watching_opens_no_file),
	};

	/* Others mount and unmount on this machine, which wakes every watch; where we may, not ours. */
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
