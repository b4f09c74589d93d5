#include "check.h"
#include "common/attr.h"
#include "daemon/io/alarm.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define HOUR UINT64_C(3600000)

/* What the alarm asks of the kernel: these two stand before the C library's. */
static int asked_clock, asked_flags, given_fd;
static unsigned settings;

int timerfd_create(clockid_t clock_id, int flags)
{
	asked_clock = clock_id;
	asked_flags = flags;
	given_fd = (int)syscall(SYS_timerfd_create, clock_id, flags);
	return given_fd;
}

int timerfd_settime(int ufd, int flags, const struct itimerspec *utmr, struct itimerspec *otmr)
{
	settings++;
	assert_int_equal(flags, TFD_TIMER_ABSTIME);
	return (int)syscall(SYS_timerfd_settime, ufd, flags, utmr, otmr);
}

struct bed {
	uv_loop_t loop;
	struct alarm *alarm;
	unsigned rung;
	uint64_t rung_at, then; /* `then`: what to set it to when it rings, if not 0 */
	bool close_then, closed;
};

static void on_closed(void *arg)
{
	struct bed *b = arg;

	b->closed = true;
}

static void on_ring(void *arg)
{
	struct bed *b = arg;

	b->rung++;
	b->rung_at = alarm_now();
	if (b->then)
		alarm_set(b->alarm, b->then);
	b->then = 0;
	if (b->close_then)
		alarm_close(b->alarm, on_closed, b);
}

static void open_bed(struct bed *b)
{
	struct err e;

	*b = (struct bed){0};
	assert_int_equal(uv_loop_init(&b->loop), 0);
	assert_int_equal(alarm_open(&b->alarm, &b->loop, on_ring, b, &e), ERR_NONE);
	settings = 0;
}

