/* call.h - one request under way: who asked, and how it is answered.
 *
 * A call is answered exactly once, by call_answer() or call_fail(), which end it.  If the peer has
 * gone, or gave no id, the answer goes nowhere, but the deed is done all the same.
 */
#pragma once

#include "common/proto.h"
#include "daemon/backup.h"
#include "daemon/io/ipc.h"
#include "daemon/rounds.h"
#include "daemon/sweep.h"

struct receipt;

struct call {
	struct ipc_peer *peer; /* NULL: gone */
	struct proto_request request;
	/* what it waits for */
	struct backup *backup;
	struct receipt *receipt;
	struct sweep_ask listing;
	struct engine *engine; /* whose listing it is */
	struct rounds_ask checkup;
	struct prune_ask pruning;
	struct call *next, **link, **all; /* of all calls */
};

struct call *call_begin(struct call **all, struct ipc_peer *peer, struct proto_request *r);
void call_answer(struct call *call, struct doc *result); /* gives result away */
void call_fail(struct call *call, const struct err *e, const char *database);
void call_fail_with(struct call *call, const struct err *e, struct doc *data); /* gives data away */
void call_notify(struct call *call, const char *method, struct doc *params); /* gives params away */
/* A notification, and an open descriptor with it, which is taken. */
void call_pass(struct call *call, const char *method, int fd);
void call_end(struct call *call); /* without an answer */

/* A peer whose note is set has ended its side: it is dropped once none of `all` is owed to it. */
void call_owed(const struct call *all, struct ipc_peer *peer);

/* A parameter; NULL if it was not given, or is null. */
const struct doc *call_param(const struct call *call, const char *name);
const struct doc *call_given(const struct proto_request *r, const char *name);

/* The parameter `databases`: what is asked for, or all where none is; the count of `names`, which are
 * the configuration's, in its order.  *unknown: one that is not configured, or NULL. */
size_t call_databases(const struct call *call, const struct config *config, const char **names,
	const char **unknown);

/* Parameters of a verb: a name, and of what it has to be. */
enum call_type { CALL_TEXT, CALL_COUNT, CALL_BOOL, CALL_TEXTS };
struct call_rule {
	const char *name;
	enum call_type type;
};
/* Are all given parameters known, and of their type?  PROTO says which is not. */
enum err_code call_check(
	const struct proto_request *r, const struct call_rule *rules, struct err *e) must_check;
