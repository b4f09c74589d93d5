/* Promises P7 and P8: contents are replaced under an application that goes on. */
#include "daemon/io/digest.h"
#include "live_world.h"

static const char *const modes[] = {"delete", "truncate", "persist", "wal"};

static void p7_an_application_sees_the_new_rows_in_the_same_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modes); i++) {
		struct live_world w;
		struct app app = {0};
		struct stat before, after;
		bool again = false;
		struct err e = {0};

		live_world_open(&w, "PRAGMA journal_mode=wal");
		live_begin(&w, &app, modes[i]);
		assert_int_equal(chmod(w.path, 0640), 0);
		assert_int_equal(stat(w.path, &before), 0);
		app_sees(&app, "SELECT count(*) FROM parts", "2");
		assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
		assert_false(again);
		app_sees(&app, "SELECT count(*) FROM parts WHERE name = 'then'", "300");
		app_sees(&app, "PRAGMA journal_mode", modes[i]);
		app_does(&app, "INSERT INTO parts(name) VALUES('after')");
		app_sees(&app, "PRAGMA integrity_check", "ok");
		assert_int_equal(stat(w.path, &after), 0);
		assert_int_equal(after.st_ino, before.st_ino);
		assert_int_equal(after.st_mode, before.st_mode);
		app_close(&app);
		assert_string_equal(live_asks(w.path, "SELECT max(n) FROM parts"), "301");
		assert_string_equal(live_asks(w.safety, "SELECT count(*) FROM parts"), "2");
		assert_string_equal(
			live_asks(w.path, "PRAGMA journal_mode"), i == 3 ? "wal" : "delete");
		live_world_close(&w);
	}
}

/* In WAL mode another page size waits until nobody has it open (below). */
static void p7_what_is_not_in_a_row_comes_along_too(void **state)
{
	static const struct {
		const char *how, *asked, *wanted;
	} table[] = {
		{"PRAGMA page_size=1024",   "PRAGMA page_size",   "1024" },
		{"PRAGMA page_size=16384",  "PRAGMA page_size",   "16384"},
		{"PRAGMA auto_vacuum=FULL", "PRAGMA auto_vacuum", "1"    },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(table) * LENGTH(modes); i++) {
		const char *mode = modes[i % LENGTH(modes)];
		size_t k = i / LENGTH(modes);
		struct live_world w;
		struct app app = {0};
		struct err e = {0};
		bool again = false;

		live_world_open(&w, table[k].how);
		live_begin(&w, &app, mode);
		if (*mode == 'w') {
			app_close(&app);
			app_open(&app, w.path, 1000);
		}
		assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
		app_sees(&app, "SELECT count(*) FROM parts WHERE name = 'then'", "300");
		app_sees(&app, table[k].asked, table[k].wanted);
		app_sees(&app, "PRAGMA journal_mode", mode);
		app_does(&app, "DELETE FROM parts WHERE n > 1");
		app_sees(&app, "PRAGMA integrity_check", "ok");
		app_close(&app);
		live_world_close(&w);
	}
}

/* A connection keeps the encoding that it found first: that is SQLite's way. */
static void another_encoding_is_told_as_programs_have_to_open_it_again(void **state)
{
	static const char *const encodings[] = {"UTF-8", "UTF-16le"};

	(void)state;
	for (size_t i = 0; i < LENGTH(encodings); i++) {
		struct live_patience p = live_patience(1000);
		struct live_world w;
		struct app app = {0};
		struct live *l = NULL;
		struct err e = {0};
		char how[64];

		(void)snprintf(how, sizeof(how), "PRAGMA encoding='%s'", encodings[i]);
		live_world_open(&w, how);
		live_begin(&w, &app, "delete");
		assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
		assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_NONE);
		assert_int_equal(live_recodes(l), i == 1);
		assert_int_equal(live_write(l, &e), ERR_NONE);
		live_close(l);
		app_close(&app);
		assert_string_equal(live_asks(w.path, "PRAGMA encoding"), encodings[i]);
		assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
		live_world_close(&w);
	}
}

/* --- nothing is lost --------------------------------------------------- */

