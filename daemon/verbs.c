#include "daemon/verbs.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/lists.h"
#include "daemon/report.h"
#include "daemon/restoring.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKUP_APART                                                                               \
	10000 /* ms between two backups that an ordinary user asks for; the second waits */

struct engine *verbs_engine(const struct verbs *v)
{
	return v->owner.engine(v->owner.arg);
}

/* --- ping, status ------------------------------------------------------ */

static void on_ping(struct verbs *v, struct call *call)
{
	struct doc *d = doc_object();

	doc_put_int(d, "pid", getpid());
	doc_put_text(d, "version", CASMAND_VERSION);
	doc_put_text(d, "machine", state_machine(v->state));
	call_answer(call, d);
}

static void on_refreshed(struct sweep_ask *ask, const struct err *e)
{
	struct call *call = owner_of(ask, struct call, listing);

	(void)e; /* what came of it is in the status */
	call_answer(call, report_status(verbs_engine(call->verbs)));
}

static void on_status(struct verbs *v, struct call *call)
{
	if (!doc_as_bool(call_param(call, "refresh"), false)) {
		call_answer(call, report_status(verbs_engine(v)));
		return;
	}
	call->listing.done = on_refreshed;
	sweep_list(engine_parts(verbs_engine(v))->sweep, &call->listing);
}

/* --- list -------------------------------------------------------------- */

