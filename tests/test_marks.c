/* What is asked of the kernel, and what it refuses. */
#include "lookout.h"

#include <sys/resource.h>

#define ON_THE_WAY (IN_MOVE_SELF | IN_DELETE_SELF)
#define WAITING    (ON_THE_WAY | IN_CREATE | IN_MOVED_TO)
#define ABOVE      (ON_THE_WAY | IN_DELETE | IN_MOVED_TO)
#define HOME                                                                                       \
	(ON_THE_WAY | IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |         \
		IN_MOVED_TO)

/* P12: a folder on the way wakes nobody with what happens in it. */
static void no_more_is_asked_than_is_needed(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "a/b/parts.db");
	assert_int_equal(kernel_bits("."), WAITING);
	assert_int_equal(kernel_bits("/tmp"), ABOVE);
	make_folder("a");
	expect_moved(l, &s);
	assert_int_equal(kernel_bits("/tmp"), ON_THE_WAY);
	assert_int_equal(kernel_bits("."), ABOVE);
	assert_int_equal(kernel_bits("a"), WAITING);
	make_folder("a/b");
	expect_moved(l, &s);
	assert_int_equal(kernel_bits("."), ON_THE_WAY);
	assert_int_equal(kernel_bits("a"), ABOVE);
	assert_int_equal(kernel_bits("a/b"), HOME);
	write_to("a/b/parts.db");
	expect_moved(l, &s);
	assert_int_equal(kernel_bits("a"), ON_THE_WAY);
	assert_int_equal(kernel_bits("a/b"), HOME);
	assert_int_equal(kernel_bits("a/b/parts.db"), 0); /* P3 */
	watch_remove(s.file);
	assert_int_equal(kernel_bits("/tmp") | kernel_bits(".") | kernel_bits("a"), 0);
	assert_int_equal(kernel_bits("a/b"), 0);
}

static void files_that_share_a_folder_keep_what_each_needs(void **state)
{
	struct lookout *l = *state;
	struct seen home = {0}, through = {0}, waits = {0};

	make_folder("data/sub");
	write_to("data/parts.db");
	write_to("data/sub/parts.db");
	add(l, &through, "data/sub/parts.db");
	assert_int_equal(kernel_bits("data"), ON_THE_WAY);
	add(l, &home, "data/parts.db");
	assert_int_equal(kernel_bits("data"), HOME);
	add(l, &waits, "data/missing/parts.db");
	assert_int_equal(kernel_bits("data"), HOME);
	watch_remove(through.file);
	write_to("data/parts.db");
	expect_touched(l, &home);
	watch_remove(home.file);
	assert_int_equal(kernel_bits("data"), WAITING);
	turn(l);
	waits.told = waits.moved = 0;
	make_folder("data/missing");
	expect_moved(l, &waits);
	assert_int_equal(kernel_bits("data"), ABOVE);
}

static void a_limit_of_watches_is_told_with_its_mend(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	write_to("data/parts.db");
	refuse_marks = ENOSPC;
	add(l, &s, "data/parts.db");
	assert_non_null(strstr(watch_error(s.file), l->folder));
	assert_non_null(strstr(watch_error(s.file), "sysctl fs.inotify.max_user_watches"));
	refuse_marks = 0;
	watch_refresh(l->watch);
	assert_null(watch_error(s.file));
	expect_moved(l, &s);
	write_to("data/parts.db");
	expect_touched(l, &s);
}

static void a_limit_of_instances_is_told_with_its_mend(void **state)
{
	struct lookout *l = *state;
	struct rlimit old, none;
	struct watch *w = NULL;
	struct err e;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){0, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum err_code code = watch_open(&w, &l->loop, &e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(code, ERR_FAILED);
	assert_non_null(strstr(e.text, "sysctl fs.inotify.max_user_instances"));
}

static void as_nobody(bool yes)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(yes ? 65534 : 0), 0);
}

static void a_folder_that_may_not_be_read_is_an_error_until_it_may(void **state)
{
	static const unsigned modes[] = {0311, 0600};
	struct lookout *l = *state;

	write_to("data/parts.db");
	for (size_t i = 0; i < LENGTH(modes); i++) {
		struct seen s = {0};

		assert_int_equal(chmod("data", modes[i]), 0);
		as_nobody(true);
		add(l, &s, "data/parts.db");
		assert_non_null(strstr(watch_error(s.file), whole(l, "data")));
		assert_non_null(strstr(watch_error(s.file), "must be able to"));
		as_nobody(false);
		assert_int_equal(chmod("data", 0755), 0);
		as_nobody(true);
		watch_refresh(l->watch);
		assert_null(watch_error(s.file));
		expect_moved(l, &s);
		as_nobody(false);
		write_to("data/parts.db");
		expect_touched(l, &s);
		watch_remove(s.file);
	}
}

static void a_folder_on_the_way_need_not_be_readable(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	fill_a();
	assert_int_equal(chmod("a/b", 0311), 0);
	as_nobody(true);
	add(l, &s, "a/b/c/parts.db");
	assert_null(watch_error(s.file));
	as_nobody(false);
	write_to("a/b/c/parts.db");
	expect_touched(l, &s);
	assert_int_equal(chmod("a/b", 0755), 0);
}

#define WITH_LOOKOUT(test) cmocka_unit_test_setup_teardown(test, open_lookout, close_lookout)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOKOUT(no_more_is_asked_than_is_needed),
		WITH_LOOKOUT(files_that_share_a_folder_keep_what_each_needs),
		WITH_LOOKOUT(a_limit_of_watches_is_told_with_its_mend),
		WITH_LOOKOUT(a_limit_of_instances_is_told_with_its_mend),
		WITH_LOOKOUT(a_folder_that_may_not_be_read_is_an_error_until_it_may),
		WITH_LOOKOUT(a_folder_on_the_way_need_not_be_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
