/* sending.h - one version on its way into the store: upload.h's table, obeyed.
 *
 * The key is durable in state.db before it is used, so that a daemon that was killed asks for this
 * very object again and finds what it had done.  `stored` is said only after the HEAD, and after
 * state.db has it; then the spool file goes.
 *
 * Owner: the caller, until `ended`, where it may be started again.  It cannot be stopped, only let
 * be: with *closing true it ends at the store's next answer. Threads: the loop's.
 */
#pragma once

#include "daemon/core/upload.h"
#include "daemon/storage.h"

struct sending {
	struct state *state;
	struct storage *storage;
	const bool *closing;
	/* STORED (e is NULL), BAD: our own copy is lost, or CAPTURED: it waits on, because of *e.
	 */
	void (*ended)(
		struct sending *s, const char *id, enum copy_state state, const struct err *e);
	/* private */
	bool busy, placed; /* placed: the store has its database object, or may have it */
	enum upload_state at;
	struct store_request request;
	struct state_version version;
	char *spooled, *metadata;
};

/* Reads the version from state.db; on failure nothing was begun. */
enum err_code sending_start(struct sending *s, const char *id, struct err *e) must_check;
