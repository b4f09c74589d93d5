/* What may be called when: from inside `touched`, and while closing. */
#include "lookout.h"

/* ---- from inside `touched` ---- */

static void remove_both(struct seen *s)
{
	watch_remove(s->file);
	watch_remove(s->other->file);
	s->other->file = s->file = NULL;
}

static void who_is_told_may_remove_itself_and_others(void **state)
{
	struct lookout *l = *state;
	struct seen one = {.then = remove_both, .other = NULL}, two = {.then = remove_both};

	one.other = &two;
	two.other = &one;
	add(l, &one, "data/one.db");
	add(l, &two, "data/two.db");
	write_to("data/one.db");
	write_to("data/two.db");
	turn(l);
	assert_int_equal(one.told + two.told, 1);
	assert_int_equal(kernel_bits("data"), 0);
	watch_remove(NULL);
}

static void add_other(struct seen *s)
{
	s->then = NULL;
	s->other->file = watch_add(
		s->lookout->watch, whole(s->lookout, "data/two.db"), on_touched, s->other);
	write_to("data/two.db");
}

static void who_is_told_may_add_others(void **state)
{
	struct lookout *l = *state;
	struct seen two = {0}, one = {.then = add_other, .other = &two};

	add(l, &one, "data/one.db");
	write_to("data/one.db");
	expect_moved(l, &one);
	expect_moved(l, &two);
}

static void refresh_once(struct seen *s)
{
	if (s->told == 1)
		watch_refresh(s->lookout->watch);
	else
		s->then = NULL;
	assert_true(s->told < 3);
}

static void who_is_told_may_refresh(void **state)
{
	struct lookout *l = *state;
	struct seen s = {.then = refresh_once};

	write_to("data/parts.db");
	add(l, &s, "data/parts.db");
	write_to("data/parts.db");
	uv_run(&l->loop, UV_RUN_NOWAIT);
	assert_int_equal(s.told, 1); /* the rest in the next turn */
	expect(l, &s, 2, 1);
}

static void close_all(struct seen *s)
{
	watch_close(s->lookout->watch, on_closed, s->lookout);
}

static void who_is_told_may_close_all(void **state)
{
	struct lookout *l = *state;
	struct seen one = {.then = close_all}, two = {.then = close_all};

	add(l, &one, "data/one.db");
	add(l, &two, "data/two.db");
	write_to("data/one.db");
	write_to("data/two.db");
	end_loop(l);
	assert_int_equal(one.told + two.told, 1);
}

/* ---- closing ---- */

static void closed_without_files(void **state)
{
	struct lookout *l = *state;

	watch_close(l->watch, on_closed, l);
	end_loop(l);
}

static void closed_with_files(void **state)
{
	struct lookout *l = *state;
	struct seen there = {0}, missing = {0};

	add(l, &there, "data/parts.db");
	add(l, &missing, "nowhere/parts.db");
	watch_close(l->watch, on_closed, l);
	end_loop(l);
}

static void closed_with_events_unread(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "data/parts.db");
	write_to("data/parts.db");
	watch_close(l->watch, on_closed, l);
	end_loop(l);
	assert_int_equal(s.told, 0);
}

static void closed_with_a_refresh_untold(void **state)
{
	struct lookout *l = *state;
	struct seen s = {0};

	add(l, &s, "data/parts.db");
	watch_refresh(l->watch);
	watch_close(l->watch, on_closed, l);
	end_loop(l);
	assert_int_equal(s.told, 0);
}

static void closed_without_being_open(void **state)
{
	struct lookout closed = {0};

	(void)state;
	watch_close(NULL, on_closed, &closed);
	assert_true(closed.closed);
}

#define WITH_LOOKOUT(test) cmocka_unit_test_setup_teardown(test, open_lookout, close_lookout)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOKOUT(who_is_told_may_remove_itself_and_others),
		WITH_LOOKOUT(who_is_told_may_add_others),
		WITH_LOOKOUT(who_is_told_may_refresh),
		WITH_LOOKOUT(who_is_told_may_close_all),
		WITH_LOOKOUT(closed_without_files),
		WITH_LOOKOUT(closed_with_files),
		WITH_LOOKOUT(closed_with_events_unread),
		WITH_LOOKOUT(closed_with_a_refresh_untold),
		cmocka_unit_test(closed_without_being_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
