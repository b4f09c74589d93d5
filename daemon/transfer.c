#include "daemon/transfer.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/core/backoff.h"
#include "daemon/io/alarm.h"
#include "daemon/io/digest.h"
#include "daemon/sending.h"

#include <string.h>

#define REFUSED_REST 3600000 /* ms: what is refused with these settings is tried again hourly */

struct upload {
	struct sending sending;
	struct transfer *transfer;
};

struct transfer {
	struct state *state;
	struct storage *storage;
	struct transfer_events events;
	struct upload uploads[TRANSFER_MOST];
	struct storage_ask probe;
	bool probing, beginning, stopping;
	bool away;           /* the store itself failed: nothing is sent while that rests */
	struct text aside;   /* ids of versions that failed alone: they rest, the others go on */
	unsigned failures;   /* in a row */
	uint64_t rest_until; /* ALARM_NEVER: nothing rests */
	struct err error;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

static void stop_when_idle(struct transfer *t)
{
	for (size_t i = 0; i < TRANSFER_MOST; i++)
		if (t->uploads[i].sending.busy)
			return;
	if (t->probing)
		return;
	t->stopped(t->stopped_arg);
}

static void rest(struct transfer *t, const struct err *e)
{
	uint64_t until = alarm_now() + REFUSED_REST;
	uint32_t random;

	if (strcmp(t->error.text, e->text) != 0)
		log_warning("upload", "error=\"%s\"", e->text);
	t->error = *e;
	if (t->rest_until == ALARM_NEVER)
		t->failures++;
	digest_random(&random, sizeof(random));
	if (err_may_retry(e->code))
		until = alarm_now() + backoff_ms(t->failures, random);
	if (until < t->rest_until)
		t->rest_until = until;
}

static void rest_all(struct transfer *t, const struct err *e)
{
	t->away = true;
	rest(t, e);
	t->events.result(t->events.arg, NULL, COPY_CAPTURED, e);
}

/* Did it fail for all, or for want of room, or of a right, for this one? */
static void failed(struct transfer *t, const char *id, const struct err *e)
{
	if (e->code == ERR_OFFLINE || e->code == ERR_REFUSED) {
		rest_all(t, e);
		return;
	}
	text_add(&t->aside, "%s\n", id);
	rest(t, e);
}

static void rest_is_over(struct transfer *t)
{
	t->rest_until = ALARM_NEVER;
	t->away = false;
	text_free(&t->aside);
}

static void went_well(struct transfer *t)
{
	if (t->aside.length)
		return;
	t->failures = 0;
	t->error = (struct err){0};
	rest_is_over(t);
}

static bool is_aside(const struct transfer *t, const char *id)
{
	return t->aside.length && strstr(t->aside.at, id);
}

static bool under_way(const struct transfer *t, const char *id)
{
	for (size_t i = 0; i < TRANSFER_MOST; i++)
		if (t->uploads[i].sending.busy &&
			strcmp(t->uploads[i].sending.version.v.id, id) == 0)
			return true;
	return false;
}

/* The first that waits and is neither under way nor set aside; `next` moves past it. */
static const char *next_id(
	const struct transfer *t, char (*ids)[VERSION_ID + 1], size_t count, size_t *next)
{
	while (*next < count && (under_way(t, ids[*next]) || is_aside(t, ids[*next])))
		++*next;
	return *next < count ? ids[(*next)++] : NULL;
}

static void begin_uploads(struct transfer *t)
{
	char(*ids)[VERSION_ID + 1];
	size_t count, next = 0;
	const char *id;
	struct err e;

	if (t->away || t->beginning) /* what ends as it begins is followed by the next below */
		return;
	if (state_queue(t->state, storage_id(t->storage), &ids, &count, &e))
		rest_all(t, &e);
	t->beginning = true;
	for (size_t i = 0; i < TRANSFER_MOST; i++) {
		struct sending *s = &t->uploads[i].sending;

		while (!s->busy && !t->away && (id = next_id(t, ids, count, &next)))
			if (sending_start(s, id, &e))
				rest_all(t, &e);
	}
	t->beginning = false;
	free(ids);
}

static void on_ended(struct sending *s, const char *id, enum copy_state state, const struct err *e)
{
	struct transfer *t = owner_of(s, struct upload, sending)->transfer;

	if (t->stopping) {
		stop_when_idle(t);
		return;
	}
	if (state == COPY_STORED)
		went_well(t);
	else if (state == COPY_CAPTURED)
		failed(t, id, e);
	t->events.result(t->events.arg, id, state, e);
	begin_uploads(t);
}

static void on_probed(struct storage_ask *ask, const struct err *e)
{
	struct transfer *t = owner_of(ask, struct transfer, probe);

	t->probing = false;
	if (t->stopping)
		stop_when_idle(t);
	else if (e->code)
		rest_all(t, e);
	else
		begin_uploads(t);
}

static bool something_waits(struct transfer *t)
{
	struct state_queue_sums sums;
	struct err e;

	return state_queue_sum(t->state, storage_id(t->storage), &sums, &e) || sums.length > 0;
}

/* A store that was not reached last time, or was never asked, is asked first: one probe, no herd.
 */
void transfer_kick(struct transfer *t, bool urgent)
{
	if (t->stopping || !storage_store(t->storage))
		return;
	if (urgent)
		rest_is_over(t);
	if (t->away || t->probing || !something_waits(t))
		return;
	if (storage_see(t->storage).reached == 1) {
		begin_uploads(t);
		return;
	}
	t->probing = true;
	t->probe.done = on_probed;
	storage_probe(t->storage, &t->probe);
}

struct transfer *transfer_open(
	struct state *state, struct storage *storage, const struct transfer_events *events)
{
	struct transfer *t = text_room(1, sizeof(*t));

	t->state = state;
	t->storage = storage;
	t->events = *events;
	t->rest_until = ALARM_NEVER;
	for (size_t i = 0; i < TRANSFER_MOST; i++)
		t->uploads[i] = (struct upload){
			.transfer = t,
			.sending = {.state = state,
				    .storage = storage,
				    .closing = &t->stopping,
				    .ended = on_ended}
                };
	return t;
}

uint64_t transfer_due(const struct transfer *t)
{
	return t->rest_until;
}

void transfer_turn(struct transfer *t, uint64_t now)
{
	if (t->rest_until <= now)
		transfer_kick(t, true);
}

const struct err *transfer_error(const struct transfer *t)
{
	return t->error.code ? &t->error : NULL;
}

void transfer_stop(struct transfer *t, void (*stopped)(void *arg), void *arg)
{
	t->stopping = true;
	t->stopped = stopped;
	t->stopped_arg = arg;
	stop_when_idle(t);
}

void transfer_free(struct transfer *t)
{
	text_free(&t->aside);
	free(t);
}
