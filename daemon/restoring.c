#include "daemon/restoring.h"

#include "common/stamp.h"

#define LOCK_TIMEOUT 30000   /* ms, where none is given */
#define LOCK_MOST    3600000 /* ms: nobody waits for an hour */

const struct call_rule restoring_rules[] = {
	{"key",          CALL_TEXT },
	{"database",     CALL_TEXT },
	{"at",           CALL_TEXT },
	{"safety",       CALL_BOOL },
	{"publish",      CALL_BOOL },
	{"dry_run",      CALL_BOOL },
	{"hand_over",    CALL_BOOL },
	{"lock_timeout", CALL_COUNT},
	{NULL,           CALL_TEXT },
};

static void on_progress(void *arg, struct doc *params)
{
	call_notify(arg, "progress", params);
}

static void on_pass(void *arg, int fd)
{
	call_pass(arg, "descriptor", fd);
}

static void on_done(void *arg, struct doc *result, const struct err *e)
{
	struct call *call = arg;

	if (e)
		call_fail(call, e, NULL);
	else
		call_answer(call, result);
}

static enum err_code read_want(const struct call *call, struct restore_want *want, struct err *e)
{
	const char *at = doc_as_text(call_param(call, "at"), NULL);

	want->which.key = doc_as_text(call_param(call, "key"), NULL);
	want->which.database = doc_as_text(call_param(call, "database"), NULL);
	want->which.until = INT64_MAX;
	if (at && !stamp_parse_iso(at, &want->which.until))
		return err_set(
			e, ERR_PROTO, "at: \"%.40s\" is no moment (2026-11-20T14:30:00Z)", at);
	if (!want->which.key && !want->which.database)
		return err_set(e, ERR_PROTO, "restore wants a key, or a database");
	if (want->which.key && at)
		return err_set(e, ERR_PROTO, "a key says which version: `at` is not taken with it");
	if (want->which.database && !config_name_valid(want->which.database))
		return err_set(e, ERR_UNKNOWN_DB, "\"%.40s\" is no name of a database",
			want->which.database);
	want->wait_ms = (int)doc_as_int(call_param(call, "lock_timeout"), LOCK_TIMEOUT);
	if (doc_as_int(call_param(call, "lock_timeout"), 0) > LOCK_MOST)
		return err_set(e, ERR_PROTO, "lock_timeout is in ms, at most %d", LOCK_MOST);
	return ERR_NONE;
}

void restoring_take(struct call *call, struct restores *all, struct engine *engine)
{
	struct restore_want want = {.dry_run = doc_as_bool(call_param(call, "dry_run"), false),
		.no_safety = !doc_as_bool(call_param(call, "safety"), true),
		.no_publish = !doc_as_bool(call_param(call, "publish"), true),
		.hand_over = doc_as_bool(call_param(call, "hand_over"), false),
		.progress = on_progress,
		.pass = on_pass,
		.done = on_done,
		.arg = call};
	struct err e;

	if (read_want(call, &want, &e))
		call_fail(call, &e, want.which.database);
	else
		restore_start(all, engine, &want);
}
