#include "check.h"
#include "store_world.h"

#define A_KEY "backups/a.db/20241208_143022_a.db"

static void make_folders(struct world *w)
{
	assert_int_equal(mkdir(in_store(w, "backups"), 0755), 0);
	assert_int_equal(mkdir(in_store(w, "backups/parts.db"), 0755), 0);
	assert_int_equal(mkdir(in_store(w, "backups/a.db"), 0755), 0);
}

static void an_empty_store_lists_nothing(void **state)
{
	struct world *w = *state;
	struct ask a = ask_for(STORE_LIST, OBJKEY_PREFIX);

	assert_int_equal(ask(w, &a), ERR_NONE);
	assert_int_equal(a.r.got.entry_count, 0);
	assert_string_equal(a.r.got.cursor, "");
	store_request_end(&a.r);
}

static void only_keys_of_our_shape_are_listed_in_their_order(void **state)
{
	struct world *w = *state;
	static const char *const theirs[] = {
		"top",
		"backups/README",
		"backups/parts.db/notes.txt",
		"backups/parts.db/20241208_143022_a.db", /* another database's name */
		"backups/parts.db/.casmand-aaaaaaaa-1.tmp",
		"backups/parts.db/20241208_143022_parts.db.casmand.json",
	};
	struct ask a = ask_for(STORE_LIST, OBJKEY_PREFIX);
	struct stat st;

	make_folders(w);
	for (size_t i = 0; i < LENGTH(theirs); i++)
		scratch_write(in_store(w, theirs[i]), "x");
	assert_int_equal(mkdir(in_store(w, "backups/parts.db/20241208_143024_parts.db"), 0755), 0);
	assert_int_equal(symlink("a.db", in_store(w, "backups/b.db")), 0);
	scratch_write(in_store(w, OTHER_KEY), "12345");
	scratch_write(in_store(w, KEY OBJKEY_METADATA), "{}");
	scratch_write(in_store(w, KEY), "1234");
	scratch_write(in_store(w, A_KEY), "");

	assert_int_equal(ask(w, &a), ERR_NONE);
	assert_int_equal(a.r.got.entry_count, 4);
	assert_string_equal(a.r.got.entries[0].key, A_KEY);
	assert_string_equal(a.r.got.entries[1].key, KEY);
	assert_string_equal(a.r.got.entries[2].key, KEY OBJKEY_METADATA);
	assert_string_equal(a.r.got.entries[3].key, OTHER_KEY);
	assert_int_equal(a.r.got.entries[1].size, 4);
	assert_int_equal(stat(in_store(w, KEY), &st), 0);
	assert_int_equal(a.r.got.entries[1].modified / 1000000, st.st_mtim.tv_sec);
	assert_int_equal(a.r.got.entries[1].modified % 1000000, st.st_mtim.tv_nsec / 1000);
	store_request_end(&a.r);
}

static void a_prefix_narrows_the_list(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *prefix;
		size_t count;
	} rows[] = {
		{"",				4},
		{"backups/",                        4},
		{"backups/parts.db/",               3},
		{"backups/parts.db/20241208_14302", 3},
		{KEY,			       2},
		{"backups/a",                       1},
		{"backups/parts.db2/",              0},
		{"elsewhere/",                      0},
	};

	make_folders(w);
	scratch_write(in_store(w, OTHER_KEY), "");
	scratch_write(in_store(w, KEY OBJKEY_METADATA), "");
	scratch_write(in_store(w, KEY), "");
	scratch_write(in_store(w, A_KEY), "");
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct ask a = ask_for(STORE_LIST, rows[i].prefix);

		assert_int_equal(ask(w, &a), ERR_NONE);
		assert_int_equal(a.r.got.entry_count, rows[i].count);
		store_request_end(&a.r);
	}
}

static void a_long_list_comes_in_pages_and_lacks_nothing(void **state)
{
	struct world *w = *state;
	const unsigned total = 2001;
	struct ask a = ask_for(STORE_LIST, "backups/parts.db/");
	unsigned seen = 0, pages = 0;
	char key[OBJKEY_ROOM];

	make_folders(w);
	for (unsigned i = 0; i < total; i++) {
		objkey_make(key, "parts.db", i * INT64_C(86400000000));
		scratch_write(in_store(w, key), "");
	}
	do {
		assert_int_equal(ask(w, &a), ERR_NONE);
		assert_true(a.r.got.entry_count <= 1000);
		for (size_t i = 0; i < a.r.got.entry_count; i++, seen++) {
			objkey_make(key, "parts.db", seen * INT64_C(86400000000));
			assert_string_equal(a.r.got.entries[i].key, key);
		}
		pages++;
		store_request_end(&a.r);
	} while (a.r.got.cursor[0]);
	assert_int_equal(seen, total);
	assert_int_equal(pages, 3);
}

static void a_full_last_page_has_no_cursor(void **state)
{
	struct world *w = *state;
	struct ask a = ask_for(STORE_LIST, "");
	char key[OBJKEY_ROOM];

	make_folders(w);
	for (unsigned i = 0; i < 1000; i++) {
		objkey_make(key, "parts.db", i * INT64_C(1000000));
		scratch_write(in_store(w, key), "");
	}
	assert_int_equal(ask(w, &a), ERR_NONE);
	assert_int_equal(a.r.got.entry_count, 1000);
	assert_string_equal(a.r.got.cursor, "");
	store_request_end(&a.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_STORE(an_empty_store_lists_nothing),
		IN_STORE(only_keys_of_our_shape_are_listed_in_their_order),
		IN_STORE(a_prefix_narrows_the_list),
		IN_STORE(a_long_list_comes_in_pages_and_lacks_nothing),
		IN_STORE(a_full_last_page_has_no_cursor),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
