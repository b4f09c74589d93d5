/* The queue and the end that all stores share, with a maker that does nothing by itself. */
#include "check.h"
#include "daemon/io/store_maker.h"

#include <stdio.h>

#define MOST 8

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
		cmocka_unit_test(what_was_answered_is_freed_but_the_cursor_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
