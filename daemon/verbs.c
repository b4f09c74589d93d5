#include "daemon/verbs.h"

#include "common/text.h"
#include "daemon/listing.h"
#include "daemon/lists.h"
#include "daemon/pinning.h"
#include "daemon/pruning.h"
#include "daemon/report.h"
#include "daemon/restoring.h"
#include "daemon/syncing.h"
#include "daemon/tending.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	call_answer(call, report_status(call->engine));
}

static void on_status(struct verbs *v, struct call *call)
{
	if (!doc_as_bool(call_param(call, "refresh"), false)) {
		call_answer(call, report_status(verbs_engine(v)));
		return;
	}
	call->engine = verbs_engine(v);
	call->listing.done = on_refreshed;
	sweep_list(engine_parts(call->engine)->sweep, &call->listing);
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

static void on_list(struct verbs *v, struct call *call)
{
	listing_take(call, verbs_engine(v));
}

static void on_backup(struct verbs *v, struct call *call)
{
	backing_take(call, &v->backing, verbs_engine(v));
}

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

static void on_pin(struct verbs *v, struct call *call)
{
	pinning_take(call, verbs_engine(v), PINNING_PIN);
}

static void on_unpin(struct verbs *v, struct call *call)
{
	pinning_take(call, verbs_engine(v), PINNING_UNPIN);
}

static void on_prune(struct verbs *v, struct call *call)
{
	pruning_take(call, verbs_engine(v));
}

static void on_accept(struct verbs *v, struct call *call)
{
	pinning_take(call, verbs_engine(v), PINNING_ACCEPT);
}

static void on_sync(struct verbs *v, struct call *call)
{
	syncing_take(call, v->syncs, verbs_engine(v));
}

static void on_maintain(struct verbs *v, struct call *call)
{
	tending_maintain(call, v->upkeep);
}

static void on_verify(struct verbs *v, struct call *call)
{
	tending_verify(call, v->upkeep);
}

static const struct call_rule no_rules[] = {
	{NULL, CALL_TEXT}
};
static const struct call_rule status_rules[] = {
	{"refresh", CALL_BOOL},
        {NULL,      CALL_TEXT}
};

static const struct verb verbs[] = {
	{"ping",     on_ping,     no_rules,             false, false},
	{"scan",     on_scan,     scans_rules,          false, false},
	{"backup",   on_backup,   backing_rules,        false, true },
	{"list",     on_list,     listing_rules,        false, false},
	{"status",   on_status,   status_rules,         false, false},
	{"queue",    on_queue,    lists_queue_rules,    false, false},
	{"history",  on_history,  lists_history_rules,  false, false},
	{"doctor",   on_doctor,   no_rules,             false, true },
	{"restore",  on_restore,  restoring_rules,      true,  true },
	{"pin",      on_pin,      pinning_rules,        true,  false},
	{"unpin",    on_unpin,    pinning_rules,        true,  false},
	{"accept",   on_accept,   pinning_rules,        true,  false},
	{"sync",     on_sync,     syncing_rules,        true,  true },
	{"maintain", on_maintain, no_rules,             true,  true },
	{"verify",   on_verify,   tending_verify_rules, false, true },
	{"prune",    on_prune,    pruning_rules,        true,  true },
	{"reload",   on_reload,   no_rules,             true,  false},
};

const struct verb *verb_named(const char *name)
{
	for (size_t i = 0; i < LENGTH(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}
