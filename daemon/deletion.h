/* deletion.h - one version on its way out of the store: its object, then its metadata.
 *
 * When all is well: it is begun in state.db, the database object is deleted, its metadata is, and it
 * is over in state.db; the log has one line.  Of an orphan (leaving.h) a HEAD says first that there
 * is no object; where there is one, nothing is deleted.
 *
 * When not: `ended` hears of it, and storage, unless the store only forbids deleting.  What was
 * forbidden before anything was deleted is as if it had never begun; else state.db remembers, and it
 * begins again another time.
 *
 * Threads: the loop's.  Used by prune.h alone.
 */
#pragma once

#include "daemon/io/leaving.h"
#include "daemon/storage.h"

struct deletion {
	struct state *state;
	struct storage *storage;
	/* Entered last, never from inside deletion_start().  NONE: it is gone, or was no orphan. */
	void (*ended)(struct deletion *d, const struct err *e);

	struct leaving l;
	char database[CONFIG_NAME_MAX + 1], why[160];
	uint64_t size; /* of its object; 0: not known */
	bool begun;    /* in state.db, another time */
	bool busy;

	bool last; /* private: what is asked for now is the metadata */
	struct store_request request;
};

/* An error is state.db's, and nothing was begun. */
enum err_code deletion_start(struct deletion *d, struct err *e) must_check;

/* The store has no objection but that this may not be deleted. */
bool deletion_is_forbidden(const struct err *e);