/* Handles what is there already; waits for nothing. */
static void turn(struct bed *b)
{
	for (int i = 0; i < 5; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
}

static void wait_for_ring(struct bed *b, unsigned rung)
{
	for (int turns = 0; b->rung < rung && turns < 100; turns++)
		uv_run(&b->loop, UV_RUN_ONCE);
	assert_int_equal(b->rung, rung);
}

static void end_loop(struct bed *b)
{
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_true(b->closed);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	assert_int_equal(fcntl(given_fd, F_GETFD), -1);
}

static void close_bed(struct bed *b)
{
	alarm_close(b->alarm, on_closed, b);
	end_loop(b);
}

static void it_rings_once_and_not_too_early(void **state)
{
	(void)state;
	struct bed b;
	uint64_t moment = alarm_now() + 20;

	open_bed(&b);
	alarm_set(b.alarm, moment);
	wait_for_ring(&b, 1);
	assert_true(b.rung_at >= moment);
	turn(&b);
	assert_int_equal(b.rung, 1);
	close_bed(&b);
}

static void a_moment_that_is_past_rings_at_once(void **state)
{
	(void)state;
	const uint64_t past[] = {0, 1, alarm_now() - 1, alarm_now()};
	struct bed b;

	open_bed(&b);
	for (unsigned i = 0; i < LENGTH(past); i++) {
		alarm_set(b.alarm, past[i]);
		assert_int_equal(b.rung, i); /* never from inside */
		wait_for_ring(&b, i + 1);
	}
	alarm_set(b.alarm, past[LENGTH(past) - 1]);
	wait_for_ring(&b, LENGTH(past) + 1); /* it was not set any more */
	close_bed(&b);
}

static void the_last_setting_counts(void **state)
{
	(void)state;
	const uint64_t later[] = {ALARM_NEVER, ALARM_NEVER - 1, alarm_now() + HOUR};
	struct bed b;

	open_bed(&b);
	for (unsigned i = 0; i < LENGTH(later); i++) {
		alarm_set(b.alarm, 1); /* has rung already, but nobody heard it yet */
		alarm_set(b.alarm, later[i]);
		turn(&b);
		assert_int_equal(b.rung, 0);
	}
	alarm_set(b.alarm, 1);
	wait_for_ring(&b, 1);
	close_bed(&b);
}

static struct bed *to_set_later;

static void set_later(uv_poll_t *poll, int status, int events)
{
	assert_int_equal(status, 0);
	(void)events;
	alarm_set(to_set_later->alarm, alarm_now() + HOUR);
	uv_close((uv_handle_t *)poll, NULL);
}

/* The loop has both events in hand when the first of them sets the alarm. */
static void it_may_be_set_later_in_the_turn_in_which_it_would_ring(void **state)
{
	(void)state;
	int first = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	uv_poll_t poll_first;
	struct bed b;

	open_bed(&b);
	to_set_later = &b;
	assert_int_equal(uv_poll_init(&b.loop, &poll_first, first), 0);
	assert_int_equal(uv_poll_start(&poll_first, UV_READABLE, set_later), 0);
	turn(&b);
	assert_int_equal(eventfd_write(first, 1), 0);
	alarm_set(b.alarm, 1);
	struct pollfd second = {given_fd, POLLIN, 0};
	assert_int_equal(poll(&second, 1, -1), 1);
	turn(&b);
	assert_int_equal(b.rung, 0);
	close_bed(&b);
	assert_int_equal(close(first), 0);
}

static void it_may_be_set_while_it_rings(void **state)
{
	(void)state;
	uint64_t later = alarm_now() + HOUR;
	struct bed b;

	open_bed(&b);
	b.then = alarm_now() + 5;
	alarm_set(b.alarm, 1);
	wait_for_ring(&b, 2);
	b.then = later;
	alarm_set(b.alarm, 1);
	wait_for_ring(&b, 3);
	settings = 0;
	alarm_set(b.alarm, later);
	assert_int_equal(settings, 0);
	close_bed(&b);
}

/* P12 */
static void setting_the_same_moment_costs_nothing(void **state)
{
	(void)state;
	uint64_t moment = alarm_now() + HOUR;
	struct bed b;

	open_bed(&b);
	alarm_set(b.alarm, ALARM_NEVER);
	assert_int_equal(settings, 0);
	for (int i = 0; i < 3; i++)
		alarm_set(b.alarm, moment);
	assert_int_equal(settings, 1);
	for (int i = 0; i < 3; i++)
		alarm_set(b.alarm, ALARM_NEVER);
	assert_int_equal(settings, 2);
	close_bed(&b);
}

/* Each scan asks for a turn at once, and the next turn for the moment before. */
static void at_once_and_then_the_same_moment_costs_nothing(void **state)
{
	(void)state;
	uint64_t moment = alarm_now() + HOUR;
	struct bed b;

	open_bed(&b);
	alarm_set(b.alarm, moment);
	for (unsigned i = 1; i <= 3; i++) {
		b.then = moment;
		alarm_set(b.alarm, 0);
		wait_for_ring(&b, i);
	}
	assert_int_equal(settings, 1);
	close_bed(&b);
}

static void what_at_once_replaced_does_not_ring(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	alarm_set(b.alarm, 1);
	alarm_set(b.alarm, 0);
	wait_for_ring(&b, 1);
	turn(&b);
	assert_int_equal(b.rung, 1);
	alarm_set(b.alarm, 0);
	alarm_set(b.alarm, ALARM_NEVER);
	turn(&b);
	assert_int_equal(b.rung, 1);
	close_bed(&b);
}

/* P12 */
static void waiting_wakes_nobody(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	alarm_set(b.alarm, alarm_now() + HOUR);
	turn(&b);
	struct pollfd ready = {uv_backend_fd(&b.loop), POLLIN, 0};
	assert_int_equal(uv_backend_timeout(&b.loop), -1); /* the loop would sleep for ever */
	assert_int_equal(poll(&ready, 1, 0), 0);
	close_bed(&b);
}

static void time_suspended_counts(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	assert_int_equal(asked_clock, CLOCK_BOOTTIME);
	assert_int_equal(asked_flags, TFD_NONBLOCK | TFD_CLOEXEC);
	close_bed(&b);
}

static void the_clock_is_that_of_the_machine(void **state)
{
	(void)state;
	int64_t before = (int64_t)time(NULL) - 1;

	assert_in_range(alarm_clock() / 1000000, before, before + 5);
}

static void no_descriptor_left_is_an_error(void **state)
{
	(void)state;
	struct rlimit old, none;
	struct alarm *a = NULL;
	struct err e;
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){0, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum err_code code = alarm_open(&a, &loop, on_ring, NULL, &e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(code, ERR_IO);
	assert_string_equal(e.text, "make a timer: Too many open files");
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void closed_before_it_was_set(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	close_bed(&b);
	assert_int_equal(b.rung, 0);
}

static void closed_while_it_waits(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	alarm_set(b.alarm, alarm_now() + HOUR);
	turn(&b);
	close_bed(&b);
	assert_int_equal(b.rung, 0);
}

static void closed_after_its_moment_but_before_it_rang(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	turn(&b);
	alarm_set(b.alarm, 1);
	close_bed(&b);
	assert_int_equal(b.rung, 0);
}

static void closed_while_it_rings(void **state)
{
	(void)state;
	struct bed b;

	open_bed(&b);
	b.close_then = true;
	alarm_set(b.alarm, 1);
	end_loop(&b);
	assert_int_equal(b.rung, 1);
}

static void closed_without_being_open(void **state)
{
	(void)state;
	struct bed b = {0};

	alarm_close(NULL, on_closed, &b);
	assert_true(b.closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_rings_once_and_not_too_early),
		cmocka_unit_test(a_moment_that_is_past_rings_at_once),
		cmocka_unit_test(the_last_setting_counts),
		cmocka_unit_test(it_may_be_set_later_in_the_turn_in_which_it_would_ring),
		cmocka_unit_test(it_may_be_set_while_it_rings),
		cmocka_unit_test(setting_the_same_moment_costs_nothing),
		cmocka_unit_test(at_once_and_then_the_same_moment_costs_nothing),
		cmocka_unit_test(what_at_once_replaced_does_not_ring),
		cmocka_unit_test(waiting_wakes_nobody),
		cmocka_unit_test(time_suspended_counts),
		cmocka_unit_test(the_clock_is_that_of_the_machine),
		cmocka_unit_test(no_descriptor_left_is_an_error),
		cmocka_unit_test(closed_before_it_was_set),
		cmocka_unit_test(closed_while_it_waits),
		cmocka_unit_test(closed_after_its_moment_but_before_it_rang),
		cmocka_unit_test(closed_while_it_rings),
		cmocka_unit_test(closed_without_being_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
