#include "daemon/storage.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/s3bucket.h"
#include "daemon/io/alarm.h"
#include "daemon/io/store_s3.h"

#include <string.h>

struct storage {
	struct state *state;
	struct store *store;
	struct s3bucket bucket; /* all NULL: the store is a folder */
	char *place;            /* for people; and what its name is remembered by */
	struct storage_events events;
	char name[STORE_NAME_MAX];
	int64_t id;
	int reached;
	int64_t asked_at, ok_at, then; /* then: alarm_ahead() when they were set */
	struct err error;
	char warning[256];
	bool judged; /* it was said whether there is any */
	struct store_request probe;
	struct storage_ask *waiting; /* for the probe under way; NULL: none is */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* What was used at this place before tells which store it most likely is, before anybody asked it;
 * and that it was reached, when it was listed last. */
static void remember(struct storage *s)
{
	struct err e;

	if (state_place(s->state, s->place, s->name, sizeof(s->name), &e) ||
		(s->name[0] &&
			(state_store(s->state, s->name, &s->id, &e) ||
				state_listed_at(s->state, s->id, &s->ok_at, &e))))
		log_warning("state", "error=\"%s\"", e.text);
}

static void open_file(struct storage *s, struct uv_loop_s *loop, const struct config *c)
{
	s->place = text_copy(c->file_path);
	remember(s);
	s->store = store_open_file(loop,
		&(struct store_options){.machine = state_machine(s->state),
			.path = c->file_path,
			.known = s->name[0]});
}

static struct s3bucket_options bucket_options(const struct config *c)
{
	const struct config_bucket *b = config_bucket(c);

	return (struct s3bucket_options){.is_r2 = c->backend == BACKEND_R2,
		.account = b->account_id,
		.endpoint = b->endpoint,
		.name = b->bucket_name,
		.region = b->region,
		.style = b->path_style};
}

/* Without its keys a bucket has its place all the same, unless that lacks the account. */
static enum err_code open_bucket(
	struct storage *s, struct uv_loop_s *loop, const struct config *c, struct err *e)
{
	const struct config_bucket *b = config_bucket(c);
	const struct store_s3_options options = {
		.bucket = bucket_options(c),
		.keys = {b->access_key_id, b->secret_access_key, b->session_token},
		.ca_file = b->ca_file,
		.sent = s->events.sent,
		.arg = s->events.arg
        };
	struct text place = {0};

	if (s3bucket_open(&s->bucket, &options.bucket, e) == ERR_NONE) {
		text_add(&place, "%s/%s", s->bucket.endpoint, s->bucket.name);
		s->place = text_take(&place);
		remember(s);
	}
	if (config_ready(c, e) || !s->place)
		return e->code;
	return store_open_s3(&s->store, loop, &options, e);
}

struct storage *storage_open(struct uv_loop_s *loop, const struct config *c, struct state *state,
	const struct storage_events *events)
{
	struct storage *s = text_room(1, sizeof(*s));

	s->state = state;
	s->events = *events;
	s->reached = -1;
	s->asked_at = s->ok_at = STAMP_NONE;
	s->then = alarm_ahead();
	if (c->backend == BACKEND_DISABLED) {
		err_set(&s->error, ERR_OFFLINE, "backend = disabled in the configuration");
	} else if (c->backend == BACKEND_FILE) {
		open_file(s, loop, c);
	} else if (open_bucket(s, loop, c, &s->error)) {
		s->reached = 0;
		s->error.code = ERR_CONFIG;
		log_warning("store not available", "error=\"%s\"", s->error.text);
	}
	return s;
}

struct store *storage_store(const struct storage *s)
{
	return s->store;
}

int64_t storage_id(const struct storage *s)
{
	return s->id;
}

/* What the store itself taught us comes after what a person can mend. */
static const char *warning_of(const struct storage *s, const struct store_facts *facts)
{
	if (s->warning[0] || !facts->unconditional)
		return s->warning;
	return "this store cannot refuse to overwrite (If-None-Match): two machines that write in "
	       "the same second are not proof against races";
}

/* As the clock has it now: it may have been set since. */
static int64_t moved(const struct storage *s, int64_t moment)
{
	int64_t by = alarm_ahead() - s->then;
	bool was_set = by >= STAMP_SECOND || by <= -STAMP_SECOND;

	return was_set && moment != STAMP_NONE ? moment + by : moment;
}

struct storage_view storage_see(const struct storage *s)
{
	struct store_facts facts = {.skew = STAMP_NONE};

