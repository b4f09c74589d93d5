/* proto.h - what daemon and client say to each other: JSON-RPC 2.0, one object per line.
 *
 * https://www.jsonrpc.org/specification, without batches.  A request line has at most
 * PROTO_LINE_MAX bytes, its newline included.  Pure.
 */
#pragma once

#include "common/doc.h"
#include "common/err.h"

#define PROTO_LINE_MAX 65536 /* a request; replies are paged, not limited */
#define PROTO_UID_MAX  64    /* characters of a scan's uid */
#define PROTO_NOTE_MAX 1024  /* bytes of a scan's note or a version's operation text */

/* JSON-RPC's own codes, and the one that all of casmand's errors have (data.name tells them apart).
 */
enum proto_code {
	PROTO_OK = 0,
	PROTO_PARSE_ERROR = -32700,
	PROTO_INVALID_REQUEST = -32600,
	PROTO_NO_METHOD = -32601,
	PROTO_INVALID_PARAMS = -32602,
	PROTO_INTERNAL = -32603,
	PROTO_FAILED = -32000,
};

/* Exit codes of casmanctl. */
enum proto_exit {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
	EXIT_OFFLINE = 4, /* the store was not reached, and nothing is lost */
	EXIT_DENIED = 5,
	EXIT_DIVERGED = 6,
};

/* A request as it came.  What it points to belongs to `doc`. */
struct proto_request {
	struct doc *doc;
	const struct doc *id; /* NULL: a notification, which gets no answer */
	const char *method;
	const struct doc *params; /* an object; NULL: none given */
};

/* Takes one line without its newline.  On failure the code to answer with, the words in *e, and
 * r->id what the answer's id is to be (NULL: null).  r is freed with proto_request_free() in either
 * case. */
enum proto_code proto_parse(
	struct proto_request *r, const char *line, size_t length, struct err *e) must_check;
void proto_request_free(struct proto_request *r);

/* One line each, with its newline; the caller frees it.  id NULL is null.  `result`, `params` and
 * `data` are given away and may be NULL. */
char *proto_result(const struct doc *id, struct doc *result);
char *proto_error(const struct doc *id, enum proto_code code, const char *text, struct doc *data);
char *proto_call(int64_t id, const char *method, struct doc *params);
char *proto_notice(const char *method, struct doc *params);

/* The error answer for *e: code, message, data {"name": ..., "database": ...}; database may be
 * NULL. */
char *proto_failure(const struct doc *id, const struct err *e, const char *database);

/* The exit code for an error's data.name; EXIT_FAILED for names that it does not know. */
enum proto_exit proto_exit_of(const char *name);
