/* Where a file is when links and mounts lie on its way. */
#include "lookout.h"
#include "tests/scratch.h"

static void put_link(const char *target, const char *name)
{
	make_link(target, "link.new");
	move("link.new", name);
}

static void replace_link(const char *target, const char *name)
{
	drop(name);
	make_link(target, name);
}

static void two_folders(void)
{
	make_folder("one");
	make_folder("two");
	write_to("one/parts.db");
	write_to("two/parts.db");
}

/* `link` leads through one/ and is pointed anew by `point` so that it leads through two/. */
static void a_link_is_followed(struct lookout *l, const char *path, const char *link,
	const char *const targets[2], void (*point)(const char *target, const char *name))
{
	struct seen s = {0};

	put_link(targets[0], link);
	add(l, &s, path);
	expect_path(l, &s, "one/parts.db");
	write_to("one/parts.db");
	expect_touched(l, &s);
	point(targets[1], link);
	expect_moved(l, &s);
	expect_path(l, &s, "two/parts.db");
	write_to("one/parts.db");
	expect_nothing(l, &s);
	write_to("two/parts.db-wal");
	expect_touched(l, &s);
	drop("two/parts.db-wal");
	watch_remove(s.file);
}

static void a_link_that_is_pointed_elsewhere_is_followed(void **state)
{
	static const struct {
		const char *path, *link, *targets[2];
	} rows[] = {
		{"data/parts.db",   "data/parts.db", {"../one/parts.db", "../two/parts.db"}},
		{"data/mine.db",    "data/mine.db",  {"../one/parts.db", "../two/parts.db"}},
		{"data/chain.db",   "data/mine.db",  {"../one/parts.db", "../two/parts.db"}},
		{"here/parts.db",   "here",          {"one", "two"}                        },
		{"data/x/parts.db", "data/x",        {"../one", "../two"}                  },
	};
	struct lookout *l = *state;

	two_folders();
	make_link("mine.db", "data/chain.db");
	for (size_t i = 0; i < LENGTH(rows); i++) {
		a_link_is_followed(l, rows[i].path, rows[i].link, rows[i].targets, put_link);
		a_link_is_followed(l, rows[i].path, rows[i].link, rows[i].targets, replace_link);
	}
}

static void a_link_to_another_file_in_the_same_folder_is_followed(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	two_folders();
	write_to("one/other.db");
	make_link("../one/parts.db", "data/parts.db");
	add(l, &s, "data/parts.db");
	put_link("../one/other.db", "data/parts.db");
	expect_moved(l, &s);
	write_to("one/parts.db");
	expect_nothing(l, &s);
	write_to("one/other.db");
	expect_touched(l, &s);
}

static void a_link_that_is_moved_away_leaves_a_missing_file(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	two_folders();
	make_link("../one/parts.db", "data/parts.db");
	add(l, &s, "data/parts.db");
	move("data/parts.db", "data/old");
	expect_moved(l, &s);
	expect_path(l, &s, "data/parts.db");
}

static void a_link_that_is_removed_while_somebody_holds_it_is_missed(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	two_folders();
	make_link("../one/parts.db", "data/parts.db");
	add(l, &s, "data/parts.db");
	int held = open("data/parts.db", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	drop("data/parts.db");
	expect_moved(l, &s);
	expect_path(l, &s, "data/parts.db");
	assert_int_equal(close(held), 0);
}

static void a_link_that_is_removed_leaves_a_missing_file(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	two_folders();
	make_link("../one/parts.db", "data/parts.db");
	add(l, &s, "data/parts.db");
	drop("data/parts.db");
	expect_moved(l, &s);
	expect_path(l, &s, "data/parts.db");
	write_to("one/parts.db");
	expect_nothing(l, &s);
	make_link("../two/parts.db", "data/parts.db");
	expect_moved(l, &s);
	expect_path(l, &s, "two/parts.db");
}

static void what_a_link_leads_to_is_waited_for(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	make_link("../a/b/c/parts.db", "data/parts.db");
	add(l, &s, "data/parts.db");
	expect_path(l, &s, "a/b/c/parts.db");
	fill_a();
	expect_moved(l, &s);
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
}

static void a_circle_of_links_is_an_error_until_it_is_mended(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	make_link("loop.db", "data/loop.db");
	add(l, &s, "data/loop.db");
	assert_non_null(strstr(watch_error(s.file), "circle"));
	put_link("parts.db", "data/loop.db");
	expect_moved(l, &s);
	assert_null(watch_error(s.file));
}

/* ---- mounts ---- */

static void a_disk_that_comes_and_goes_is_followed(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};
	struct err e;

	if (!scratch_own_mounts())
		return;
	watch_close(l->watch, on_closed, l); /* it looks at the machine's mounts */
	uv_run(&l->loop, UV_RUN_DEFAULT);
	l->closed = false;
	assert_int_equal(watch_open(&l->watch, &l->loop, &e), ERR_NONE);

	write_to("data/parts.db");
	add(l, &s, "data/parts.db");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(mount("none", "data", "tmpfs", 0, NULL), 0);
		expect_moved(l, &s);
		write_to("data/parts.db");
		expect_moved(l, &s);
		write_to("data/parts.db");
		expect_touched(l, &s);
		/* P3: a watch keeps no disk from being taken away */
		assert_int_equal(umount2("data", again ? MNT_DETACH : 0), 0);
		expect_moved(l, &s);
		write_to("data/parts.db");
		expect_touched(l, &s);
	}
}

#define WITH_LOOKOUT(test) cmocka_unit_test_setup_teardown(test, open_lookout, close_lookout)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOKOUT(a_link_that_is_pointed_elsewhere_is_followed),
		WITH_LOOKOUT(a_link_to_another_file_in_the_same_folder_is_followed),
		WITH_LOOKOUT(a_link_that_is_moved_away_leaves_a_missing_file),
		WITH_LOOKOUT(a_link_that_is_removed_while_somebody_holds_it_is_missed),
		WITH_LOOKOUT(a_link_that_is_removed_leaves_a_missing_file),
		WITH_LOOKOUT(what_a_link_leads_to_is_waited_for),
		WITH_LOOKOUT(a_circle_of_links_is_an_error_until_it_is_mended),
		WITH_LOOKOUT(a_disk_that_comes_and_goes_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
