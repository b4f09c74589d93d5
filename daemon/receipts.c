#include "daemon/receipts.h"

#include "common/text.h"
#include "daemon/call.h"
#include "daemon/io/alarm.h"

#include <string.h>

/* A capture that was asked for. */
struct asked {
	const char *database;
	uint64_t ticket;
	bool ended;
};

struct receipt {
	struct receipts *all;
	struct receipt *next;
	struct call *call;
	struct receipt_want want;
	enum receipt_state state;
	struct asked *asked;
	size_t count;
	struct err error;
};

struct receipts {
	struct receipt *first;
};

static const char *const names[] = {
	[RECEIPT_COUNTED] = "counted",
	[RECEIPT_CAPTURED] = "captured",
	[RECEIPT_STORED] = "stored",
};

bool receipt_state_named(const char *name, enum receipt_state *state)
{
	for (size_t i = 0; i < LENGTH(names); i++) {
		*state = (enum receipt_state)i;
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

struct receipts *receipts_open(void)
{
	return text_room(1, sizeof(struct receipts));
}

void receipts_close(struct receipts *r)
{
	REQUIRE(!r->first);
	free(r);
}

/* --- what is told ------------------------------------------------------ */

static struct doc *document(const struct receipt *r, const struct engine *engine)
{
	const struct engine_parts *p = engine_parts(engine);
	int64_t until = pipeline_until(p->pipeline);
	struct doc *d = doc_object();

	doc_put_int(d, "scan", r->want.scan);
	doc_put_text(d, "state", names[r->state]);
	doc_put_int(d, "since_backup", p->tally.since_backup);
	if (until < 0)
		doc_put_null(d, "until_backup");
	else
		doc_put_int(d, "until_backup", until);
	if (r->want.again)
		doc_put_bool(d, "again", true);
	if (r->want.until == RECEIPT_COUNTED)
		return d;
	doc_put_text(d, "database", r->want.database);
	doc_put_text(d, "wait", names[r->want.until]);
	doc_put_text(d, "error", r->error.code ? r->error.text : NULL);
	return d;
}

void receipt_forget(struct receipt *r)
{
	struct receipt **at = &r->all->first;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	free(r->asked);
	free(r);
}

static void finish(struct receipt *r, const struct engine *engine)
{
	struct call *call = r->call;
	struct doc *result = document(r, engine);

	receipt_forget(r);
	call->receipt = NULL;
	call_answer(call, result);
}

/* --- how far it is ----------------------------------------------------- */

static void note_end(struct receipt *r, const struct pipeline_result *result)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->asked[i].database, result->database) != 0 ||
			r->asked[i].ticket > result->ticket)
			continue;
		r->asked[i].ended = true;
		if (result->end == PIPELINE_FAILED)
			r->error = *result->e;
	}
}

static bool all_ended(const struct receipt *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->asked[i].ended)
			return false;
	return true;
}

static enum receipt_state state_by(const struct state_cover *cover, int64_t scan)
{
	if (scan <= cover->stored)
		return RECEIPT_STORED;
	return scan <= cover->captured ? RECEIPT_CAPTURED : RECEIPT_COUNTED;
}

/* There is nothing more to wait for, although it is not as far as it was to be; r->error says why. */
static bool hopeless(struct receipt *r, const struct config *c)
{
	if (c->backend == BACKEND_DISABLED) {
		err_set(&r->error, ERR_CONFIG,
			"nothing is captured: backend = disabled in the configuration");
		return true;
	}
	if (r->state == RECEIPT_CAPTURED && !c->enabled) {
		err_set(&r->error, ERR_OFFLINE, "uploads are off (enabled = false)");
		return true;
	}
	return r->state == RECEIPT_COUNTED && all_ended(r);
}

/* What one event has changed: the same for all receipts of one database ("": of none). */
struct glance {
	const struct engine *engine;
	char database[CONFIG_NAME_MAX + 1];
	struct state_cover cover;
	bool taken;
};

