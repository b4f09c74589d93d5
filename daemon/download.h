/* download.h - one version into a new file of the spool folder, and proven there.
 *
 * When all is well: it is fetched from the store (or copied, where its file is still in the spool),
 * then proven on the pool, and `done` hears NONE: `copy` is what it should be.
 *
 * When not: `done` hears of it.  CORRUPT is refused, in words that begin with the key; else what
 * store.h and prove.h answer.
 *
 * At the end: download_cut() gives up the proving; what the store was asked for ends with the store.
 * The engine may go while something is proven, but not before the store has answered.
 *
 * Owner:   whoever embeds it, until `done` is entered; then download_end() removes the file and
 *          frees what was answered.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/engine.h"
#include "daemon/io/work.h"
#include "daemon/prove.h"

struct download {
	/* asked */
	const struct state_seen *seen; /* stays until `done` */
	/* It is asked for; or here, and is being proven.  NULL: nobody wants to know. */
	void (*moved)(struct download *d, bool here);
	void (*done)(struct download *d, const struct err *e);
	/* answered */
	char *copy; /* its path */
	struct prove prove;
	bool fetched;        /* from the store ... */
	bool tagged;         /* ... where the object has casmand's tags ... */
	struct version tags; /* ... and these are they */
	/* private */
	const struct engine_parts *parts;
	struct store_request request;
	struct work job;
	char *spooled, *count_table;
	atomic_bool stop;
};

/* `from_store`: not from the spool, wherever it is. */
void download_start(struct download *d, const struct engine_parts *parts, bool from_store);
void download_cut(struct download *d); /* it ends soon, if it was begun; else nothing */
void download_end(struct download *d); /* {0} is nothing to end */

/* The path of a file in the spool; the caller frees it. */
char *download_path(const struct state *state, const char *name, const char *suffix);
