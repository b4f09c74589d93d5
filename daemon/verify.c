#include "daemon/verify.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/choose.h"
#include "daemon/diary.h"
#include "daemon/io/digest.h"
#include "daemon/io/state_proof.h"
#include "daemon/trial.h"

#include <string.h>

#define PAGE      32   /* versions that are chosen at a time, where all are wanted */
#define TOLD_MOST 1000 /* versions that a result names; bad ones are all named */

struct verify {
	struct verify **out;
	const struct engine_parts *parts;
	struct verify_want want;
	char *key, *database;
	struct sweep_ask listing;
	struct state_listed *list; /* those to be looked at, from `at` on */
	size_t count, room, at;
	char cursor[STATE_CURSOR]; /* where all are wanted: the next page; "" behind the last */
	struct trial trial;
	struct doc *versions;
	int64_t proven, bad;
	bool resting, trying, stop;
};

static void next(struct verify *v);

static void end(struct verify *v, const struct err *failure)
{
	struct verify_want want = v->want;
	struct doc *result = doc_object();

	doc_put(result, "versions", v->versions);
	doc_put_int(result, "proven", v->proven);
	doc_put_int(result, "bad", v->bad);
	doc_put_text(result, "error", failure ? failure->text : NULL);
	*v->out = NULL;
	free(v->list);
	free(v->key);
	free(v->database);
	free(v);
	want.done(want.arg, result, failure);
}

/* --- choosing ---------------------------------------------------------- */

static bool is_there(const struct state_listed *l)
{
	return l->state == COPY_STORED || l->state == COPY_PROVEN;
}

/* Whatever metadata and tags say it is: one that was stored under this key is our own. */
static bool recognise(const struct verify *v, struct state_listed *l)
{
	struct state_version own;
	struct err e;

	if (state_version_at(v->parts->state, storage_id(v->parts->storage), l->seen.key, &own, &e))
		return false;
	l->seen.v = own.v;
	l->seen.described = true;
	state_version_end(&own);
	return true;
}

static void add(struct verify *v, const struct state_listed *l)
{
	if (v->count == v->room) {
		v->room = v->room ? 2 * v->room : 8;
		v->list = reallocarray(v->list, v->room, sizeof(*v->list));
		REQUIRE(v->list);
	}
	v->list[v->count] = *l;
	(void)recognise(v, &v->list[v->count]);
	v->count++;
}

/* Of one database: the newest, and one of the others. */
struct lot {
	struct verify *v;
	size_t seen;
	struct state_listed *other;
};

/* Another machine's without metadata is still on its way. */
static bool may_be_drawn(const struct verify *v, const struct state_listed *l)
{
	struct state_listed copy;

	if (!is_there(l))
		return false;
	if (l->seen.described || l->seen.refused[0])
		return true;
	copy = *l;
	return recognise(v, &copy);
}

/* Each of the others is as likely as any. */
static void draw(void *arg, const struct state_listed *l)
{
	struct lot *lot = arg;
	uint64_t random;

	if (!may_be_drawn(lot->v, l))
		return;
	if (lot->seen++ == 0) {
		add(lot->v, l);
		return;
	}
	digest_random(&random, sizeof(random));
	if (random % (lot->seen - 1) == 0)
		*lot->other = *l;
}

static void as_listed(const struct state_version *own, struct state_listed *l)
{
	*l = (struct state_listed){
		.state = own->state, .seen = {.v = own->v, .size = own->v.size, .described = true}
        };
	memcpy(l->seen.key, own->key, sizeof(l->seen.key));
}

/* What the listing does not show any more is looked for once, and then known. */
static enum err_code add_gone(struct verify *v, const char *database, struct err *e)
{
	int64_t store = storage_id(v->parts->storage);
	struct state_version own;
	struct state_listed l;
	struct state_ids ids;

	if (state_gone(v->parts->state, store, database, &ids, e))
		return e->code;
	for (size_t i = 0; i < ids.count && !e->code; i++) {
		if (state_version_get(v->parts->state, ids.at[i], store, &own, e))
			break;
		as_listed(&own, &l);
		add(v, &l);
		state_version_end(&own);
	}
	state_ids_end(&ids);
	return e->code;
}

static enum err_code choose_of(struct verify *v, const char *database, struct err *e)
{
	struct lot lot = {.v = v, .other = text_room(1, sizeof(*lot.other))};
	struct state_page page = {
		.database = database, .limit = INT64_MAX - 1, .each = draw, .arg = &lot};

	if (!state_list(v->parts->state, storage_id(v->parts->storage), &page, e) && lot.seen > 1)
		add(v, lot.other);
	free(lot.other);
	return e->code ? e->code : add_gone(v, database, e);
}

static void take(void *arg, const struct state_listed *l)
{
	if (is_there(l) || l->state == COPY_BAD)
		add(arg, l);
}

static enum err_code next_page(struct verify *v, struct err *e)
{
	struct state_page page = {.limit = PAGE, .each = take, .arg = v};

	memcpy(page.cursor, v->cursor, sizeof(page.cursor));
	v->count = v->at = 0;
	if (!state_list(v->parts->state, storage_id(v->parts->storage), &page, e))
		memcpy(v->cursor, page.cursor, sizeof(v->cursor));
	return e->code;
}

/* Also one of our own that the listing does not show any more. */
static enum err_code find_key(struct verify *v, struct state_listed *l, struct err *e)
{
	const struct choose which = {.key = v->key};
	struct state *state = v->parts->state;
	int64_t store = storage_id(v->parts->storage);
	struct state_version own;
	struct err second;

