#include "daemon/backing.h"

#include "common/text.h"
#include "daemon/io/alarm.h"

#include <string.h>

#define APART 10000 /* ms between two backups that an ordinary user asks for; the second waits */

const struct call_rule backing_rules[] = {
	{"databases", CALL_TEXTS},
        {"operation", CALL_TEXT },
        {"wait",      CALL_BOOL },
	{NULL,        CALL_TEXT }
};

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
static uint64_t moment_of(struct backing *b, const struct call *call, const struct config *config)
{
	uint64_t now = alarm_now(), when = now;
	size_t i = 0;

	if (ipc_is_admin(call->peer, config->admin_group))
		return now;
	while (i < BACKING_USERS && (!b->last[i].at || b->last[i].user != ipc_uid(call->peer)))
		i++;
	if (i == BACKING_USERS)
		i = b->next++ % BACKING_USERS;
	else if (b->last[i].at > now)
		when = b->last[i].at;
	else if (b->last[i].at + APART > now)
		when = b->last[i].at + APART;
	b->last[i].user = ipc_uid(call->peer);
	b->last[i].at = when;
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

static enum err_code may_back_up(
	const struct engine *engine, const struct call *call, const char *unknown, struct err *e)
{
	if (engine_parts(engine)->config->backend == BACKEND_DISABLED)
		return err_set(e, ERR_CONFIG,
			"Storage backend not available: backend = disabled in the configuration");
	if (strlen(doc_as_text(call_param(call, "operation"), "")) > PROTO_NOTE_MAX)
		return err_set(e, ERR_PROTO, "operation is longer than %d bytes", PROTO_NOTE_MAX);
	if (unknown)
		return err_set(e, ERR_UNKNOWN_DB,
			"no database is called \"%.40s\" in the configuration", unknown);
	return ERR_NONE;
}

void backing_take(struct call *call, struct backing *b, struct engine *engine)
{
	const struct config *config = engine_parts(engine)->config;
	const char **names = text_room(config->database_count + 1, sizeof(*names)), *unknown;
	struct backup_want want = {.names = names,
		.count = call_databases(call, config, names, &unknown),
		.all = doc_length(call_param(call, "databases")) == 0,
		.operation = doc_as_text(call_param(call, "operation"), ""),
		.wait = doc_as_bool(call_param(call, "wait"), true),
		.progress = on_backup_progress,
		.done = on_backup_done,
		.arg = call};
	struct err e;

	if (may_back_up(engine, call, unknown, &e)) {
		call_fail(call, &e, unknown);
	} else {
		want.not_before = moment_of(b, call, config);
		if (!*want.operation)
			want.operation = "Manual CLI backup";
		if (want.wait && want.not_before > alarm_now())
			tell_wait(call, want.not_before);
		struct backup *backup = backup_start(b->all, engine, &want);
		if (backup)
			call->backup = backup;
	}
	free(names);
}
