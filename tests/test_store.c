/* The queue and the end that all stores share, with a maker that does nothing by itself. */
#include "check.h"
#include "common/stamp.h"
#include "daemon/io/alarm.h"
#include "daemon/io/store_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST   8
#define JITTER 100000 /* us between two looks at two clocks */

/* The wall clock as the test sets it (us): this stands before the C library's. */
static int64_t set_by;

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
	int failed = (int)syscall(SYS_clock_gettime, clock_id, tp);

	if (clock_id == CLOCK_REALTIME)
		tp->tv_sec += set_by / 1000000;
	return failed;
}

struct fake {
	struct store store;
	uv_loop_t loop;
	struct store_request *begun[MOST]; /* in order */
	unsigned begun_count;
	bool is_cut; /* the second that was begun */
	bool is_freed, is_closed;
};

struct ask {
	struct store_request r;
	struct ask *then; /* started when this one ends */
	enum err_code code;
	unsigned ended;
};

static void begin(struct store *s, struct store_request *r)
{
	struct fake *f = owner_of(s, struct fake, store);

	f->begun[f->begun_count++] = r;
}

/* What is on a pool thread cannot be cut; the others can. */
static void cut(struct store *s)
{
	struct fake *f = owner_of(s, struct fake, store);

	if (!f->is_cut)
		return;
	f->is_cut = false;
	store_ended(f->begun[1], &(struct err){.code = ERR_CANCELED});
}

static void free_fake(struct store *s, void (*freed)(void *arg), void *arg)
{
	owner_of(s, struct fake, store)->is_freed = true;
	freed(arg);
}

static const struct store_maker maker = {
	.at_once = {2, 1},
          .begin = begin, .cut = cut, .free = free_fake
};

static int set_up(void **state)
{
	static struct fake f;

	f = (struct fake){0};
	assert_int_equal(uv_loop_init(&f.loop), 0);
	store_init(&f.store, &maker, &f.loop, "/somewhere");
	*state = &f;
	return 0;
}

static void on_closed(void *arg)
{
	struct fake *f = arg;

	assert_true(f->is_freed);
	f->is_closed = true;
}

static void close_fake(struct fake *f)
{
	store_close(&f->store, on_closed, f);
	assert_false(f->is_closed); /* never from inside */
}

static int tear_down(void **state)
{
	struct fake *f = *state;

	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_true(f->is_closed);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	return 0;
}

static void on_done(struct store_request *r, const struct err *e)
{
	struct ask *a = owner_of(r, struct ask, r);
	struct store *s = r->store;

	a->code = e->code;
	a->ended++;
	memset(r, 0x5a, sizeof(*r)); /* its owner may have freed it */
	if (a->then)
		store_start(s, &a->then->r);
}

static void start(struct fake *f, struct ask *a)
{
	*a = (struct ask){.r.done = on_done, .then = a->then};
	store_start(&f->store, &a->r);
	assert_int_equal(a->ended, 0);
}

static void end(struct fake *f, unsigned i)
{
	store_ended(f->begun[i], &(struct err){0});
}

static void requests_are_begun_in_order_a_few_at_a_time(void **state)
{
	struct fake *f = *state;
	struct ask asks[5] = {0};

	for (size_t i = 0; i < LENGTH(asks); i++)
		start(f, &asks[i]);
	assert_int_equal(f->begun_count, 2);
	end(f, 1);
	assert_int_equal(f->begun_count, 3);
	for (unsigned i = 0; i < LENGTH(asks); i++)
		if (i != 1)
			end(f, i);
	assert_int_equal(f->begun_count, 5);
	for (size_t i = 0; i < LENGTH(asks); i++) {
		assert_ptr_equal(f->begun[i], &asks[i].r);
		assert_int_equal(asks[i].ended, 1);
		assert_int_equal(asks[i].code, ERR_NONE);
	}
	assert_string_equal(store_place(&f->store), "/somewhere");
	close_fake(f);
}

static void nothing_waits_for_transfers_but_transfers(void **state)
{
	struct fake *f = *state;
	struct ask transfers[3] = {0}, quick = {0};

	for (size_t i = 0; i < LENGTH(transfers); i++) {
		transfers[i] = (struct ask){
			.r = {.done = on_done, .file = "/a/file"}
                };
		store_start(&f->store, &transfers[i].r);
	}
	assert_int_equal(f->begun_count, 1);
	start(f, &quick);
	assert_int_equal(f->begun_count, 2);
	assert_ptr_equal(f->begun[1], &quick.r);
	end(f, 1);
	assert_int_equal(f->begun_count, 2);
	end(f, 0);
	assert_ptr_equal(f->begun[2], &transfers[1].r);
	end(f, 2);
	assert_ptr_equal(f->begun[3], &transfers[2].r);
	end(f, 3);
	close_fake(f);
}

static void an_end_may_start_the_next(void **state)
{
	struct fake *f = *state;
	struct ask second = {.r.done = on_done}, first = {.then = &second};

	start(f, &first);
	end(f, 0);
	assert_int_equal(f->begun_count, 2);
	end(f, 1);
	assert_int_equal(second.ended, 1);
	close_fake(f);
}

static void closing_with_nothing_under_way_comes_back_through_the_loop(void **state)
{
	close_fake(*state);
}

