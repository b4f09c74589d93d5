#include "daemon/io/alarm.h"

#include "common/text.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct alarm {
	int fd;
	uv_poll_t poll;
	uv_idle_t at_once; /* runs: moment is 0, for which the timer is not set anew */
	uint64_t moment;   /* at which it rings */
	uint64_t armed;    /* to which the timer is set */
	unsigned open;     /* handles */
	void (*rings)(void *arg);
	void *arg;
	void (*closed)(void *arg);
	void *closed_arg;
};

uint64_t alarm_now(void)
{
	struct timespec t;

	REQUIRE(clock_gettime(CLOCK_BOOTTIME, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t alarm_clock(void)
{
	struct timespec t;

	REQUIRE(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void ring(struct alarm *a)
{
	a->moment = ALARM_NEVER;
	a->rings(a->arg);
}

int64_t alarm_ahead(void)
{
	return alarm_clock() - (int64_t)alarm_now() * 1000;
}

static void on_due(uv_poll_t *poll, int status, int events)
{
	struct alarm *a = owner_of(poll, struct alarm, poll);
	uint64_t due = a->armed, times;

	(void)status;
	(void)events;
	if (read(a->fd, &times, sizeof(times)) < 0)
		return; /* set to a later moment after the loop had seen it ring */
	a->armed = ALARM_NEVER;
	if (a->moment == due)
		ring(a);
}

static void on_turn(uv_idle_t *at_once)
{
	uv_idle_stop(at_once);
	ring(owner_of(at_once, struct alarm, at_once));
}

enum err_code alarm_open(struct alarm **out, struct uv_loop_s *loop, void (*rings)(void *arg),
	void *arg, struct err *e)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "make a timer");
	struct alarm *a = text_room(1, sizeof(*a));
	int wrong = uv_poll_init(loop, &a->poll, fd);
	if (wrong) {
		(void)close(fd);
		free(a);
		return err_set(e, ERR_IO, "put the timer on the loop: %s", uv_strerror(wrong));
	}
	uv_idle_init(loop, &a->at_once);
	a->open = 2;
	a->fd = fd;
	a->moment = a->armed = ALARM_NEVER;
	a->rings = rings;
	a->arg = arg;
	REQUIRE(uv_poll_start(&a->poll, UV_READABLE, on_due) == 0);
	*out = a;
	return ERR_NONE;
}

static void arm(struct alarm *a, uint64_t moment)
{
	struct itimerspec at = {0}; /* all zero: not at all */

	if (moment == a->armed)
		return;
	a->armed = moment;
	if (moment != ALARM_NEVER) {
		at.it_value.tv_sec = (time_t)(moment / 1000);
		at.it_value.tv_nsec = (long)(moment % 1000) * 1000000;
	}
	REQUIRE(timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &at, NULL) == 0);
}

void alarm_set(struct alarm *a, uint64_t moment)
{
	a->moment = moment;
	if (moment == 0) {
		uv_idle_start(&a->at_once, on_turn);
		return;
	}
	uv_idle_stop(&a->at_once);
	arm(a, moment);
}

static void on_closed(uv_handle_t *handle)
{
	struct alarm *a = handle->data;
	void (*closed)(void *) = a->closed;
	void *arg = a->closed_arg;

	if (--a->open > 0)
		return;
	(void)close(a->fd);
	free(a);
	closed(arg);
}

void alarm_close(struct alarm *a, void (*closed)(void *arg), void *arg)
{
	if (!a) {
		closed(arg);
		return;
	}
	a->closed = closed;
	a->closed_arg = arg;
	a->poll.data = a->at_once.data = a;
	uv_close((uv_handle_t *)&a->poll, on_closed);
	uv_close((uv_handle_t *)&a->at_once, on_closed);
}
