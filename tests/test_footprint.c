#include "check.h"
#include "common/attr.h"
#include "daemon/core/footprint.h"

#include <string.h>

/* Rows say only in what they differ from an ordinary file. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define SALT                                                                                       \
	{                                                                                          \
		1, 2                                                                               \
	}
#define FILE_OF(...)                                                                               \
	{                                                                                          \
		.present = true, .inode = 7, .size = 8192, .modified = 5, .counter = 10,           \
		.pages = 2, __VA_ARGS__                                                            \
	}

static const struct {
	const char *name;
	struct footprint before, after;
	uint32_t commits;
} rows[] = {
	{"never there",                      {0},					     {0},							 0},
	{ "it appeared",			       {0},				       FILE_OF(),							   1},
	{"it vanished",			       FILE_OF(),									     {0},							    1},
	{"nothing happened",				 FILE_OF(),										FILE_OF(),															     0},
	{"three commits",				  FILE_OF(),                                 FILE_OF(.counter = 13),                                                  3},
	{"pages spilled: written and grown, not committed",                                  FILE_OF(),
         FILE_OF(.modified = 6,											  .size = 81920),0},
	{"the counter wrapped", FILE_OF(.counter = UINT32_MAX), FILE_OF(.counter = 1), 2},
	{"an older file was copied over it",                         FILE_OF(.counter = 500),                                       FILE_OF(.counter = 3),                                     1},
	{								   "replaced by rename",               FILE_OF(),							     FILE_OF(.inode = 8),                                         1},
	{"same counter, other contents",                                 FILE_OF(),										FILE_OF(.pages = 9),															     1},
	{"its first page",				  FILE_OF(.empty = true),						    FILE_OF(),															      1},
	{"turned to WAL",                FILE_OF(),						    FILE_OF(.wal = true),												   1},
	{"WAL: commits in the same log",
         FILE_OF(.wal = true,								 .log = true,							.salt = SALT,.commits = 3),
         FILE_OF(.wal = true, .log = true, .salt = SALT, .commits = 8), 5},
	{"WAL: frames without a commit",
         FILE_OF(.wal = true,							  .log = true,													.salt = SALT,.commits = 3),
         FILE_OF(.wal = true, .log = true, .salt = SALT, .commits = 3), 0},
	{"WAL: a checkpoint writes the file, not the log",
         FILE_OF(.wal = true,						    .log = true,                                                .salt = SALT,.commits = 3),
         FILE_OF(.wal = true, .log = true, .salt = SALT, .commits = 3, .modified = 9), 0},
	{"WAL: the log began anew",                      FILE_OF(.wal = true,							 .log = true,												      .salt = SALT,.commits = 30),
         FILE_OF(.wal = true, .log = true, .salt = {3, 4}, .commits = 2), 2},
	{"WAL: the log appeared with a commit",FILE_OF(.wal = true),
         FILE_OF(.wal = true,.log = true,.salt = SALT, .commits = 1), 1},
	{"WAL: the log appeared empty",                    FILE_OF(.wal = true),
         FILE_OF(.wal = true,														.log = true,.salt = SALT), 0},
	{"WAL: the last close took the log away",
         FILE_OF(.wal = true,						    .log = true,																						    .salt = SALT,																								    .commits = 1),
         FILE_OF(.wal = true, .modified = 6), 1},
	{																								   "WAL: opened, read and closed",      FILE_OF(.wal = true),              FILE_OF(.wal = true),															      0},
	{"WAL: committed and closed between two looks",                                  FILE_OF(.wal = true),
         FILE_OF(.wal = true,															      .modified = 6),1},
};

static void commits_are_told_from_everything_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_int_equal(
			footprint_commits(&rows[i].before, &rows[i].after), rows[i].commits);
	}
}

static void only_a_log_that_went_is_a_close(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_int_equal(footprint_closed(&rows[i].before, &rows[i].after),
			strcmp(rows[i].name, "WAL: the last close took the log away") == 0);
	}
}

static void a_footprint_survives_a_restart(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char text[FOOTPRINT_TEXT];
		struct footprint back;

		assert_true(footprint_read(&back, footprint_write(&rows[i].after, text)));
		assert_int_equal(footprint_commits(&rows[i].after, &back), 0);
		assert_int_equal(footprint_commits(&rows[i].before, &back), rows[i].commits);
	}
}

static void what_cannot_be_read_was_never_looked_at(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "2 1 0 0 7 8 9 1 1 0 0 0 0 0", "1 1 0", "x"};

	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct footprint f;

		assert_false(footprint_read(&f, bad[i]));
		assert_int_equal(f.inode, 0);
	}
}

static void a_header_tells_mode_counter_and_pages(void **state)
{
	(void)state;
	unsigned char header[FOOTPRINT_HEADER] = "SQLite format 3";
	struct footprint f = {0};

	header[18] = header[19] = 2;
	header[27] = 9;
	header[30] = 1;
	assert_true(footprint_header(&f, header));
	assert_true(f.wal);
	assert_int_equal(f.counter, 9);
	assert_int_equal(f.pages, 256);
	header[0] = 's';
	assert_false(footprint_header(&f, header));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commits_are_told_from_everything_else),
		cmocka_unit_test(only_a_log_that_went_is_a_close),
		cmocka_unit_test(a_footprint_survives_a_restart),
		cmocka_unit_test(what_cannot_be_read_was_never_looked_at),
		cmocka_unit_test(a_header_tells_mode_counter_and_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