static enum err_code see(struct glance *g, const char *database, struct err *e)
{
	const struct engine_parts *p = engine_parts(g->engine);

	if (g->taken && strcmp(g->database, database ? database : "") == 0)
		return ERR_NONE;
	text_cut(g->database, sizeof(g->database), database ? database : "");
	g->taken = !state_scans_cover(p->state, storage_id(p->storage), database, &g->cover, e);
	return g->taken ? ERR_NONE : e->code;
}

/* Answers it if it is as far as it can be now, and tells where it is if that is news. */
static void look(struct receipt *r, struct glance *g)
{
	enum receipt_state before = r->state;
	struct err e;

	if (see(g, r->want.database, &e)) {
		r->error = e;
		finish(r, g->engine);
		return;
	}
	r->state = state_by(&g->cover, r->want.scan);
	if (r->state > RECEIPT_COUNTED)
		r->error.code = ERR_NONE;
	if (r->state >= r->want.until || hopeless(r, engine_parts(g->engine)->config))
		finish(r, g->engine);
	else if (r->state != before)
		call_notify(r->call, "progress", document(r, g->engine));
}

/* --- from its beginning to its end ------------------------------------- */

static void ask_captures(struct receipt *r, const struct engine_parts *p)
{
	const struct config *c = p->config;

	r->asked = text_room(c->database_count, sizeof(*r->asked));
	for (size_t i = 0; i < c->database_count; i++) {
		const char *name = c->databases[i].name;

		if (r->want.database && strcmp(r->want.database, name) != 0)
			continue;
		r->asked[r->count++] = (struct asked){.database = name,
			.ticket = pipeline_ask(p->pipeline, name, "", alarm_now())};
	}
}

/* One that is posted again may be as far as it was to be already: then nothing is asked. */
static void begin_waiting(struct receipt *r, struct engine *engine)
{
	const struct engine_parts *p = engine_parts(engine);
	struct glance g = {.engine = engine};

	if (see(&g, r->want.database, &r->error)) {
		finish(r, engine);
		return;
	}
	r->state = state_by(&g.cover, r->want.scan);
	if (r->state == RECEIPT_COUNTED && p->config->backend != BACKEND_DISABLED)
		ask_captures(r, p);
	if (r->state < r->want.until)
		call_notify(r->call, "progress", document(r, engine));
	look(r, &g);
}

void receipts_give(struct receipts *all, struct call *call, struct engine *engine,
	const struct receipt_want *want)
{
	struct receipt *r = text_room(1, sizeof(*r));
	bool waits = want->until > RECEIPT_COUNTED && call->request.id;

	*r = (struct receipt){.all = all, .next = all->first, .call = call, .want = *want};
	all->first = r;
	call->receipt = r;
	if (waits && engine_closing(engine))
		err_set(&r->error, ERR_CANCELED, "casmand stops or reloads");
	if (!waits || r->error.code)
		finish(r, engine);
	else
		begin_waiting(r, engine);
}

void receipts_captured(
	struct receipts *all, struct engine *engine, const struct pipeline_result *result)
{
	struct glance g = {.engine = engine};
	struct receipt *next;

	for (struct receipt *r = all->first; r; r = next) {
		next = r->next;
		if (r->want.database && strcmp(r->want.database, result->database) != 0)
			continue;
		note_end(r, result);
		look(r, &g);
	}
}

void receipts_stored(struct receipts *all, struct engine *engine)
{
	struct glance g = {.engine = engine};
	struct receipt *next;

	for (struct receipt *r = all->first; r; r = next) {
		next = r->next;
		look(r, &g);
	}
}

void receipts_abandon(struct receipts *all, struct engine *engine)
{
	while (all->first) {
		err_set(&all->first->error, ERR_CANCELED, "casmand stops or reloads");
		finish(all->first, engine);
	}
}
