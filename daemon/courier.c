#include "daemon/courier.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/child.h"

#include <string.h>

#define TRY_FIRST UINT64_C(30000)   /* ms after a failure; doubles ... */
#define TRY_LAST  UINT64_C(3600000) /* ... up to this */

struct courier {
	struct courier_start start;
	struct notice notice; /* under way, or last tried */
	bool busy;
	unsigned failures; /* in a row */
	uint64_t due;
	struct child *child;
	struct http_call call;
	char *body;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

static const char *const names[] = {
	[CHANNEL_COMMAND] = "command", [CHANNEL_WEBHOOK] = "webhook_url"};

/* --- how it went ----------------------------------------------------------- */

static void gone(struct courier *c)
{
	void (*stopped)(void *) = c->stopped;
	void *arg = c->stopped_arg;

	free(c);
	stopped(arg);
}

static uint64_t pause(unsigned failures)
{
	uint64_t wait = TRY_FIRST;

	while (--failures && wait < TRY_LAST)
		wait *= 2;
	return wait < TRY_LAST ? wait : TRY_LAST;
}

static void failed(struct courier *c, const struct err *e)
{
	if (!c->failures++)
		log_warning("alert not delivered", "by=%s condition=%s error=\"%s\"",
			names[c->start.channel], c->notice.condition, e->text);
	c->due = alarm_now() + pause(c->failures);
}

static void delivered(struct courier *c)
{
	struct err e;

	c->failures = 0;
	c->due = 0;
	if (state_notice_told(c->start.state, c->start.channel, c->notice.number, &e)) {
		log_error("state", "error=\"%s\"", e.text);
		failed(c, &e);
	}
}

static void went(struct courier *c, const struct err *e)
{
	c->busy = false;
	c->child = NULL;
	free(c->body);
	c->body = NULL;
	if (c->stopped) {
		if (!e->code)
			delivered(c);
		gone(c);
		return;
	}
	if (e->code)
		failed(c, e);
	else
		delivered(c);
	c->start.moved(c->start.arg);
}

/* --- the two ways ------------------------------------------------------------ */

static void on_child(void *arg, const struct err *e)
{
	went(arg, e);
}

static enum err_code run(struct courier *c, struct err *e)
{
	char *environment[NOTICE_VARIABLES + 1];

	notice_environment(&c->notice, &c->start.from, environment);
	c->child = child_start(&(struct child_start){.loop = c->start.loop,
				       .command = c->start.to,
				       .environment = environment,
				       .input = c->body,
				       .done = on_child,
				       .arg = c},
		e);
	notice_end(environment);
	return c->child ? ERR_NONE : e->code;
}

/* An answer that is not 2xx is a failure; its words may repeat the URL and are not told. */
static void on_http(struct http_call *call, const struct http_answer *a, const struct err *e)
{
	struct courier *c = owner_of(call, struct courier, call);
	struct err wrong = *e;

	if (!e->code && (a->status < 200 || a->status > 299))
		err_set(&wrong, ERR_REFUSED, "it answered %ld", a->status);
	went(c, &wrong);
}

static enum err_code post(struct courier *c, struct err *e)
{
	static const char *const headers[] = {"content-type: application/json", NULL};

	c->call = (struct http_call){.method = "POST",
		.url = c->start.to,
		.headers = headers,
		.body_file = -1,
		.body = c->body,
		.body_length = strlen(c->body),
		.answer_file = -1,
		.answer_most = 65536,
		.done = on_http};
	return http_start(c->start.http, &c->call, e);
}

/* --- turns --------------------------------------------------------------------- */

static void begin(struct courier *c)
{
	struct err e;

	c->body = notice_json(&c->notice, &c->start.from);
	c->busy = true;
	if (c->start.channel == CHANNEL_COMMAND ? run(c, &e) : post(c, &e)) {
		c->busy = false;
		free(c->body);
		c->body = NULL;
		failed(c, &e);
	}
}

uint64_t courier_turn(struct courier *c, uint64_t now)
{
	struct err e;

	if (c->busy)
		return ALARM_NEVER;
	if (state_notice_next(c->start.state, c->start.channel, &c->notice, &e)) {
		log_error("state", "error=\"%s\"", e.text);
		return ALARM_NEVER;
	}
	if (!c->notice.number)
		return ALARM_NEVER;
	if (c->due <= now)
		begin(c);
	return c->busy ? ALARM_NEVER : c->due;
}

void courier_hurry(struct courier *c)
{
	c->due = 0;
}

struct courier *courier_open(const struct courier_start *start)
{
	struct courier *c = text_room(1, sizeof(*c));

	c->start = *start;
	return c;
}

void courier_stop(struct courier *c, void (*stopped)(void *arg), void *arg)
{
	c->stopped = stopped;
	c->stopped_arg = arg;
	if (c->child)
		child_hurry(c->child);
	if (!c->busy)
		gone(c);
}
