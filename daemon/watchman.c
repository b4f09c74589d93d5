#include "daemon/watchman.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/courier.h"
#include "daemon/facts.h"
#include "daemon/io/alarm.h"

#include <unistd.h>

#define APART     UINT64_C(1000)    /* ms between two looks */
#define HEARTBEAT UINT64_C(1800000) /* ms between two pings */
#define PATIENCE  10000             /* ms without progress of what is asked; a stop waits for it */
#define PING_BACK UINT64_C(60000)   /* ms after one that failed */

struct watchman {
	struct uv_loop_s *loop;
	const struct engine_parts *parts;
	struct alerts alerts;
	uint64_t looked_at;
	unsigned channels; /* bits */
	struct courier *couriers[CHANNELS];
	struct http *http;
	struct http_call ping;
	bool pinging, ping_failed;
	uint64_t ping_due;
	char host[VERSION_HOST + 1];
	void (*moved)(void *arg);
	void *arg;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/* --- alerts ---------------------------------------------------------------- */

static void on_alert(void *arg, const struct alert *alert)
{
	struct watchman *w = arg;
	struct notice n = {.begins = alert->raised, .at = alarm_clock()};
	struct err e;

	text_cut(n.condition, sizeof(n.condition), alert->condition);
	text_cut(n.database, sizeof(n.database), alert->database);
	text_cut(n.words, sizeof(n.words), alert->words);
	const char *db = n.database[0] ? n.database : "-";
	if (n.begins)
		log_warning("alert", "condition=%s db=%s words=\"%s\"", n.condition, db, n.words);
	else
		log_info("alert over", "condition=%s db=%s words=\"%s\"", n.condition, db, n.words);
	if (state_alert_put(w->parts->state, &n, w->channels, &e))
		log_error("state", "error=\"%s\"", e.text);
	w->ping_due = 0; /* what is over is told to the heartbeat at once */
}

static void restore(void *arg, const struct notice *n)
{
	struct watchman *w = arg;

	alerts_restore(&w->alerts, n->condition, n->database, n->words);
	if (alert_of_capture(n->condition) && w->parts->config->backend != BACKEND_DISABLED)
		(void)pipeline_ask(w->parts->pipeline, n->database, "After an alert", alarm_now());
}

static uint64_t look(struct watchman *w, uint64_t now)
{
	struct facts f;

	if (w->looked_at && now < w->looked_at + APART)
		return w->looked_at + APART;
	w->looked_at = now;
	facts_gather(&f, w->parts, now);
	alerts_step(&w->alerts, &f.alert, on_alert, w);
	facts_end(&f);
	return alerts_due(&w->alerts);
}

/* --- the heartbeat ----------------------------------------------------------- */

static void on_ping(struct http_call *call, const struct http_answer *a, const struct err *e)
{
	struct watchman *w = owner_of(call, struct watchman, ping);
	bool failed = e->code || a->status < 200 || a->status > 299;

	w->pinging = false;
	if (failed && !w->ping_failed)
		log_warning("heartbeat", "error=\"%s\"",
			e->code ? e->text : "it did not answer with 2xx");
	w->ping_failed = failed;
	w->ping_due = alarm_now() + (failed ? PING_BACK : HEARTBEAT);
	w->moved(w->arg);
}

static uint64_t beat(struct watchman *w, uint64_t now)
{
	struct err e;

	if (!w->http || !*w->parts->config->alert_heartbeat_url || w->pinging ||
		alerts_raised(&w->alerts))
		return ALARM_NEVER;
	if (now < w->ping_due)
		return w->ping_due;
	w->ping = (struct http_call){.method = "GET",
		.url = w->parts->config->alert_heartbeat_url,
		.headers = (const char *const[]){NULL},
		.body_file = -1,
		.answer_file = -1,
		.answer_most = 65536,
		.done = on_ping};
	if (http_start(w->http, &w->ping, &e) == ERR_NONE) {
		w->pinging = true;
		return ALARM_NEVER;
	}
	w->ping_due = now + PING_BACK;
	return w->ping_due;
}

/* --- open and turn -------------------------------------------------------------- */

static void open_courier(struct watchman *w, enum channel channel, const char *to)
{
	if (!*to || (channel == CHANNEL_WEBHOOK && !w->http))
		return;
	w->channels |= 1U << channel;
	w->couriers[channel] = courier_open(&(struct courier_start){
		.loop = w->loop,
		.state = w->parts->state,
		.channel = channel,
		.to = to,
		.http = w->http,
		.from = {.host = w->host, .machine = state_machine(w->parts->state)},
		.moved = w->moved,
		.arg = w->arg
        });
}

struct watchman *watchman_open(struct uv_loop_s *loop, const struct engine_parts *parts,
	void (*moved)(void *arg), void *arg)
{
	struct watchman *w = text_room(1, sizeof(*w));
	const struct config *c = parts->config;
	struct err e;

	*w = (struct watchman){.loop = loop, .parts = parts, .moved = moved, .arg = arg};
	if (gethostname(w->host, sizeof(w->host) - 1))
		w->host[0] = '\0';
	if ((*c->alert_webhook_url || *c->alert_heartbeat_url) &&
		http_open(&w->http, loop,
			&(struct http_options){.ca_file = "", .patience_ms = PATIENCE}, &e))
		log_error("alert not delivered", "error=\"%s\"", e.text);
	open_courier(w, CHANNEL_COMMAND, c->alert_command);
	open_courier(w, CHANNEL_WEBHOOK, c->alert_webhook_url);
	if (state_alerts_raised(parts->state, restore, w, &e) ||
		state_notices_only(parts->state, w->channels, &e))
		log_error("state", "error=\"%s\"", e.text);
	return w;
}

uint64_t watchman_turn(struct watchman *w, uint64_t now)
{
	uint64_t next = look(w, now), due = beat(w, now);

	next = due < next ? due : next;
	for (size_t i = 0; i < CHANNELS; i++) {
		due = w->couriers[i] ? courier_turn(w->couriers[i], now) : ALARM_NEVER;
		next = due < next ? due : next;
	}
	return next;
}

void watchman_hurry(struct watchman *w)
{
	for (size_t i = 0; i < CHANNELS; i++)
		if (w->couriers[i])
			courier_hurry(w->couriers[i]);
	if (w->ping_failed)
		w->ping_due = 0;
}

/* --- stop: the couriers, one after the other, then what they share ----------------- */

static void on_http_closed(void *arg)
{
	struct watchman *w = arg;
	void (*stopped)(void *) = w->stopped;
	void *stopped_arg = w->stopped_arg;

	alerts_free(&w->alerts);
	free(w);
	stopped(stopped_arg);
}

static void stop_next(void *arg)
{
	struct watchman *w = arg;

	for (size_t i = 0; i < CHANNELS; i++) {
		struct courier *c = w->couriers[i];

		if (!c)
			continue;
		w->couriers[i] = NULL;
		courier_stop(c, stop_next, w);
		return;
	}
	http_close(w->http, on_http_closed, w);
}

void watchman_stop(struct watchman *w, void (*stopped)(void *arg), void *arg)
{
	if (!w) {
		stopped(arg);
		return;
	}
	w->stopped = stopped;
	w->stopped_arg = arg;
	stop_next(w);
}