static void closing_cancels_what_waits_and_awaits_what_is_under_way(void **state)
{
	struct fake *f = *state;
	struct ask asks[4] = {0};

	for (size_t i = 0; i < LENGTH(asks); i++)
		start(f, &asks[i]);
	close_fake(f);
	for (size_t i = 0; i < LENGTH(asks); i++)
		assert_int_equal(asks[i].ended, 0); /* never from inside */
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_false(f->is_closed);
	assert_int_equal(asks[2].code, ERR_CANCELED);
	assert_int_equal(asks[3].code, ERR_CANCELED);
	end(f, 0);
	assert_false(f->is_closed);
	end(f, 1);
	assert_true(f->is_closed);
	assert_int_equal(asks[0].code, ERR_NONE);
	assert_int_equal(f->begun_count, 2);
	for (size_t i = 0; i < LENGTH(asks); i++)
		assert_int_equal(asks[i].ended, 1);
}

static void what_can_be_cut_is_not_awaited(void **state)
{
	struct fake *f = *state;
	struct ask asks[2] = {0};

	for (size_t i = 0; i < LENGTH(asks); i++)
		start(f, &asks[i]);
	f->is_cut = true;
	close_fake(f);
	assert_int_equal(asks[1].ended, 0); /* never from inside */
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(asks[1].code, ERR_CANCELED);
	assert_false(f->is_closed);
	end(f, 0);
	assert_true(f->is_closed);
}

static void stopping_ends_what_waits_and_what_comes_and_awaits_nothing(void **state)
{
	struct fake *f = *state;
	struct ask third = {.r.done = on_done}, second = {.then = &third}, first = {0};

	start(f, &first);
	start(f, &second);
	f->is_cut = true; /* the second */
	store_stop(&f->store);
	assert_int_equal(second.ended, 0); /* never from inside */
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(second.code, ERR_CANCELED);
	assert_int_equal(third.code, ERR_CANCELED);
	assert_int_equal(f->begun_count, 2);
	end(f, 0);
	assert_false(f->is_closed);
	close_fake(f);
}

static void what_is_started_while_closing_is_canceled(void **state)
{
	struct fake *f = *state;
	struct ask third = {.r.done = on_done}, second = {.r.done = on_done, .then = &third};
	struct ask first = {.then = &second};

	start(f, &first);
	close_fake(f);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	end(f, 0);
	assert_true(f->is_closed);
	assert_int_equal(first.code, ERR_NONE);
	assert_int_equal(second.code, ERR_CANCELED);
	assert_int_equal(third.code, ERR_CANCELED);
	assert_int_equal(f->begun_count, 1);
}

static void what_was_answered_is_freed_but_the_cursor_stays(void **state)
{
	struct store_request r = {0};

	(void)state;
	r.got.bytes = strdup("x");
	r.got.entries = calloc(1, sizeof(r.got.entries[0]));
	r.got.entry_count = 1;
	r.got.tagged = true;
	(void)snprintf(r.got.cursor, sizeof(r.got.cursor), "here");
	store_request_end(&r);
	store_request_end(&r);
	assert_null(r.got.bytes);
	assert_null(r.got.entries);
	assert_int_equal(r.got.entry_count, 0);
	assert_false(r.got.tagged);
	assert_string_equal(r.got.cursor, "here");
}

static void who_wants_to_be_left_alone_is_remembered(void **state)
{
	struct fake *f = *state;
	struct ask first = {0}, second = {0};

	assert_int_equal(store_facts(&f->store).not_before, 0);
	start(f, &first);
	start(f, &second);
	f->begun[0]->got.wait = 5000;
	uint64_t least = alarm_now() + 5000;
	end(f, 0);
	end(f, 1); /* says nothing about it */
	assert_in_range(store_facts(&f->store).not_before, least, alarm_now() + 5000);
	close_fake(f);
}

#define HOUR INT64_C(3600000000) /* us */

static void a_clock_that_is_set_is_off_by_as_much_more(void **state)
{
	struct fake *f = *state;

	assert_int_equal(store_facts(&f->store).skew, STAMP_NONE);
	set_by = HOUR;
	assert_int_equal(store_facts(&f->store).skew, STAMP_NONE);
	store_told_skew(&f->store, 2 * HOUR);
	assert_true(labs(store_facts(&f->store).skew - 2 * HOUR) < JITTER);
	set_by = -HOUR;
	assert_true(labs(store_facts(&f->store).skew) < JITTER);
	set_by = 24 * HOUR;
	assert_true(labs(store_facts(&f->store).skew - 25 * HOUR) < JITTER);
	store_told_skew(&f->store, 25 * HOUR);
	assert_true(labs(store_facts(&f->store).skew - 25 * HOUR) < JITTER);
	set_by = 0;
	close_fake(f);
}

#define WITH_FAKE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FAKE(requests_are_begun_in_order_a_few_at_a_time),
		WITH_FAKE(nothing_waits_for_transfers_but_transfers),
		WITH_FAKE(an_end_may_start_the_next),
		WITH_FAKE(closing_with_nothing_under_way_comes_back_through_the_loop),
		WITH_FAKE(closing_cancels_what_waits_and_awaits_what_is_under_way),
		WITH_FAKE(what_can_be_cut_is_not_awaited),
		WITH_FAKE(stopping_ends_what_waits_and_what_comes_and_awaits_nothing),
		WITH_FAKE(what_is_started_while_closing_is_canceled),
		WITH_FAKE(who_wants_to_be_left_alone_is_remembered),
		WITH_FAKE(a_clock_that_is_set_is_off_by_as_much_more),
		cmocka_unit_test(what_was_answered_is_freed_but_the_cursor_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
