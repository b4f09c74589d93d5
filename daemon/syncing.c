#include "daemon/syncing.h"

#include "common/log.h"
#include "common/text.h"

const struct call_rule syncing_rules[] = {
	{"databases", CALL_TEXTS},
	{"force",     CALL_BOOL },
	{"mine",      CALL_BOOL },
	{"dry_run",   CALL_BOOL },
	{NULL,        CALL_TEXT },
};

static enum err_code may_sync(const struct config *config, struct err *e)
{
	if (config->backend == BACKEND_DISABLED)
		return err_set(e, ERR_CONFIG,
			"Storage backend not available: backend = disabled in the configuration");
	if (!config->enabled)
		return err_set(e, ERR_OFFLINE,
			"Sync failed (Continuing with local databases): sync is off (enabled = "
			"false)");
	return ERR_NONE;
}

/* --- the verb ---------------------------------------------------------- */

static void on_progress(void *arg, struct doc *params)
{
	call_notify(arg, "progress", params);
}

static void on_done(void *arg, struct doc *result, const struct err *e)
{
	struct call *call = arg;

	if (e)
		call_fail(call, e, NULL);
	else
		call_answer(call, result);
}

static enum err_code check(
	const struct call *call, const struct config *config, const char *unknown, struct err *e)
{
	if (doc_as_bool(call_param(call, "force"), false) &&
		doc_as_bool(call_param(call, "mine"), false))
		return err_set(e, ERR_PROTO, "force and mine exclude each other");
	if (unknown)
		return err_set(e, ERR_UNKNOWN_DB,
			"no database is called \"%.40s\" in the configuration", unknown);
	return may_sync(config, e);
}

void syncing_take(struct call *call, struct syncs *all, struct engine *engine)
{
	const struct config *config = engine_parts(engine)->config;
	const char **names = text_room(config->database_count + 1, sizeof(*names)), *unknown;
	struct sync_want want = {.names = names,
		.count = call_databases(call, config, names, &unknown),
		.force = doc_as_bool(call_param(call, "force"), false),
		.mine = doc_as_bool(call_param(call, "mine"), false),
		.dry_run = doc_as_bool(call_param(call, "dry_run"), false),
		.progress = on_progress,
		.done = on_done,
		.arg = call};
	struct err e;

	if (check(call, config, unknown, &e))
		call_fail(call, &e, unknown);
	else
		sync_start(all, engine, &want);
	free(names);
}

/* --- at start ---------------------------------------------------------- */

static void on_progress_at_start(void *arg, struct doc *params)
{
	(void)arg;
	doc_free(params);
}

/* Of failures the log has heard; that something stopped is for a person, too. */
static void on_done_at_start(void *arg, struct doc *result, const struct err *e)
{
	const struct doc *list = doc_get(result, "databases");

	(void)arg;
	if (e)
		log_warning("sync", "error=\"%s\"", e->text);
	for (size_t i = 0; i < doc_length(list); i++)
		log_info("synced at start", "db=%s state=%s did=%s",
			doc_as_text(doc_get(doc_at(list, i), "name"), ""),
			doc_as_text(doc_get(doc_at(list, i), "state"), ""),
			doc_as_text(doc_get(doc_at(list, i), "did"), ""));
	doc_free(result);
}

void syncing_at_start(struct syncs *all, struct engine *engine)
{
	const struct config *config = engine_parts(engine)->config;
	const char **names = text_room(config->database_count + 1, sizeof(*names));
	struct sync_want want = {.names = names,
		.count = config->database_count,
		.progress = on_progress_at_start,
		.done = on_done_at_start};
	struct err e;

	for (size_t i = 0; i < config->database_count; i++)
		names[i] = config->databases[i].name;
	if (!may_sync(config, &e))
		sync_start(all, engine, &want);
	free(names);
}
