#include "daemon/io/signals.h"

#include "common/attr.h"
#include "common/text.h"

#include <signal.h>
#include <uv.h>

static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

struct signals {
	uv_signal_t handles[LENGTH(numbers)];
	unsigned open;
	void (*heard)(void *arg, int number);
	void *arg;
};

static void on_signal(uv_signal_t *handle, int number)
{
	struct signals *s = handle->data;

	s->heard(s->arg, number);
}

struct signals *signals_open(
	struct uv_loop_s *loop, void (*heard)(void *arg, int number), void *arg)
{
	struct signals *s = text_room(1, sizeof(*s));

	s->heard = heard;
	s->arg = arg;
	for (; s->open < LENGTH(numbers); s->open++) {
		uv_signal_t *handle = &s->handles[s->open];

		REQUIRE(uv_signal_init(loop, handle) == 0);
		handle->data = s;
		REQUIRE(uv_signal_start(handle, on_signal, numbers[s->open]) == 0);
	}
	return s;
}

void signals_release(struct signals *s)
{
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (numbers[i] != SIGHUP)
			REQUIRE(uv_signal_stop(&s->handles[i]) == 0);
}

static void on_closed(uv_handle_t *handle)
{
	struct signals *s = handle->data;

	if (--s->open == 0)
		free(s);
}

void signals_close(struct signals *s)
{
	for (size_t i = 0; i < LENGTH(numbers); i++)
		uv_close((uv_handle_t *)&s->handles[i], on_closed);
}
