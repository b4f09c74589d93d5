#include "daemon/io/store_maker.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/digest.h"

#include <inttypes.h>
#include <string.h>

void store_init(
	struct store *s, const struct store_maker *maker, uv_loop_t *loop, const char *place)
{
	s->maker = maker;
	s->place = text_copy(place);
	s->loop = loop;
	for (size_t i = 0; i < STORE_LANES; i++)
		s->lanes[i].end = &s->lanes[i].waiting;
	s->facts.skew = STAMP_NONE;
	uv_idle_init(loop, &s->way_back);
}

const char *store_place(const struct store *s)
{
	return s->place;
}

void store_told_skew(struct store *s, int64_t skew)
{
	s->facts.skew = skew;
	s->then = alarm_ahead();
}

/* A clock that was set since is off by as much more. */
struct store_facts store_facts(const struct store *s)
{
	struct store_facts facts = s->facts;

	if (facts.skew != STAMP_NONE)
		facts.skew += alarm_ahead() - s->then;
	return facts;
}

void store_reconnect(struct store *s)
{
	if (s->maker->reconnect && !s->closing)
		s->maker->reconnect(s);
}

static enum store_lane lane_of(const struct store_request *r)
{
	return r->file ? STORE_TRANSFERS : STORE_QUICK;
}

static struct store_request *next_waiting(struct store *s, enum store_lane lane)
{
	struct store_request *r = s->lanes[lane].waiting;

	if (!r)
		return NULL;
	s->lanes[lane].waiting = r->next;
	if (!r->next)
		s->lanes[lane].end = &s->lanes[lane].waiting;
	return r;
}

static void begin_waiting(struct store *s, enum store_lane lane)
{
	while (!s->closing && s->lanes[lane].waiting &&
		s->lanes[lane].under_way < s->maker->at_once[lane]) {
		s->lanes[lane].under_way++;
		s->maker->begin(s, next_waiting(s, lane));
	}
}

static void cancel_waiting(struct store *s)
{
	struct store_request *r;
	struct err e;

	err_set(&e, ERR_CANCELED, "canceled before it began");
	while ((r = next_waiting(s, STORE_QUICK)) || (r = next_waiting(s, STORE_TRANSFERS)))
		r->done(r, &e);
}

static void end_what_waits(struct store *s)
{
	if (s->maker->cut)
		s->maker->cut(s);
	cancel_waiting(s);
}

static void on_idle(uv_idle_t *idle)
{
	(void)uv_idle_stop(idle);
	end_what_waits(owner_of(idle, struct store, way_back));
}

void store_stop(struct store *s)
{
	s->closing = true;
	if (!uv_is_closing((uv_handle_t *)&s->way_back))
		(void)uv_idle_start(&s->way_back, on_idle);
}

void store_start(struct store *s, struct store_request *r)
{
	enum store_lane lane = lane_of(r);

	r->store = s;
	r->next = NULL;
	*s->lanes[lane].end = r;
	s->lanes[lane].end = &r->next;
	if (s->closing)
		store_stop(s);
	begin_waiting(s, lane);
}

static void close_if_all_ended(struct store *s)
{
	if (!s->is_back)
		return;
	cancel_waiting(s);
	if (s->lanes[STORE_QUICK].under_way > 0 || s->lanes[STORE_TRANSFERS].under_way > 0)
		return;
	free(s->place);
	s->maker->free(s, s->closed, s->arg);
}

void store_ended(struct store_request *r, const struct err *e)
{
	struct store *s = r->store;
	enum store_lane lane = lane_of(r);

	if (r->got.wait)
		s->facts.not_before = alarm_now() + r->got.wait;
	s->lanes[lane].under_way--;
	begin_waiting(s, lane);
	r->done(r, e);
	close_if_all_ended(s);
}

static void on_way_back(uv_handle_t *handle)
{
	struct store *s = owner_of((uv_idle_t *)handle, struct store, way_back);

	end_what_waits(s);
	s->is_back = true;
	close_if_all_ended(s);
}

void store_close(struct store *s, void (*closed)(void *arg), void *arg)
{
	s->closing = true;
	s->closed = closed;
	s->arg = arg;
	uv_close((uv_handle_t *)&s->way_back, on_way_back);
}

enum err_code store_check_copy(int fd, const char *file, const struct version *v, struct err *e)
{
	char checksum[DIGEST_TEXT];
	uint64_t size;

	if (digest_file(fd, &size, checksum, NULL, e))
		return e->code;
	if (size == v->size && strcmp(checksum, v->checksum) == 0)
		return ERR_NONE;
	return err_set(e, ERR_CORRUPT,
		"%s is damaged: %" PRIu64 " bytes with SHA-256 %.12s..., captured with %" PRIu64
		" and %.12s...",
		file, size, checksum, v->size, v->checksum);
}

void store_request_end(struct store_request *r)
{
	char cursor[OBJKEY_ROOM];

	free(r->got.bytes);
	free(r->got.entries);
	memcpy(cursor, r->got.cursor, sizeof(cursor));
	memset(&r->got, 0, sizeof(r->got));
	memcpy(r->got.cursor, cursor, sizeof(cursor));
}