struct lock_world {
	struct live_world w;
	struct app app;
	struct live *l;
	struct snapshot safety;
	struct err e;
};

/* The safety copy is taken, then `between` happens, then the lock is ours. */
static void lock_after(struct lock_world *t, const char *mode, const char *how, const char *between)
{
	struct live_patience p = live_patience(5000);

	live_world_open(&t->w, how);
	live_begin(&t->w, &t->app, mode);
	assert_int_equal(live_open(&t->l, t->w.path, &t->e), ERR_NONE);
	assert_int_equal(snapshot_take(t->w.path, t->w.safety, 1000, &t->safety, &t->e), ERR_NONE);
	app_does(&t->app, between);
	assert_int_equal(live_lock(t->l, t->w.copy, &p, &t->e), ERR_NONE);
}

static void lock_end(struct lock_world *t)
{
	live_close(t->l);
	app_close(&t->app);
	live_world_close(&t->w);
}

static void p8_a_commit_after_the_safety_copy_is_noticed_under_the_lock(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modes); i++) {
		struct lock_world t;

		lock_after(&t, modes[i], "", "INSERT INTO parts(name) VALUES('late')");
		assert_true(live_moved(t.l, &t.safety));
		assert_int_equal(live_copy(t.l, t.w.safety, &t.safety, &t.e), ERR_NONE);
		assert_int_equal(live_write(t.l, &t.e), ERR_NONE);
		assert_string_equal(
			live_asks(t.w.safety, "SELECT count(*) FROM parts WHERE name = 'late'"),
			"1");
		lock_end(&t);
	}
}

static void p8_a_quiet_database_needs_no_second_safety_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modes); i++) {
		struct lock_world t;

		lock_after(&t, modes[i], "", "SELECT * FROM parts");
		assert_false(live_moved(t.l, &t.safety));
		lock_end(&t);
	}
}

static void p8_nobody_commits_under_the_lock(void **state)
{
	static const char *const how[] = {"", "PRAGMA page_size=1024"};

	(void)state;
	for (size_t i = 0; i < LENGTH(modes) * LENGTH(how); i++) {
		struct lock_world t;
		struct live_patience p = live_patience(5000);
		struct app late;

		live_world_open(&t.w, how[i / LENGTH(modes)]);
		live_begin(&t.w, &t.app, modes[i % LENGTH(modes)]);
		app_close(&t.app);
		assert_int_equal(live_open(&t.l, t.w.path, &t.e), ERR_NONE);
		assert_int_equal(live_lock(t.l, t.w.copy, &p, &t.e), ERR_NONE);
		app_open(&late, t.w.path, 0);
		assert_int_equal(app_do(&late, "INSERT INTO parts(name) VALUES('x')").code & 0xff,
			SQLITE_BUSY);
		assert_int_equal(live_copy(t.l, t.w.safety, &t.safety, &t.e), ERR_NONE);
		assert_int_equal(app_do(&late, "INSERT INTO parts(name) VALUES('x')").code & 0xff,
			SQLITE_BUSY);
		app_close(&late);
		live_close(t.l);
		assert_string_equal(live_asks(t.w.safety, "SELECT count(*) FROM parts"), "2");
		live_world_close(&t.w);
	}
}

static void p7_what_is_given_up_leaves_all_as_it_was(void **state)
{
	static const char *const how[] = {"", "PRAGMA page_size=1024"};

	(void)state;
	for (size_t i = 0; i < LENGTH(modes) * LENGTH(how); i++) {
		const char *mode = modes[i % LENGTH(modes)];
		struct live_patience p = live_patience(5000);
		struct lock_world t;

		live_world_open(&t.w, how[i / LENGTH(modes)]);
		live_begin(&t.w, &t.app, mode);
		app_close(&t.app);
		assert_int_equal(live_open(&t.l, t.w.path, &t.e), ERR_NONE);
		assert_int_equal(live_lock(t.l, t.w.copy, &p, &t.e), ERR_NONE);
		live_close(t.l);
		assert_string_equal(
			live_asks(t.w.path, "SELECT count(*) FROM parts WHERE name = 'now'"), "2");
		assert_string_equal(live_asks(t.w.path, "PRAGMA journal_mode"),
			*mode == 'w' ? "wal" : "delete");
		live_world_close(&t.w);
	}
}