	if (s->store)
		facts = store_facts(s->store);
	return (struct storage_view){
		.reached = s->reached,
		.asked_at = moved(s, s->asked_at),
		.ok_at = moved(s, s->ok_at),
		.place = s->place ? s->place : "",
		.code = s->reached == 1 ? ERR_NONE : s->error.code,
		.error = s->reached == 1 ? "" : s->error.text,
		.judged = s->judged || (s->bucket.endpoint && s->reached == 1),
		.warning = warning_of(s, &facts),
		.endpoint = s->bucket.endpoint,
		.skew = facts.skew,
	};
}

void storage_warn(struct storage *s, const char *warning)
{
	text_cut(s->warning, sizeof(s->warning), warning);
	s->judged = true;
}

/* An object that is there, or is not, is an answer: the store was reached. */
static bool answered(enum err_code code)
{
	return code == ERR_NONE || code == ERR_EXISTS || code == ERR_MISSING || code == ERR_CORRUPT;
}

void storage_went(struct storage *s, const struct err *e)
{
	bool ok = answered(e->code), news = ok && s->reached != 1;

	if (e->code == ERR_CANCELED)
		return;
	s->asked_at = alarm_clock();
	s->ok_at = ok ? s->asked_at : moved(s, s->ok_at);
	s->then = alarm_ahead();
	if (ok && s->reached == 0)
		log_info("store reached", "place=%s", s->place);
	if (!ok && (s->reached != 0 || s->error.code != e->code))
		log_warning("store not reached", "error=\"%s\"", e->text);
	s->reached = ok;
	s->error = *e;
	if (news)
		s->events.reached(s->events.arg);
}

static void tell_all(struct storage *s, const struct err *e)
{
	struct storage_ask *ask = s->waiting;

	s->waiting = NULL;
	while (ask) {
		struct storage_ask *next = ask->next;

		ask->done(ask, e);
		ask = next;
	}
}

/* The store says who it is: is it the one we knew? */
static enum err_code recognise(struct storage *s, const char *name, struct err *e)
{
	if (strcmp(s->name, name) == 0)
		return ERR_NONE;
	if (state_store(s->state, name, &s->id, e) || state_place_put(s->state, s->place, name, e))
		return e->code;
	log_info("store", "place=%s name=%s", s->place, name);
	REQUIRE(text_fit(s->name, sizeof(s->name), name));
	s->events.changed(s->events.arg);
	return ERR_NONE;
}

static void on_probed(struct store_request *r, const struct err *result)
{
	struct storage *s = owner_of(r, struct storage, probe);
	struct err e = *result;

	if (!e.code)
		(void)recognise(s, r->got.name, &e);
	storage_went(s, result);
	store_request_end(r);
	tell_all(s, &e);
}

void storage_probe(struct storage *s, struct storage_ask *ask)
{
	bool idle = !s->waiting;

	ask->next = s->waiting;
	s->waiting = ask;
	if (!s->store)
		tell_all(s, &s->error);
	else if (idle) {
		s->probe = (struct store_request){.verb = STORE_PROBE, .done = on_probed};
		store_start(s->store, &s->probe);
	}
}

static void on_closed(void *arg)
{
	struct storage *s = arg;
	void (*closed)(void *) = s->closed;
	void *closed_arg = s->closed_arg;

	s3bucket_close(&s->bucket);
	free(s->place);
	free(s);
	closed(closed_arg);
}

void storage_close(struct storage *s, void (*closed)(void *arg), void *arg)
{
	struct store *store = s->store;

	s->closed = closed;
	s->closed_arg = arg;
	s->store = NULL; /* it may be gone before `closed` runs, and somebody ask for the status */
	if (store)
		store_close(store, on_closed, s);
	else
		on_closed(s);
}
