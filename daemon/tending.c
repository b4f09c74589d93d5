#include "daemon/tending.h"

#include "daemon/core/config.h"

const struct call_rule tending_verify_rules[] = {
	{"key",      CALL_TEXT},
	{"database", CALL_TEXT},
	{"all",      CALL_BOOL},
	{NULL,       CALL_TEXT},
};

static void on_progress(void *arg, struct doc *params)
{
	call_notify(arg, "progress", params);
}

static void on_done(void *arg, struct doc *result, const struct err *e)
{
	struct call *call = arg;

	if (e)
		call_fail(call, e, doc_as_text(call_param(call, "database"), NULL));
	else
		call_answer(call, result);
}

void tending_maintain(struct call *call, struct upkeep *upkeep)
{
	upkeep_maintain(upkeep,
		&(struct upkeep_want){.progress = on_progress, .done = on_done, .arg = call});
}

void tending_verify(struct call *call, struct upkeep *upkeep)
{
	const struct upkeep_want want = {.key = doc_as_text(call_param(call, "key"), NULL),
		.database = doc_as_text(call_param(call, "database"), NULL),
		.all = doc_as_bool(call_param(call, "all"), false),
		.progress = on_progress,
		.done = on_done,
		.arg = call};
	struct err e;

	if ((want.key != NULL) + (want.database != NULL) + want.all > 1) {
		err_set(&e, ERR_PROTO, "verify takes one of key, database and all");
		call_fail(call, &e, NULL);
	} else if (want.database && !config_name_valid(want.database)) {
		err_set(&e, ERR_UNKNOWN_DB, "\"%.40s\" is no name of a database", want.database);
		call_fail(call, &e, want.database);
	} else {
		upkeep_verify(upkeep, &want);
	}
}