/* --- who holds it ------------------------------------------------------ */

#define EXCLUSIVE "PRAGMA locking_mode=EXCLUSIVE; INSERT INTO parts(name) VALUES('y')"
#define NORMAL    "PRAGMA locking_mode=NORMAL; SELECT * FROM parts"
#define EXCLUSIVE_WAL                                                                              \
	"PRAGMA journal_mode=DELETE; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL"
#define NORMAL_WAL "PRAGMA journal_mode=DELETE; " NORMAL

static void a_writer_that_does_not_end_is_named(void **state)
{
	static const struct {
		const char *mode, *holds, *ends;
	} table[] = {
		{"delete", "BEGIN IMMEDIATE", "COMMIT"  },
		{"wal",    "BEGIN IMMEDIATE", "COMMIT"  },
		{"delete", EXCLUSIVE,         NORMAL    },
		{"wal",    EXCLUSIVE_WAL,     NORMAL_WAL},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		struct live_patience p = live_patience(60);
		struct live_world w;
		struct app app = {0};
		struct live *l = NULL;
		struct err e = {0};
		char pid[32];
		bool again = false;

		live_world_open(&w, "");
		live_begin(&w, &app, table[i].mode);
		app_does(&app, table[i].holds);
		assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
		assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_BUSY);
		(void)snprintf(pid, sizeof(pid), "(pid %d)", app.pid);
		assert_non_null(strstr(e.text, pid));
		live_close(l);
		app_does(&app, table[i].ends);
		assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
		app_sees(&app, "SELECT count(*) FROM parts", "300");
		app_close(&app);
		live_world_close(&w);
	}
}

static void another_page_size_waits_until_nobody_has_a_wal_database_open(void **state)
{
	struct live_patience p = live_patience(60);
	struct live_world w;
	struct app app = {0};
	struct live *l = NULL;
	struct err e = {0};
	bool again = false;

	(void)state;
	live_world_open(&w, "PRAGMA page_size=1024");
	live_begin(&w, &app, "wal");
	assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
	assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_BUSY);
	live_close(l);
	app_sees(&app, "SELECT count(*) FROM parts", "2");
	app_sees(&app, "PRAGMA journal_mode", "wal");
	app_close(&app);
	assert_int_equal(live_restore(&w, &again, &e), ERR_NONE);
	assert_string_equal(live_asks(w.path, "SELECT count(*) FROM parts"), "300");
	live_world_close(&w);
}

static void who_is_asked_to_stop_stops_waiting(void **state)
{
	atomic_bool stop = true;
	struct live_patience p = {.wait_ms = 60000, .stop = &stop};
	struct live_world w;
	struct app app = {0};
	struct live *l = NULL;
	struct err e = {0};

	(void)state;
	live_world_open(&w, "");
	live_begin(&w, &app, "delete");
	app_does(&app, "BEGIN IMMEDIATE");
	assert_int_equal(live_open(&l, w.path, &e), ERR_NONE);
	assert_int_equal(live_lock(l, w.copy, &p, &e), ERR_CANCELED);
	live_close(l);
	app_close(&app);
	live_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p7_an_application_sees_the_new_rows_in_the_same_file),
		cmocka_unit_test(p7_what_is_not_in_a_row_comes_along_too),
		cmocka_unit_test(another_encoding_is_told_as_programs_have_to_open_it_again),
		cmocka_unit_test(p8_a_commit_after_the_safety_copy_is_noticed_under_the_lock),
		cmocka_unit_test(p8_a_quiet_database_needs_no_second_safety_copy),
		cmocka_unit_test(p8_nobody_commits_under_the_lock),
		cmocka_unit_test(p7_what_is_given_up_leaves_all_as_it_was),
		cmocka_unit_test(a_writer_that_does_not_end_is_named),
		cmocka_unit_test(another_page_size_waits_until_nobody_has_a_wal_database_open),
		cmocka_unit_test(who_is_asked_to_stop_stops_waiting),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
