#include "daemon/call.h"

#include "common/text.h"

#include <string.h>
#include <unistd.h>

struct call *call_begin(struct call **all, struct ipc_peer *peer, struct proto_request *r)
{
	struct call *call = text_room(1, sizeof(*call));

	call->peer = peer;
	call->request = *r;
	*r = (struct proto_request){0};
	call->link = call->all = all;
	call->next = *all;
	if (call->next)
		call->next->link = &call->next;
	*all = call;
	return call;
}

void call_owed(const struct call *all, struct ipc_peer *peer)
{
	for (const struct call *call = all; call; call = call->next)
		if (call->peer == peer)
			return;
	if (ipc_note(peer))
		ipc_drop(peer);
}

void call_end(struct call *call)
{
	struct call *const *all = call->all;
	struct ipc_peer *peer = call->peer;

	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	proto_request_free(&call->request);
	free(call);
	if (peer)
		call_owed(*all, peer);
}

static void send(struct call *call, char *line)
{
	if (call->peer && call->request.id)
		ipc_send(call->peer, line, strlen(line));
	free(line);
}

void call_answer(struct call *call, struct doc *result)
{
	send(call, proto_result(call->request.id, result));
	call_end(call);
}

void call_fail(struct call *call, const struct err *e, const char *database)
{
	send(call, proto_failure(call->request.id, e, database));
	call_end(call);
}

void call_fail_with(struct call *call, const struct err *e, struct doc *data)
{
	doc_put_text(data, "name", err_name(e->code));
	send(call, proto_error(call->request.id, PROTO_FAILED, e->text, data));
	call_end(call);
}

void call_notify(struct call *call, const char *method, struct doc *params)
{
	if (call->request.id)
		doc_put(params, "id", doc_copy(call->request.id));
	send(call, proto_notice(method, params));
}

void call_pass(struct call *call, const char *method, int fd)
{
	struct doc *params = doc_object();

	if (!call->peer || !call->request.id) {
		doc_free(params);
		(void)close(fd);
		return;
	}
	doc_put(params, "id", doc_copy(call->request.id));
	char *line = proto_notice(method, params);
	ipc_pass(call->peer, line, strlen(line), fd);
	free(line);
}

const struct doc *call_given(const struct proto_request *r, const char *name)
{
	const struct doc *d = doc_get(r->params, name);

	return doc_is_null(d) ? NULL : d;
}

const struct doc *call_param(const struct call *call, const char *name)
{
	return call_given(&call->request, name);
}

static bool is_named(const struct doc *list, const char *name)
{
	for (size_t i = 0; i < doc_length(list); i++)
		if (strcmp(doc_as_text(doc_at(list, i), ""), name) == 0)
			return true;
	return false;
}

size_t call_databases(const struct call *call, const struct config *config, const char **names,
	const char **unknown)
{
	const struct doc *list = call_param(call, "databases");
	size_t count = 0;

	*unknown = NULL;
	for (size_t i = 0; i < doc_length(list) && !*unknown; i++)
		if (!config_find(config, doc_as_text(doc_at(list, i), "")))
			*unknown = doc_as_text(doc_at(list, i), "");
	for (size_t i = 0; i < config->database_count; i++)
		if (doc_length(list) == 0 || is_named(list, config->databases[i].name))
			names[count++] = config->databases[i].name;
	return count;
}

static bool of_type(const struct doc *value, enum call_type type)
{
	bool good = true;

	switch (type) {
	case CALL_TEXT: return doc_is_text(value);
	case CALL_COUNT: return doc_is_int(value) && doc_as_int(value, -1) >= 0;
	case CALL_BOOL: return doc_is_bool(value);
	case CALL_TEXTS:
	default: break;
	}
	for (size_t i = 0; i < doc_length(value); i++)
		good = good && doc_is_text(doc_at(value, i));
	return good && doc_is_array(value);
}

enum err_code call_check(
	const struct proto_request *r, const struct call_rule *rules, struct err *e)
{
	static const char *const wanted[] = {
		[CALL_TEXT] = "a string",
		[CALL_COUNT] = "a whole number",
		[CALL_BOOL] = "true or false",
		[CALL_TEXTS] = "a list of strings",
	};
	const char *name;
	struct doc *value;

	for (size_t i = 0; doc_member(r->params, i, &name, &value); i++) {
		const struct call_rule *rule = rules;

		while (rule->name && strcmp(rule->name, name) != 0)
			rule++;
		if (!rule->name)
			return err_set(
				e, ERR_PROTO, "%s has no parameter \"%.40s\"", r->method, name);
		if (!doc_is_null(value) && !of_type(value, rule->type))
			return err_set(e, ERR_PROTO, "%s is not %s", name, wanted[rule->type]);
	}
	return ERR_NONE;
}
