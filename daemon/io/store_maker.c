#include "daemon/io/store_maker.h"

#include "common/stamp.h"
#include "common/text.h"

#include <string.h>

void store_init(
	struct store *s, const struct store_maker *maker, uv_loop_t *loop, const char *place)
{
	s->maker = maker;
	s->place = text_copy(place);
	s->loop = loop;
	s->end = &s->waiting;
	s->facts.skew = STAMP_NONE;
	uv_idle_init(loop, &s->way_back);
}

const char *store_place(const struct store *s)
{
	return s->place;
}

struct store_facts store_facts(const struct store *s)
{
	return s->facts;
}

void store_reconnect(struct store *s)
{
	if (s->maker->reconnect && !s->closing)
		s->maker->reconnect(s);
}

static struct store_request *next_waiting(struct store *s)
{
	struct store_request *r = s->waiting;

	if (!r)
		return NULL;
	s->waiting = r->next;
	if (!s->waiting)
		s->end = &s->waiting;
	return r;
}

static void begin_waiting(struct store *s)
{
	while (!s->closing && s->waiting && s->under_way < s->maker->at_once) {
		s->under_way++;
		s->maker->begin(s, next_waiting(s));
	}
}

void store_start(struct store *s, struct store_request *r)
{
	r->store = s;
	r->next = NULL;
	*s->end = r;
	s->end = &r->next;
	begin_waiting(s);
}

static void cancel_waiting(struct store *s)
{
	struct store_request *r;
	struct err e;

	err_set(&e, ERR_CANCELED, "canceled before it began");
	while ((r = next_waiting(s)))
		r->done(r, &e);
}

static void close_if_all_ended(struct store *s)
{
	if (!s->is_back)
		return;
	cancel_waiting(s);
	if (s->under_way > 0)
		return;
	void (*closed)(void *) = s->closed;
	void *arg = s->arg;
	free(s->place);
	s->maker->free(s);
	closed(arg);
}

void store_ended(struct store_request *r, const struct err *e)
{
	struct store *s = r->store;

	s->under_way--;
	begin_waiting(s);
	r->done(r, e);
	close_if_all_ended(s);
}

static void on_way_back(uv_handle_t *handle)
{
	struct store *s = owner_of((uv_idle_t *)handle, struct store, way_back);

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

void store_request_end(struct store_request *r)
{
	char cursor[OBJKEY_ROOM];

	free(r->got.bytes);
	free(r->got.entries);
	memcpy(cursor, r->got.cursor, sizeof(cursor));
	memset(&r->got, 0, sizeof(r->got));
	memcpy(r->got.cursor, cursor, sizeof(cursor));
}
