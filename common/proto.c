#include "common/proto.h"

#include "common/text.h"

#include <string.h>

/* Errors that a program may want to tell apart by more than data.name: JSON-RPC's code for it, and
 * casmanctl's exit code. */
static const struct {
	enum err_code err;
	enum proto_code code;
	enum proto_exit exit;
} kinds[] = {
	{ERR_UNKNOWN_DB, PROTO_INVALID_PARAMS, EXIT_FAILED   },
	{ERR_PROTO,      PROTO_INVALID_PARAMS, EXIT_FAILED   },
	{ERR_NOMEM,      PROTO_INTERNAL,       EXIT_FAILED   },
	{ERR_DENIED,     PROTO_FAILED,         EXIT_DENIED   },
	{ERR_OFFLINE,    PROTO_FAILED,         EXIT_OFFLINE  },
	{ERR_TIMEOUT,    PROTO_FAILED,         EXIT_OFFLINE  },
	{ERR_QUOTA,      PROTO_FAILED,         EXIT_OFFLINE  },
	{ERR_NO_DAEMON,  PROTO_FAILED,         EXIT_NO_DAEMON},
};

static enum proto_code invalid(struct err *e, const char *why)
{
	err_set(e, ERR_PROTO, "invalid request: %s", why);
	return PROTO_INVALID_REQUEST;
}

static enum proto_code check_members(struct proto_request *r, struct err *e)
{
	const struct doc *id = doc_get(r->doc, "id");
	const struct doc *method = doc_get(r->doc, "method");
	const struct doc *params = doc_get(r->doc, "params");

	if (id && !doc_is_text(id) && !doc_is_number(id) && !doc_is_null(id))
		return invalid(e, "id is no string, number or null");
	r->id = id;
	if (strcmp(doc_as_text(doc_get(r->doc, "jsonrpc"), ""), "2.0") != 0)
		return invalid(e, "jsonrpc is not \"2.0\"");
	if (!doc_is_text(method))
		return invalid(e, "method is no string");
	r->method = doc_as_text(method, "");
	if (params && !doc_is_object(params) && !doc_is_array(params))
		return invalid(e, "params is no object");
	r->params = params;
	if (params && !doc_is_object(params)) {
		err_set(e, ERR_PROTO, "params are given by name: an object, not an array");
		return PROTO_INVALID_PARAMS;
	}
	return PROTO_OK;
}

enum proto_code proto_parse(struct proto_request *r, const char *line, size_t length, struct err *e)
{
	*r = (struct proto_request){0};
	if (doc_parse(&r->doc, line, length, e)) {
		err_note(e, "parse error");
		return PROTO_PARSE_ERROR;
	}
	if (doc_is_array(r->doc))
		return invalid(e, "batches are not taken: send one object per line");
	if (!doc_is_object(r->doc))
		return invalid(e, "no object");
	return check_members(r, e);
}

void proto_request_free(struct proto_request *r)
{
	doc_free(r->doc);
	*r = (struct proto_request){0};
}

static char *line_of(struct doc *message)
{
	char *json = doc_text(message);
	size_t length = strlen(json);
	char *line = realloc(json, length + 2);

	REQUIRE(line);
	memcpy(line + length, "\n", 2);
	doc_free(message);
	return line;
}

static struct doc *message(void)
{
	struct doc *m = doc_object();

	doc_put_text(m, "jsonrpc", "2.0");
	return m;
}

static void put_id(struct doc *m, const struct doc *id)
{
	if (id)
		doc_put(m, "id", doc_copy(id));
	else
		doc_put_null(m, "id");
}

char *proto_result(const struct doc *id, struct doc *result)
{
	struct doc *m = message();

	if (result)
		doc_put(m, "result", result);
	else
		doc_put_null(m, "result");
	put_id(m, id);
	return line_of(m);
}

char *proto_error(const struct doc *id, enum proto_code code, const char *text, struct doc *data)
{
	struct doc *m = message(), *error = doc_object();

	doc_put_int(error, "code", code);
	doc_put_text(error, "message", text);
	if (data)
		doc_put(error, "data", data);
	doc_put(m, "error", error);
	put_id(m, id);
	return line_of(m);
}

char *proto_call(int64_t id, const char *method, struct doc *params)
{
	struct doc *m = message();

	doc_put_int(m, "id", id);
	doc_put_text(m, "method", method);
	if (params)
		doc_put(m, "params", params);
	return line_of(m);
}

char *proto_notice(const char *method, struct doc *params)
{
	struct doc *m = message();

	doc_put_text(m, "method", method);
	if (params)
		doc_put(m, "params", params);
	return line_of(m);
}

char *proto_failure(const struct doc *id, const struct err *e, const char *database)
{
	struct doc *data = doc_object();
	enum proto_code code = PROTO_FAILED;

	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (kinds[i].err == e->code)
			code = kinds[i].code;
	doc_put_text(data, "name", err_name(e->code));
	doc_put_text(data, "database", database);
	return proto_error(id, code, e->text, data);
}

enum proto_exit proto_exit_of(const char *name)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (strcmp(err_name(kinds[i].err), name) == 0)
			return kinds[i].exit;
	return EXIT_FAILED;
}
