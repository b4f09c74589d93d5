/* link.h - casmanctl's end of the socket: ask, wait, get the answer.
 *
 * When all is well: link_open() connects, each link_call() sends one line and waits for the line
 * that answers it.  `progress` notifications that come before are handed on as they come; others
 * are left to later versions.
 *
 * When not: no socket, or nobody behind it, is ERR_NO_DAEMON; a socket that may not be opened is
 * ERR_DENIED, with the command that mends it; the deadline is ERR_TIMEOUT; a connection that ends
 * too soon and anything that is not the protocol is ERR_PROTO.  An error that casmand answers is an
 * answer.  After a failure only link_close() is left to do.
 *
 * Threads: one; every call blocks, until the deadline at the longest.
 */
#pragma once

#include "common/doc.h"

#define LINK_PATIENT INT64_C(-1) /* no deadline */

struct link;

struct link_options {
	const char *path;   /* lives until link_close() */
	int64_t timeout_ms; /* for all calls together, beginning with link_open(); LINK_PATIENT */
	void (*progress)(void *arg, const struct doc *params); /* may be NULL */
	void *arg;
};

/* One of the two, an object; the other is NULL.  `error` is JSON-RPC's: code, message, data. */
struct answer {
	struct doc *result, *error;
};

enum err_code link_open(struct link **out, const struct link_options *o, struct err *e) must_check;

/* params is given away, and may be NULL.  The answer's documents belong to the caller. */
enum err_code link_call(struct link *l, const char *method, struct doc *params, struct answer *a,
	struct err *e) must_check;

/* The descriptor that came along with the lines so far, or -1; it is the caller's from then on. */
int link_descriptor(struct link *l);

void link_close(struct link *l);
