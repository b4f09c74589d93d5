#include "daemon/transfer.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/digest.h"
#include "daemon/sending.h"

#include <string.h>

struct upload {
	struct sending sending;
	struct transfer *transfer;
};

struct transfer {
	struct state *state;
	struct storage *storage;
	struct budget *budget;
	struct transfer_events events;
	struct upload uploads[TRANSFER_MOST];
	struct storage_ask probe;
	struct patience patience;
	struct text aside; /* ids of versions that failed alone */
	struct held held;  /* versions that the quota holds back */
	struct err error;
	bool probing, beginning, stopping, leaving;
	bool tried;        /* how an upload ends is known, of one at least */
	bool reconnecting; /* what ends now was dropped by us, and is tried again at once */
	void (*stopped)(void *arg);
	void *stopped_arg;
};

static bool is_sending(const struct transfer *t)
{
	for (size_t i = 0; i < TRANSFER_MOST; i++)
		if (t->uploads[i].sending.busy)
			return true;
	return false;
}

bool transfer_busy(const struct transfer *t)
{
	return is_sending(t);
}

void transfer_leave(struct transfer *t)
{
	t->leaving = true;
	if (storage_store(t->storage))
		store_stop(storage_store(t->storage));
}

static void stop_when_idle(struct transfer *t)
{
	if (is_sending(t))
		return;
	if (!t->probing)
		t->stopped(t->stopped_arg);
	else if (!t->leaving) /* nobody waits for its answer any more */
		transfer_leave(t);
}

static uint64_t not_before(const struct transfer *t)
{
	struct store *store = storage_store(t->storage);

	return store ? store_facts(store).not_before : 0;
}

/* What is wrong with the store is logged by storage. */
static void rest(struct transfer *t, const struct err *e, bool alone)
{
	struct patience_failure f = {.alone = alone,
		.later = err_may_retry(e->code),
		.hopeless = e->code == ERR_CONFIG,
		.now = alarm_now(),
		.not_before = not_before(t)};

	if (alone && strcmp(t->error.text, e->text) != 0)
		log_warning("upload", "error=\"%s\"", e->text);
	t->error = *e;
	digest_random(&f.random, sizeof(f.random));
	patience_failed(&t->patience, &f);
}