static void add_listed(void *arg, const struct state_listed *l)
{
	doc_add(arg, report_listed(l));
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

static void answer_list(struct call *call, const struct engine_parts *p)
{
	struct state_page page = {.database = doc_as_text(call_param(call, "database"), NULL),
		.limit = lists_limit(call),
		.each = add_listed};
	struct doc *list = doc_array(), *d = doc_object();
	char text[STAMP_TEXT];
	int64_t at;
	struct err e;

	page.arg = list;
	(void)snprintf(page.cursor, sizeof(page.cursor), "%s",
		doc_as_text(call_param(call, "cursor"), ""));
	if (state_list(p->state, storage_id(p->storage), &page, &e) ||
		state_listed_at(p->state, storage_id(p->storage), &at, &e) ||
		check_name(call, p, list, &e)) {
		doc_free(list);
		doc_free(d);
		call_fail(call, &e, e.code == ERR_UNKNOWN_DB ? page.database : NULL);
		return;
	}
	doc_put(d, "versions", list);
	doc_put_text(d, "cursor", page.cursor[0] ? page.cursor : NULL);
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
	answer_list(call, engine_parts(verbs_engine(call->verbs)));
}

static bool listing_is_fresh(const struct engine_parts *p)
{
	int64_t at, now = alarm_clock();
	struct err e;

	return !state_listed_at(p->state, storage_id(p->storage), &at, &e) && at != STAMP_NONE &&
		at <= now && now - at < p->config->cache_ttl_seconds * STAMP_SECOND;
}

static void on_list(struct verbs *v, struct call *call)
{
	const struct engine_parts *p = engine_parts(verbs_engine(v));
	const char *database = doc_as_text(call_param(call, "database"), NULL);

	if (database && !config_name_valid(database)) {
		struct err e;

		err_set(&e, ERR_UNKNOWN_DB, "\"%.40s\" is no name of a database", database);
		call_fail(call, &e, database);
	} else if (call_param(call, "cursor") || listing_is_fresh(p)) {
		answer_list(call, p);
	} else {
		call->listing.done = on_list_ready;
		sweep_list(p->sweep, &call->listing);
	}
}

/* --- backup ------------------------------------------------------------ */

static void on_backup_progress(void *arg, struct doc *params)
{
	call_notify(arg, "progress", params);
}

static bool nothing_there(const struct doc *result)
{
	return doc_length(doc_get(result, "absent")) && !doc_length(doc_get(result, "versions")) &&
		!doc_length(doc_get(result, "unchanged")) && !doc_length(doc_get(result, "failed"));
}

static void on_backup_done(void *arg, struct doc *result)
{
	struct call *call = arg;
	struct err e;

	call->backup = NULL;
	if (!nothing_there(result)) {
		call_answer(call, result);
		return;
	}
	doc_free(result);
	err_set(&e, ERR_MISSING, "none of the databases is there yet");
	call_fail(call, &e, NULL);
}

/* Ordinary users may cause one backup in ten seconds; who asks sooner is heard, but later, and
 * shares the backup that waits already. */
static uint64_t backup_moment(struct verbs *v, const struct call *call, const struct config *config)
{
	uint64_t now = alarm_now(), when = now;
	size_t i = 0;

	if (ipc_is_admin(call->peer, config->admin_group))
		return now;
	while (i < BACKUP_USERS &&
		(!v->last_backups[i].at || v->last_backups[i].user != ipc_uid(call->peer)))
		i++;
	if (i == BACKUP_USERS)
		i = v->next_backup++ % BACKUP_USERS;
	else if (v->last_backups[i].at > now)
		when = v->last_backups[i].at;
	else if (v->last_backups[i].at + BACKUP_APART > now)
		when = v->last_backups[i].at + BACKUP_APART;
	v->last_backups[i].user = ipc_uid(call->peer);
	v->last_backups[i].at = when;
	return when;
}

/* Whoever waits longer than for the store is told so. */
static void tell_wait(struct call *call, uint64_t when)
{
	uint64_t now = alarm_now();
	struct doc *params = doc_object();

	doc_put_text(params, "state", "waiting");
	doc_put_int(params, "seconds", (int64_t)((when - now + 999) / 1000));
	call_notify(call, "progress", params);
}

static bool is_named(const struct doc *list, const char *name)
{
	for (size_t i = 0; i < doc_length(list); i++)
		if (strcmp(doc_as_text(doc_at(list, i), ""), name) == 0)
			return true;
	return false;
}

/* The databases asked for, or all; names of the configuration, which outlive the call. */
static void wanted_names(
	const struct call *call, const struct config *config, struct backup_want *want)
{
	const struct doc *list = call_param(call, "databases");

	want->all = doc_length(list) == 0;
	for (size_t i = 0; i < config->database_count; i++)
		if (want->all || is_named(list, config->databases[i].name))
			want->names[want->count++] = config->databases[i].name;
}

/* A name that was asked for and is not configured; NULL: there is none. */
static const char *unknown_name(const struct call *call, const struct config *config)
{
	const struct doc *list = call_param(call, "databases");

	for (size_t i = 0; i < doc_length(list); i++)
		if (!config_find(config, doc_as_text(doc_at(list, i), "")))
			return doc_as_text(doc_at(list, i), "");
	return NULL;
}

static enum err_code may_back_up(
	const struct engine *g, const struct call *call, const char *unknown, struct err *e)
{
	if (engine_parts(g)->config->backend == BACKEND_DISABLED)
		return err_set(e, ERR_CONFIG,
			"Storage backend not available: backend = disabled in the configuration");
	if (strlen(doc_as_text(call_param(call, "operation"), "")) > PROTO_NOTE_MAX)
		return err_set(e, ERR_PROTO, "operation is longer than %d bytes", PROTO_NOTE_MAX);
	if (unknown)
		return err_set(e, ERR_UNKNOWN_DB,
			"no database is called \"%.40s\" in the configuration", unknown);
	return ERR_NONE;
}

static void on_backup(struct verbs *v, struct call *call)
{
	struct engine *g = verbs_engine(v);
	const struct config *config = engine_parts(g)->config;
	const char *unknown = unknown_name(call, config);
	const char **names = text_room(config->database_count, sizeof(*names));
	struct backup_want want = {.names = names,
		.operation = doc_as_text(call_param(call, "operation"), ""),
		.wait = doc_as_bool(call_param(call, "wait"), true),
		.progress = on_backup_progress,
		.done = on_backup_done,
		.arg = call};
	struct err e;

	if (may_back_up(g, call, unknown, &e)) {
		call_fail(call, &e, unknown);
	} else {
		wanted_names(call, config, &want);
		want.not_before = backup_moment(v, call, config);
		if (!*want.operation)
			want.operation = "Manual CLI backup";
		if (want.wait && want.not_before > alarm_now())
			tell_wait(call, want.not_before);
		struct backup *backup = backup_start(v->backups, g, &want);
		if (backup)
			call->backup = backup;
	}
	free(names);
}

/* --- doctor ------------------------------------------------------------ */

static void on_examined(struct rounds_ask *ask, const struct findings *f)
{
	call_answer(owner_of(ask, struct call, checkup), findings_doc(f));
}

static void on_doctor(struct verbs *v, struct call *call)
{
	call->checkup.done = on_examined;
	rounds_ask(v->rounds, &call->checkup);
}

/* --- reload ------------------------------------------------------------ */

static struct doc *lines(const struct text *text)
{
	struct doc *list = doc_array();

	for (const char *at = text->at; at && *at;
		at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n')) {
		char line[1024];

		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		doc_add_text(list, line);
	}
	return list;
}

static void on_reload(struct verbs *v, struct call *call)
{
	struct verbs_reload said = {0};
	struct doc *d = doc_object();
	struct err e;

	if (v->owner.reload(v->owner.arg, &said, &e)) {
		doc_put(d, "mistakes", lines(&said.mistakes));
		call_fail_with(call, &e, d);
	} else {
		doc_put_bool(d, "changed", said.changed);
		doc_put(d, "warnings", lines(&said.warnings));
		call_answer(call, d);
	}
	text_free(&said.warnings);
	text_free(&said.mistakes);
}

/* --- the table --------------------------------------------------------- */

static void on_scan(struct verbs *v, struct call *call)
{
	scans_take(v->scans, call, verbs_engine(v));
}

static void on_queue(struct verbs *v, struct call *call)
{
	lists_queue(call, verbs_engine(v));
}

static void on_history(struct verbs *v, struct call *call)
{
	lists_history(call, verbs_engine(v));
}

static void on_restore(struct verbs *v, struct call *call)
{
	restoring_take(call, v->restores, verbs_engine(v));
}

static const struct call_rule no_rules[] = {
	{NULL, CALL_TEXT}
};
static const struct call_rule status_rules[] = {
	{"refresh", CALL_BOOL},
        {NULL,      CALL_TEXT}
};
static const struct call_rule list_rules[] = {
	{"database", CALL_TEXT },
        {"limit",    CALL_COUNT},
        {"cursor",   CALL_TEXT },
        {NULL,       CALL_TEXT }
};
static const struct call_rule backup_rules[] = {
	{"databases", CALL_TEXTS},
        {"operation", CALL_TEXT },
        {"wait",      CALL_BOOL },
	{NULL,        CALL_TEXT }
};

static const struct verb verbs[] = {
	{"ping",    on_ping,    no_rules,            false, false},
	{"scan",    on_scan,    scans_rules,         false, false},
	{"backup",  on_backup,  backup_rules,        false, true },
	{"list",    on_list,    list_rules,          false, false},
	{"status",  on_status,  status_rules,        false, false},
	{"queue",   on_queue,   lists_queue_rules,   false, false},
	{"history", on_history, lists_history_rules, false, false},
	{"doctor",  on_doctor,  no_rules,            false, true },
	{"restore", on_restore, restoring_rules,     true,  true },
	{"reload",  on_reload,  no_rules,            true,  false},
};

const struct verb *verb_named(const char *name)
{
	for (size_t i = 0; i < LENGTH(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}
