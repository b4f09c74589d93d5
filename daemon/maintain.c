#include "daemon/maintain.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/core/tidying.h"
#include "daemon/io/alarm.h"

#include <stdio.h>
#include <string.h>

struct maintain {
	struct maintain **out;
	const struct engine_parts *parts;
	struct maintain_want want;
	struct state_upkeep now;
	struct sweep_ask listing;
	struct store_request list, ask; /* a page of objects; what one of them is asked */
	size_t at;
	unsigned unnoted; /* objects since the last note */
	bool denied;      /* the key may not copy */
	bool moving;      /* the object under way was copied, or is being */
	bool asking, resting, stop;
	char database[CONFIG_NAME_MAX + 1]; /* that `shared` is known of */
	bool shared;
	char words[256];
};

static void next(struct maintain *m);
static void ask_page(struct maintain *m);

/* How far it came. */
static enum err_code note(struct maintain *m, struct err *e)
{
	m->unnoted = 0;
	return state_upkeep_put(
		m->parts->state, storage_id(m->parts->storage), STATE_MAINTAIN, &m->now, e);
}

static void end(struct maintain *m, const struct err *failure)
{
	struct maintain_want want = m->want;
	struct err second;
	char words[sizeof(m->words)];

	if (failure && m->now.under_way && note(m, &second))
		log_error("state", "error=\"%s\"", second.text);
	struct state_upkeep now = m->now;
	memcpy(words, m->words, sizeof(words));
	store_request_end(&m->list);
	store_request_end(&m->ask);
	*m->out = NULL;
	free(m);
	want.done(want.arg, &now, words, failure);
}

/* --- one object -------------------------------------------------------- */

static const struct store_entry *entry_of(const struct maintain *m)
{
	return &m->list.got.entries[m->at];
}

static void object_done(struct maintain *m)
{
	struct err e;

	memcpy(m->now.cursor, entry_of(m)->key, sizeof(m->now.cursor));
	m->at++;
	if ((m->moving || ++m->unnoted >= MAINTAIN_STEP) && note(m, &e)) {
		end(m, &e);
		return;
	}
	next(m);
}

static void failed(struct maintain *m, const char *words)
{
	m->now.failed++;
	text_cut(m->words, sizeof(m->words), words);
}

static void on_asked(struct store_request *r, const struct err *result);

static void ask(struct maintain *m, enum store_verb verb)
{
	m->ask = (struct store_request){.verb = verb,
		.etag = verb == STORE_COPY ? entry_of(m)->etag : NULL,
		.done = on_asked};
	memcpy(m->ask.key, entry_of(m)->key, sizeof(m->ask.key));
	m->asking = true;
	if (verb == STORE_COPY)
		m->now.class_a++;
	else
		m->now.class_b++;
	store_start(storage_store(m->parts->storage), &m->ask);
}

static void moved(struct maintain *m, const char *class)
{
	char words[256];

	if (tidying_is_standard(class)) {
		m->now.moved++;
		return;
	}
	(void)snprintf(words, sizeof(words), "%s was copied as STANDARD, and is in %s",
		entry_of(m)->key, class);
	failed(m, words);
}

/* It may have been deleted since it was listed; or another one lies there, which is as new as can be. */
static void on_touched(struct maintain *m, const struct store_request *r, const struct err *e)
{
	if (!e->code) {
		m->now.touched++;
		if (m->moving)
			moved(m, r->got.class);
	}
	object_done(m);
}

static void on_copied(struct maintain *m, const struct err *e)
{
	m->denied = e->code == ERR_REFUSED || e->code == ERR_DENIED;
	if (e->code && e->code != ERR_MISSING)
		failed(m, e->text);
	m->moving = !e->code;
	ask(m, STORE_HEAD);
}

static void on_asked(struct store_request *r, const struct err *result)
{
	struct maintain *m = owner_of(r, struct maintain, ask);
	struct err e = *result;
	bool copied = r->verb == STORE_COPY;

	m->asking = false;
	storage_went(m->parts->storage, &e);
	if (m->stop)
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	bool hopeless = !copied && (e.code == ERR_REFUSED || e.code == ERR_DENIED);
	if (m->stop || err_may_retry(e.code) || hopeless)
		end(m, &e);
	else if (copied)
		on_copied(m, &e);
	else
		on_touched(m, r, &e);
}

