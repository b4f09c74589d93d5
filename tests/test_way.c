/* Where the folder of a file is: missing, made, moved, removed. */
#include "lookout.h"

static void a_deep_missing_folder_is_waited_for_step_by_step(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "a/b/c/parts.db");
	assert_null(watch_error(s.file));
	expect_path(l, &s, "a/b/c/parts.db");
	make_folder("a");
	expect_moved(l, &s);
	make_folder("a/b");
	expect_moved(l, &s);
	make_folder("a/b/c");
	expect_moved(l, &s);
	write_to("a/b/c/parts.db");
	expect_moved(l, &s);
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
}

static void folders_made_all_at_once_are_found(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "a/b/c/parts.db");
	fill_a();
	expect_moved(l, &s);
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
}

static const char *waited_for;

/* What was just looked at is filled before it is marked, so that no event tells of it. */
static void fill_before_mark(const char *path)
{
	if (strcmp(path, waited_for) != 0)
		return;
	before_mark = NULL;
	fill_a();
}

static void what_is_made_between_look_and_mark_is_found(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	waited_for = l->folder;
	before_mark = fill_before_mark;
	add(l, &s, "a/b/c/parts.db");
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
}

static void make_deep(void)
{
	make_folder("a/b");
	make_folder("a/b/c");
	write_to("a/b/c/parts.db");
}

static void make_deep_before_mark(const char *path)
{
	if (strcmp(path, waited_for) != 0)
		return;
	before_mark = NULL;
	make_deep();
}

static void what_is_made_while_a_new_folder_is_marked_is_told(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "a/b/c/parts.db");
	waited_for = whole(l, "a");
	before_mark = make_deep_before_mark;
	make_folder("a");
	expect_moved(l, &s);
	assert_null(before_mark);
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
}

/* At each look the folder is another than it was. */
static void never_rest(const char *path)
{
	if (strcmp(path, "/tmp") != 0)
		return;
	drop("a");
	make_folder("a");
}

static void a_way_that_changes_all_the_time_is_an_error_until_it_rests(void **state)
{
	struct lookout *l = *state;
	struct seen s = {.lookout = l};

	make_folder("a");
	before_mark = never_rest;
	s.file = watch_add(l->watch, whole(l, "a/parts.db"), on_touched, &s);
	before_mark = NULL;
	assert_non_null(strstr(watch_error(s.file), "change all the time"));
	watch_refresh(l->watch);
	assert_null(watch_error(s.file));
	expect_moved(l, &s);
}

static void a_folder_removed_and_made_again_is_followed(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	write_to("data/parts.db");
	add(l, &s, "data/parts.db");
	for (int together = 0; together < 2; together++) {
		drop("data/parts.db");
		if (!together)
			expect_moved(l, &s);
		drop("data");
		if (!together)
			expect_moved(l, &s);
		make_folder("data");
		if (!together)
			expect_moved(l, &s);
		write_to("data/parts.db");
		expect_moved(l, &s);
		write_to("data/parts.db");
		expect_touched(l, &s);
	}
}

/* As by a shell that stands in it: then the folder itself tells nothing of its end. */
static void a_folder_removed_while_somebody_holds_it_is_followed(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	write_to("data/parts.db");
	add(l, &s, "data/parts.db");
	drop("data/parts.db");
	expect_moved(l, &s);
	int held = open("data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	drop("data");
	expect_moved(l, &s);
	make_folder("data");
	expect_moved(l, &s);
	int other = open("data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_folder("fresh");
	move("fresh", "data");
	expect_moved(l, &s);
	write_to("data/parts.db");
	expect_moved(l, &s);
	assert_int_equal(close(held) | close(other), 0);
	expect_nothing(l, &s);
}

static void a_folder_replaced_by_another_is_followed(void **state)
{
	static const char *const moved[] = {"a", "a/b", "a/b/c"};
	struct lookout *l = *state;
	struct seen s = {0};

	fill_a();
	add(l, &s, "a/b/c/parts.db");
	for (size_t i = 0; i < LENGTH(moved); i++) {
		char old[32], old_file[64];
		(void)snprintf(old, sizeof(old), "old%zu", i);
		(void)snprintf(old_file, sizeof(old_file), "%s%s/parts.db", old,
			&"a/b/c"[strlen(moved[i])]);
		move(moved[i], old);
		(void)mkdir("a", 0755);
		(void)mkdir("a/b", 0755);
		(void)mkdir("a/b/c", 0755);
		write_to("a/b/c/parts.db");
		expect_moved(l, &s);
		write_to(old_file);
		expect_nothing(l, &s);
		write_to("a/b/c/parts.db");
		expect_touched(l, &s);
	}
}

static void a_folder_moved_away_is_waited_for(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	write_to("data/parts.db");
	add(l, &s, "data/parts.db");
	move("data", "old");
	expect_moved(l, &s);
	write_to("old/parts.db");
	expect_nothing(l, &s);
	move("old", "data");
	expect_moved(l, &s);
	write_to("data/parts.db");
	expect_touched(l, &s);
}

static void a_file_where_a_folder_should_be_is_waited_out(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	write_to("a");
	add(l, &s, "a/b/c/parts.db");
	assert_null(watch_error(s.file));
	drop("a");
	expect_nothing(l, &s);
	fill_a();
	expect_moved(l, &s);
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
}

#define WITH_LOOKOUT(test) cmocka_unit_test_setup_teardown(test, open_lookout, close_lookout)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOKOUT(a_deep_missing_folder_is_waited_for_step_by_step),
		WITH_LOOKOUT(folders_made_all_at_once_are_found),
		WITH_LOOKOUT(what_is_made_between_look_and_mark_is_found),
		WITH_LOOKOUT(what_is_made_while_a_new_folder_is_marked_is_told),
		WITH_LOOKOUT(a_way_that_changes_all_the_time_is_an_error_until_it_rests),
		WITH_LOOKOUT(a_folder_removed_and_made_again_is_followed),
		WITH_LOOKOUT(a_folder_removed_while_somebody_holds_it_is_followed),
		WITH_LOOKOUT(a_folder_replaced_by_another_is_followed),
		WITH_LOOKOUT(a_folder_moved_away_is_waited_for),
		WITH_LOOKOUT(a_file_where_a_folder_should_be_is_waited_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
