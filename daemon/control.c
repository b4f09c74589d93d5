#include "daemon/control.h"

#include "common/text.h"
#include "daemon/syncing.h"

#include <string.h>

struct control {
	struct verbs verbs;
	struct call *calls;
	bool listed; /* since casmand began */
};

static struct engine *engine_of(struct control *c)
{
	return verbs_engine(&c->verbs);
}

/* --- lines ------------------------------------------------------------- */

static void refuse(
	struct ipc_peer *p, const struct doc *id, enum proto_code code, const char *words)
{
	struct doc *data = doc_object();

	doc_put_text(data, "name", err_name(code == PROTO_FAILED ? ERR_BUSY : ERR_PROTO));
	char *line = proto_error(id, code, words, data);
	ipc_send(p, line, strlen(line));
	free(line);
}

static void troubled(struct ipc_peer *p, enum ipc_trouble trouble)
{
	static const char *const words[] = {
		[IPC_FINE] = "",
		[IPC_TOO_LONG] = "invalid request: the line is longer than 65536 bytes",
		[IPC_TOO_SLOW] = "invalid request: the line got no end in time",
		[IPC_FULL] = "too many connections",
	};

	refuse(p, NULL, trouble == IPC_FULL ? PROTO_FAILED : PROTO_INVALID_REQUEST, words[trouble]);
}

static void run(struct control *c, struct call *call)
{
	const struct verb *verb = verb_named(call->request.method);
	const char *group = engine_parts(engine_of(c))->config->admin_group;
	struct err e;

	if (verb->admin && !ipc_is_admin(call->peer, group)) {
		err_set(&e, ERR_DENIED, "not permitted: %s needs root%s%s", verb->name,
			*group ? " or the group " : "", group);
		call_fail(call, &e, NULL);
	} else if (verb->engine && engine_closing(engine_of(c))) {
		err_set(&e, ERR_BUSY, "casmand is just reloading or stopping: try again");
		call_fail(call, &e, NULL);
	} else if (call_check(&call->request, verb->rules, &e)) {
		call_fail(call, &e, NULL);
	} else {
		verb->run(&c->verbs, call);
	}
}

static void on_line(
	void *arg, struct ipc_peer *p, const char *text, size_t length, enum ipc_trouble trouble)
{
	struct control *c = arg;
	struct proto_request r;
	struct err e;

	if (trouble != IPC_FINE) {
		troubled(p, trouble);
		return;
	}
	enum proto_code code = proto_parse(&r, text, length, &e);
	bool answered = r.id || code == PROTO_PARSE_ERROR || code == PROTO_INVALID_REQUEST;
	if (code == PROTO_OK && !verb_named(r.method)) {
		code = PROTO_NO_METHOD;
		err_set(&e, ERR_PROTO, "casmand knows no method \"%.40s\"", r.method);
	}
	if (code == PROTO_OK)
		run(c, call_begin(&c->calls, p, &r));
	else if (answered)
		refuse(p, r.id, code, e.text);
	proto_request_free(&r);
}

static void on_gone(void *arg, struct ipc_peer *p)
{
	struct control *c = arg;
	struct call *next;

	for (struct call *call = c->calls; call; call = next) {
		next = call->next;
		if (call->peer != p)
			continue;
		call->peer = NULL;
		if (call->backup)
			backup_forget(call->backup);
		else if (call->receipt)
			receipt_forget(call->receipt);
		else
			continue;
		call_end(call);
	}
}

/* It will ask nothing more (as `nc -N` does), but reads what it is still owed. */
static void on_ended(void *arg, struct ipc_peer *p)
{
	struct control *c = arg;

	ipc_set_note(p, p);
	call_owed(c->calls, p);
}

static void on_turn(void *arg)
{
	struct control *c = arg;

	scans_commit(c->verbs.scans, engine_of(c));
}

struct ipc_events control_events(struct control *c)
{
	return (struct ipc_events){
		.line = on_line, .gone = on_gone, .turn = on_turn, .ended = on_ended, .arg = c};
}

/* --- the rest ---------------------------------------------------------- */

static struct storage *storage_in_use(void *arg, struct findings *f)
{
	struct engine *g = engine_of(arg);

	(void)f;
	return g && !engine_closing(g) ? engine_parts(g)->storage : NULL;
}

struct control *control_open(struct state *state, const struct verbs_owner *owner)
{
	struct control *c = text_room(1, sizeof(*c));

	c->verbs.state = state;
	c->verbs.owner = *owner;
	c->verbs.receipts = receipts_open();
	c->verbs.scans = scans_open(state, c->verbs.receipts);
	c->verbs.backing.all = backups_open();
	c->verbs.rounds = rounds_open(owner->loop, owner->config_path, storage_in_use, c);
	c->verbs.restores = restores_open();
	c->verbs.syncs = syncs_open(c->verbs.restores, c->verbs.backing.all);
	c->verbs.upkeep = upkeep_open(c->verbs.restores, owner->moved, owner->arg);
	return c;
}

void control_begun(struct control *c)
{
	rounds_begin(c->verbs.rounds);
}

uint64_t control_turn(struct control *c, uint64_t now)
{
	return upkeep_turn(c->verbs.upkeep, now);
}

void control_network_back(struct control *c)
{
	upkeep_network_back(c->verbs.upkeep);
}

void control_captured(struct control *c, const struct pipeline_result *r)
{
	backups_captured(c->verbs.backing.all, engine_of(c), r);
	receipts_captured(c->verbs.receipts, engine_of(c), r);
	restores_captured(c->verbs.restores, engine_of(c), r);
}

void control_uploaded(struct control *c, const char *id, enum copy_state state, const struct err *e)
{
	backups_uploaded(c->verbs.backing.all, engine_of(c), id, state, e);
	if (state == COPY_STORED)
		receipts_stored(c->verbs.receipts, engine_of(c));
	upkeep_uploaded(c->verbs.upkeep, id, state);
}

void control_engine_stands(struct control *c)
{
	restores_resume(c->verbs.restores, engine_of(c));
	upkeep_stands(c->verbs.upkeep, engine_of(c));
}

void control_listed(struct control *c)
{
	bool first = !c->listed;

	c->listed = true;
	if (first && engine_parts(engine_of(c))->config->auto_sync_on_start)
		syncing_at_start(c->verbs.syncs, engine_of(c));
}

const char *control_restoring(const struct control *c)
{
	return restores_key(c->verbs.restores);
}

void control_engine_closes(struct control *c)
{
	syncs_abandon(c->verbs.syncs);
	backups_abandon(c->verbs.backing.all, engine_of(c));
	receipts_abandon(c->verbs.receipts, engine_of(c));
	rounds_hurry(c->verbs.rounds);
	restores_abandon(c->verbs.restores);
	upkeep_abandon(c->verbs.upkeep);
}

void control_close(struct control *c)
{
	while (c->calls)
		call_end(c->calls);
	scans_close(c->verbs.scans);
	receipts_close(c->verbs.receipts);
	backups_close(c->verbs.backing.all);
	rounds_close(c->verbs.rounds);
	upkeep_close(c->verbs.upkeep);
	restores_close(c->verbs.restores);
	syncs_close(c->verbs.syncs);
	free(c);
}