static bool is_shared(struct maintain *m, const char *database)
{
	if (strcmp(m->database, database) != 0)
		m->shared = state_shared(m->parts->state, storage_id(m->parts->storage), database);
	memcpy(m->database, database, sizeof(m->database));
	return m->shared;
}

static void object(struct maintain *m)
{
	char database[CONFIG_NAME_MAX + 1];
	enum objkey_kind kind = objkey_read(entry_of(m)->key, database, NULL);
	enum tidying what =
		tidying_of(entry_of(m)->class, kind == OBJKEY_IS_METADATA, is_shared(m, database));

	m->moving = false;
	m->now.kept += what == TIDYING_KEEP;
	m->now.failed += what == TIDYING_MOVE && m->denied;
	ask(m, what == TIDYING_MOVE && !m->denied ? STORE_COPY : STORE_HEAD);
}

/* --- all of them ------------------------------------------------------- */

static void finish(struct maintain *m)
{
	struct err e;

	m->now.under_way = false;
	m->now.last_at = engine_clock(m->parts);
	m->now.cursor[0] = '\0';
	if (note(m, &e))
		end(m, &e);
	else
		end(m, NULL);
}

static void next(struct maintain *m)
{
	struct err e = {0};

	if (m->stop)
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	else
		e.code = m->want.ready(m->want.arg, &e);
	m->resting = e.code == ERR_BUSY;
	if (m->resting)
		return;
	if (e.code) {
		end(m, &e);
		return;
	}
	m->want.progress(m->want.arg, &m->now);
	if (m->at < m->list.got.entry_count)
		object(m);
	else if (m->list.got.cursor[0]) {
		memcpy(m->now.cursor, m->list.got.cursor, sizeof(m->now.cursor));
		ask_page(m);
	} else
		finish(m);
}

static void on_page(struct store_request *r, const struct err *e)
{
	struct maintain *m = owner_of(r, struct maintain, list);

	m->asking = false;
	storage_went(m->parts->storage, e);
	m->at = 0;
	if (e->code)
		end(m, e);
	else
		next(m);
}

static void ask_page(struct maintain *m)
{
	store_request_end(&m->list);
	m->list = (struct store_request){.verb = STORE_LIST, .key = OBJKEY_PREFIX, .done = on_page};
	memcpy(m->list.got.cursor, m->now.cursor, sizeof(m->list.got.cursor));
	m->asking = true;
	m->now.class_a++;
	store_start(storage_store(m->parts->storage), &m->list);
}

static enum err_code take_up(struct maintain *m, struct err *e)
{
	int64_t store = storage_id(m->parts->storage);

	if (state_upkeep_get(m->parts->state, store, STATE_MAINTAIN, &m->now, e))
		return e->code;
	if (m->now.under_way)
		return ERR_NONE;
	m->now = (struct state_upkeep){
		.since = m->now.since, .last_at = m->now.last_at, .under_way = true};
	return note(m, e);
}

/* Now it is known which databases the Python client shares. */
static void on_listed(struct sweep_ask *listing, const struct err *result)
{
	struct maintain *m = owner_of(listing, struct maintain, listing);
	struct err e = *result;

	m->asking = false;
	if (m->stop)
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	if (e.code || take_up(m, &e))
		end(m, &e);
	else
		ask_page(m);
}

void maintain_start(
	struct maintain **out, const struct engine_parts *parts, const struct maintain_want *want)
{
	struct maintain *m = *out = text_room(1, sizeof(*m));

	m->out = out;
	m->parts = parts;
	m->want = *want;
	m->asking = true;
	m->listing.done = on_listed;
	sweep_list(parts->sweep, &m->listing);
}

void maintain_go_on(struct maintain *m)
{
	if (!m->resting)
		return;
	m->resting = false;
	next(m);
}

void maintain_stop(struct maintain *m)
{
	m->stop = true;
	if (!m->asking)
		maintain_go_on(m);
}
