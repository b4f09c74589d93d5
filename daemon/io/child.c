#include "daemon/io/child.h"

#include "common/text.h"

#include <signal.h>
#include <string.h>
#include <uv.h>

struct child {
	uv_process_t process;
	uv_pipe_t input;
	uv_timer_t patience;
	uv_write_t write;
	char *bytes;
	unsigned open; /* handles */
	struct err e;
	bool ended;
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

static void on_closed(uv_handle_t *handle)
{
	struct child *c = handle->data;

	if (--c->open)
		return;
	void (*done)(void *, const struct err *) = c->done;
	void *arg = c->arg;
	struct err e = c->e;
	free(c->bytes);
	free(c);
	done(arg, &e);
}

static void close_one(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_closed);
}

static void close_all(struct child *c)
{
	close_one((uv_handle_t *)&c->process);
	close_one((uv_handle_t *)&c->input);
	close_one((uv_handle_t *)&c->patience);
}

static void on_ended(uv_process_t *process, int64_t status, int number)
{
	struct child *c = process->data;

	c->ended = true;
	if (c->e.code == ERR_NONE && number)
		err_set(&c->e, ERR_FAILED, "it was ended by signal %d", number);
	else if (c->e.code == ERR_NONE && status)
		err_set(&c->e, ERR_FAILED, "it ended with %d", (int)status);
	close_all(c);
}

/* It has read its input, or wants none: either way it gets an end. */
static void on_written(uv_write_t *write, int status)
{
	struct child *c = owner_of(write, struct child, write);

	(void)status;
	close_one((uv_handle_t *)&c->input);
}

/* It leads a session of its own: whatever it started and left goes too. */
static void kill_all(struct child *c)
{
	if (!c->ended)
		(void)kill(-c->process.pid, SIGKILL);
}

static void on_patience_over(uv_timer_t *timer)
{
	struct child *c = timer->data;

	err_set(&c->e, ERR_TIMEOUT, "it took too long, and was killed");
	kill_all(c);
}

void child_hurry(struct child *c)
{
	if (!c->ended)
		uv_timer_start(&c->patience, on_patience_over, CHILD_HURRY, 0);
}

static int spawn(struct child *c, const struct child_start *start)
{
	char shell[] = "/bin/sh", option[] = "-c";
	char *command = text_copy(start->command);
	char *words[] = {shell, option, command, NULL};
	uv_stdio_container_t stdio[] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
                 .data.stream = (uv_stream_t *)&c->input},
		{.flags = UV_IGNORE					 },
		{.flags = UV_IGNORE},
	};
	const uv_process_options_t options = {.exit_cb = on_ended,
		.file = shell,
		.args = words,
		.env = start->environment,
		.cwd = "/",
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = LENGTH(stdio),
		.stdio = stdio};
	int wrong = uv_spawn(start->loop, &c->process, &options);

	free(command);
	return wrong;
}

static void forget(void *arg, const struct err *e)
{
	(void)arg;
	(void)e;
}

struct child *child_start(const struct child_start *start, struct err *e)
{
	struct child *c = text_room(1, sizeof(*c));

	c->done = start->done;
	c->arg = start->arg;
	c->bytes = text_copy(start->input);
	c->open = 3;
	uv_pipe_init(start->loop, &c->input, 0);
	uv_timer_init(start->loop, &c->patience);
	c->process.data = c->input.data = c->patience.data = c;
	int wrong = spawn(c, start);
	if (wrong) {
		err_set(e, ERR_FAILED, "run /bin/sh: %s", uv_strerror(wrong));
		c->done = forget;
		close_all(c);
		return NULL;
	}
	uv_timer_start(&c->patience, on_patience_over, CHILD_PATIENCE, 0);
	uv_buf_t input = uv_buf_init(c->bytes, (unsigned)strlen(c->bytes));
	if (uv_write(&c->write, (uv_stream_t *)&c->input, &input, 1, on_written))
		close_one((uv_handle_t *)&c->input);
	return c;
}