static void rest_all(struct transfer *t, const struct err *e)
{
	rest(t, e, false);
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
	rest(t, e, true);
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

/* The first that is not set aside; `next` moves past it. */
static const char *next_id(const struct transfer *t, const struct state_ids *ids, size_t *next)
{
	while (*next < ids->count && is_aside(t, ids->at[*next]))
		++*next;
	return *next < ids->count ? ids->at[(*next)++] : NULL;
}

static bool may_send(const struct transfer *t)
{
	return t->patience.state == PATIENCE_OPEN && !t->stopping;
}

/* Trouble of our own, not the store's, which rests all the same. */
static void not_begun(struct transfer *t, const struct err *e)
{
	if (strcmp(t->error.text, e->text) != 0)
		log_warning("upload", "error=\"%s\"", e->text);
	rest_all(t, e);
}

static bool sends(void *arg, const char *database)
{
	const struct transfer *t = arg;

	for (size_t i = 0; i < TRANSFER_MOST; i++)
		if (t->uploads[i].sending.busy &&
			strcmp(t->uploads[i].sending.version.v.db_name, database) == 0)
			return true;
	return false;
}

/* Those that may go up now, but for those that do. */
static enum err_code read_queue(struct transfer *t, struct state_ids *ids, struct err *e)
{
	int64_t store = storage_id(t->storage);
	size_t kept = 0;

	if (state_queue(t->state, store, ids, e))
		return e->code;
	for (size_t i = 0; i < ids->count; i++)
		if (!under_way(t, ids->at[i]))
			memmove(ids->at[kept++], ids->at[i], sizeof(*ids->at));
	ids->count = kept;
	held_sift(&t->held,
		&(struct held_by){.state = t->state,
			.budget = t->budget,
			.store = store,
			.sends = sends,
			.arg = t},
		ids);
	return ERR_NONE;
}

/* Who waits for them waits no longer: that may be until the next month. */
static void tell_held(struct transfer *t)
{
	struct state_ids ids = t->held.ids;
	struct err why = t->held.why;

	t->held.ids = (struct state_ids){0};
	for (size_t i = 0; i < ids.count; i++)
		t->events.result(t->events.arg, ids.at[i], COPY_CAPTURED, &why);
	state_ids_end(&ids);
}

static void begin_uploads(struct transfer *t)
{
	struct state_ids ids;
	size_t next = 0;
	const char *id;
	struct err e;

	if (!may_send(t) || t->beginning) /* what ends as it begins is followed by the next below */
		return;
	if (read_queue(t, &ids, &e))
		not_begun(t, &e);
	t->beginning = true;
	for (size_t i = 0; i < TRANSFER_MOST; i++) {
		struct sending *s = &t->uploads[i].sending;

		while (!s->busy && may_send(t) && (id = next_id(t, &ids, &next)))
			if (sending_start(s, id, &e))
				not_begun(t, &e);
	}
	t->beginning = false;
	state_ids_end(&ids);
	tell_held(t);
}

static void on_probed(struct storage_ask *ask, const struct err *e)
{
	struct transfer *t = owner_of(ask, struct transfer, probe);

	t->probing = false;
	if (t->stopping)
		stop_when_idle(t);
	else if (!e->code)
		transfer_kick(t, PATIENCE_REACHED);
	else if (t->reconnecting)
		transfer_kick(t, PATIENCE_DROPPED);
	else
		rest_all(t, e);
}

static void probe(struct transfer *t)
{
	if (t->probing) /* the answer to that one will do */
		return;
	t->probing = true;
	t->probe.done = on_probed;
	storage_probe(t->storage, &t->probe);
}

/* Nothing is asked of the store for what may not go up. */
static bool something_waits(struct transfer *t)
{
	struct state_ids ids;
	struct err e;
	bool waits = read_queue(t, &ids, &e) || ids.count > 0 || is_sending(t);

	state_ids_end(&ids);
	return waits;
}

void transfer_kick(struct transfer *t, enum patience_event why)
{
	if (t->stopping)
		return;
	enum patience_order order = patience_step(&t->patience, why, something_waits(t));
	if (t->patience.until == PATIENCE_NEVER)
		text_free(&t->aside);
	if (order == PATIENCE_PROBE)
		probe(t);
	else if (order == PATIENCE_SEND)
		begin_uploads(t);
	tell_held(t);
}

void transfer_network_back(struct transfer *t)
{
	if (t->stopping || !storage_store(t->storage))
		return;
	t->reconnecting = true;
	store_reconnect(storage_store(t->storage));
	t->reconnecting = false;
	transfer_kick(t, PATIENCE_BACK);
}

static void on_ended(struct sending *s, const char *id, enum copy_state state, const struct err *e)
{
	struct transfer *t = owner_of(s, struct upload, sending)->transfer;

	if (t->stopping) {
		if (state == COPY_STORED)
			t->events.result(t->events.arg, id, state, e);
		stop_when_idle(t);
		return;
	}
	if (state == COPY_CAPTURED && t->reconnecting) {
		transfer_kick(t, PATIENCE_DROPPED);
		return;
	}
	t->tried = true;
	if (state == COPY_CAPTURED)
		failed(t, id, e);
	else if (state == COPY_STORED && !t->aside.length)
		t->error = (struct err){0};
	t->events.result(t->events.arg, id, state, e);
	if (state == COPY_STORED)
		transfer_kick(t, PATIENCE_STORED);
	else
		begin_uploads(t);
}

struct transfer *transfer_open(
	const struct transfer_needs *needs, const struct transfer_events *events)
{
	struct transfer *t = text_room(1, sizeof(*t));

	t->state = needs->state;
	t->storage = needs->storage;
	t->budget = needs->budget;
	t->events = *events;
	patience_init(&t->patience);
	for (size_t i = 0; i < TRANSFER_MOST; i++)
		t->uploads[i] = (struct upload){
			.transfer = t,
			.sending = {.state = needs->state,
				    .storage = needs->storage,
				    .closing = &t->leaving,
				    .ended = on_ended}
                };
	return t;
}

uint64_t transfer_due(const struct transfer *t)
{
	uint64_t held = t->held.why.code ? t->held.until : ALARM_NEVER;

	return held < t->patience.until ? held : t->patience.until;
}

void transfer_turn(struct transfer *t, uint64_t now)
{
	struct err e;

	if (t->patience.until <= now)
		transfer_kick(t, PATIENCE_DUE);
	else if (t->held.why.code &&
		(t->held.until <= now || !budget_allows(t->budget, QUOTA_UPLOAD, &e)))
		transfer_kick(t, PATIENCE_WORK);
}

const struct held *transfer_held(const struct transfer *t)
{
	return t->held.why.code ? &t->held : NULL;
}

bool transfer_tried(const struct transfer *t)
{
	return t->tried;
}

const struct err *transfer_error(const struct transfer *t)
{
	return t->error.code ? &t->error : NULL;
}

void transfer_stop(struct transfer *t, bool patiently, void (*stopped)(void *arg), void *arg)
{
	t->stopping = true;
	t->stopped = stopped;
	t->stopped_arg = arg;
	if (!patiently)
		transfer_leave(t);
	stop_when_idle(t);
}

void transfer_free(struct transfer *t)
{
	text_free(&t->aside);
	held_end(&t->held);
	free(t);
}
