#include "daemon/listing.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/lists.h"
#include "daemon/report.h"
#include "daemon/whereabouts.h"

#include <stdio.h>
#include <string.h>

const struct call_rule listing_rules[] = {
	{"database", CALL_TEXT },
        {"machine",  CALL_TEXT },
        {"since",    CALL_TEXT },
	{"limit",    CALL_COUNT},
        {"cursor",   CALL_TEXT },
        {NULL,       CALL_TEXT }
};

static void add_listed(void *arg, const struct state_listed *l)
{
	doc_add(arg, report_listed(l));
}

static void mark_head(void *list, const char *key)
{
	for (size_t i = 0; i < doc_length(list); i++)
		if (strcmp(doc_as_text(doc_get(doc_at(list, i), "key"), ""), key) == 0)
			doc_put_bool(doc_at(list, i), "head", true);
}

static bool is_first_of(const struct doc *list, size_t i, const char *database)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(doc_as_text(doc_get(doc_at(list, k), "db_name"), ""), database) == 0)
			return false;
	return true;
}

/* Those that no other descends from: two of one database, and its histories diverged. */
static enum err_code mark_heads(struct doc *list, const struct engine_parts *p, struct err *e)
{
	e->code = ERR_NONE;
	for (size_t i = 0; i < doc_length(list) && !e->code; i++) {
		const char *database = doc_as_text(doc_get(doc_at(list, i), "db_name"), "");

		if (!doc_get(doc_at(list, i), "head"))
			doc_put_bool(doc_at(list, i), "head", false);
		if (is_first_of(list, i, database))
			e->code = whereabouts_heads(p, database, mark_head, list, e);
	}
	return e->code;
}

/* A name of which there are versions need not be in the configuration; else it is a slip, if the store
 * was asked. */
static enum err_code check_name(const struct call *call, const struct engine_parts *p,
	const struct doc *found, struct err *e)
{
	const struct config *config = p->config;
	const char *database = doc_as_text(call_param(call, "database"), NULL);
	struct text known = {0};

	if (!database || doc_length(found) || call_param(call, "cursor") ||
		call_param(call, "machine") || call_param(call, "since") ||
		config_find(config, database) || storage_see(p->storage).reached != 1)
		return ERR_NONE;
	for (size_t i = 0; i < config->database_count; i++)
		text_add(&known, "%s%s", i ? ", " : "", config->databases[i].name);
	err_set(e, ERR_UNKNOWN_DB,
		"no database is called \"%.40s\" in the configuration, nor any version in the "
		"store; there are %s",
		database, known.at);
	text_free(&known);
	return e->code;
}

static enum err_code read_page(const struct call *call, struct state_page *page, struct err *e)
{
	const char *since = doc_as_text(call_param(call, "since"), NULL);

	*page = (struct state_page){.database = doc_as_text(call_param(call, "database"), NULL),
		.machine = doc_as_text(call_param(call, "machine"), NULL),
		.limit = lists_limit(call),
		.each = add_listed};
	(void)snprintf(page->cursor, sizeof(page->cursor), "%s",
		doc_as_text(call_param(call, "cursor"), ""));
	if (since && !stamp_parse_iso(since, &page->since))
		return err_set(e, ERR_PROTO, "since is no moment such as 2026-11-20T14:30:00Z");
	return ERR_NONE;
}

static void answer_list(struct call *call, const struct engine_parts *p)
{
	struct doc *list = doc_array(), *d = doc_object();
	struct state_page page;
	char text[STAMP_TEXT];
	int64_t at;
	struct err e;

	e.code = read_page(call, &page, &e);
	page.arg = list;
	if (e.code || state_list(p->state, storage_id(p->storage), &page, &e) ||
		state_listed_at(p->state, storage_id(p->storage), &at, &e) ||
		mark_heads(list, p, &e) || check_name(call, p, list, &e)) {
		doc_free(list);
		doc_free(d);
		call_fail(call, &e, e.code == ERR_UNKNOWN_DB ? page.database : NULL);
		return;
	}
	doc_put(d, "versions", list);
	doc_put_text(d, "cursor", page.cursor[0] ? page.cursor : NULL);
	report_words(d, "machine", page.machine);
	report_words(d, "since", doc_as_text(call_param(call, "since"), NULL));
	doc_put_text(d, "checked_at", at == STAMP_NONE ? NULL : stamp_json(text, at));
	doc_put_text(d, "error",
		storage_see(p->storage).error[0] ? storage_see(p->storage).error : NULL);
	doc_put(d, "lacking", report_lacking(p));
	call_answer(call, d);
}

/* A store that cannot be listed now leaves what was listed before, and its age says so. */
static void on_list_ready(struct sweep_ask *ask, const struct err *e)
{
	struct call *call = owner_of(ask, struct call, listing);

	(void)e;
	answer_list(call, engine_parts(call->engine));
}

static bool listing_is_fresh(const struct engine_parts *p)
{
	int64_t at, now = alarm_clock();
	struct err e;

	return !state_listed_at(p->state, storage_id(p->storage), &at, &e) && at != STAMP_NONE &&
		at <= now && now - at < p->config->cache_ttl_seconds * STAMP_SECOND;
}

void listing_take(struct call *call, struct engine *engine)
{
	const struct engine_parts *p = engine_parts(engine);
	const char *database = doc_as_text(call_param(call, "database"), NULL);

	if (database && !config_name_valid(database)) {
		struct err e;

		err_set(&e, ERR_UNKNOWN_DB, "\"%.40s\" is no name of a database", database);
		call_fail(call, &e, database);
	} else if (call_param(call, "cursor") || listing_is_fresh(p)) {
		answer_list(call, p);
	} else {
		call->engine = engine;
		call->listing.done = on_list_ready;
		sweep_list(p->sweep, &call->listing);
	}
}