	if (choose_version(state, store, &which, l, e) != ERR_MISSING)
		return e->code;
	if (state_version_get(state, v->key, store, &own, &second) &&
		state_version_at(state, store, v->key, &own, &second))
		return e->code;
	as_listed(&own, l);
	state_version_end(&own);
	return e->code = ERR_NONE;
}

static enum err_code choose_key(struct verify *v, struct err *e)
{
	struct state_listed *l = text_room(1, sizeof(*l));

	if (!find_key(v, l, e)) {
		if (is_there(l) || l->state == COPY_BAD)
			add(v, l);
		else
			err_set(e, ERR_MISSING, "%s is not in the store (yet)", v->key);
	}
	free(l);
	return e->code;
}

static enum err_code choose_all(struct verify *v, struct err *e)
{
	const struct config *c = v->parts->config;

	*e = (struct err){0};
	if (v->key)
		return choose_key(v, e);
	if (v->want.all) {
		if (!next_page(v, e))
			e->code = add_gone(v, NULL, e);
		return e->code;
	}
	if (v->database)
		return choose_of(v, v->database, e);
	for (size_t i = 0; i < c->database_count && !e->code; i++)
		e->code = choose_of(v, c->databases[i].name, e);
	return e->code;
}

/* --- one after the other ----------------------------------------------- */

static void tell(struct verify *v, const struct state_listed *l, const char *bad)
{
	struct doc *d;

	if (!*bad && doc_length(v->versions) >= TOLD_MOST)
		return;
	d = doc_object();
	doc_put_text(d, "key", l->seen.key);
	doc_put_text(d, "db_name", l->seen.v.db_name);
	doc_put_text(d, "state", copy_state_name(*bad ? COPY_BAD : COPY_PROVEN));
	doc_put_text(d, "error", *bad ? bad : NULL);
	doc_add(v->versions, d);
}

static void found_bad(struct verify *v, const struct state_listed *l, const char *why)
{
	struct state_version own;
	struct err e;

	log_error("bad version", "db=%s key=%s error=\"%s\"", l->seen.v.db_name, l->seen.key, why);
	if (state_version_get(v->parts->state, l->seen.v.id, 0, &own, &e))
		diary(v->parts->state, HISTORY_BAD, l->seen.v.db_name, why);
	else
		state_version_end(&own); /* in history already */
	v->want.found(v->want.arg, &l->seen.v);
}

static enum err_code write_down(
	struct verify *v, const struct state_listed *l, const char *bad, struct err *e)
{
	return state_finding_put(v->parts->state,
		&(struct state_finding){.store = storage_id(v->parts->storage),
			.key = l->seen.key,
			.v = &l->seen.v,
			.at = engine_clock(v->parts),
			.bad = bad},
		e);
}

static void on_tried(struct trial *t, const struct err *result)
{
	struct verify *v = owner_of(t, struct verify, trial);
	const struct state_listed *l = &v->list[v->at];
	struct err e = *result;

	v->trying = false;
	if (v->stop) /* the engine may be gone */
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	if (e.code && e.code != ERR_CORRUPT) {
		end(v, &e);
		return;
	}
	const char *bad = e.code ? result->text : "";
	if (write_down(v, l, bad, &e)) {
		end(v, &e);
		return;
	}
	v->proven += !*bad;
	v->bad += *bad != '\0';
	tell(v, l, bad);
	if (*bad)
		found_bad(v, l, bad);
	v->at++;
	next(v);
}

static void report(struct verify *v, const char *key)
{
	struct doc *params;

	if (!v->want.progress)
		return;
	params = doc_object();
	doc_put_text(params, "state", "verifying");
	doc_put_text(params, "key", key);
	doc_put_int(params, "proven", v->proven);
	doc_put_int(params, "bad", v->bad);
	v->want.progress(v->want.arg, params);
}

/* False: it rests, or has ended. */
static bool may_go_on(struct verify *v)
{
	struct err e = {0};

	if (v->stop)
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	while (!e.code && v->at == v->count && *v->cursor)
		e.code = next_page(v, &e);
	if (!e.code && v->at < v->count) {
		e.code = v->want.ready(v->want.arg, &e);
		v->resting = e.code == ERR_BUSY;
	}
	if (e.code && !v->resting)
		end(v, &e);
	return !e.code;
}

static void next(struct verify *v)
{
	if (!may_go_on(v))
		return;
	if (v->at == v->count) {
		end(v, NULL);
		return;
	}
	report(v, v->list[v->at].seen.key);
	v->trying = true;
	v->trial = (struct trial){.of = &v->list[v->at], .done = on_tried};
	trial_start(&v->trial, v->parts);
}

static void begin(struct verify *v)
{
	struct err e;

	if (choose_all(v, &e))
		end(v, &e);
	else
		next(v);
}

static void on_listed(struct sweep_ask *ask, const struct err *e)
{
	struct verify *v = owner_of(ask, struct verify, listing);

	if (e->code)
		end(v, e);
	else
		begin(v);
}

void verify_start(
	struct verify **out, const struct engine_parts *parts, const struct verify_want *want)
{
	struct verify *v = *out = text_room(1, sizeof(*v));

	v->out = out;
	v->parts = parts;
	v->want = *want;
	v->want.key = v->key = want->key ? text_copy(want->key) : NULL;
	v->want.database = v->database = want->database ? text_copy(want->database) : NULL;
	v->versions = doc_array();
	v->listing.done = on_listed;
	sweep_list(parts->sweep, &v->listing);
}

void verify_go_on(struct verify *v)
{
	if (!v->resting)
		return;
	v->resting = false;
	next(v);
}

void verify_stop(struct verify *v)
{
	v->stop = true;
	if (v->trying)
		trial_cut(&v->trial);
	else
		verify_go_on(v);
}
