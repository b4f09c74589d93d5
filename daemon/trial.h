/* trial.h - is one version in the store what it should be?  Promise P9, before anybody needs it.
 *
 * When all is well: its metadata is fetched, and of our own versions compared byte for byte with what
 * was written; then the object (download.h), its tags, and the count of its records.
 *
 * When not: what does not agree is looked at a second time, after the store was asked who it is; a
 * captive portal or a line that drops bits makes no version bad.  CORRUPT: it is bad, in words for a
 * person.  Anything else: nobody knows (the store was not reached, the spool has no room).
 *
 * What it never does: touch a database, write into the store, or count as bad what it could not
 * look at.
 *
 * At the end: trial_cut(); `done` comes soon, with CANCELED if nothing else came first.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/download.h"

struct trial {
	/* asked */
	const struct state_listed *of; /* stays until `done`, where all may go */
	void (*done)(struct trial *t, const struct err *e);
	/* private */
	const struct engine_parts *parts;
	struct state_version own; /* of this machine: as state.db has it */
	bool is_own, again, stop;
	struct store_request get;
	struct version told; /* what its metadata says */
	struct state_seen seen;
	struct download download;
	struct storage_ask probe;
};

void trial_start(struct trial *t, const struct engine_parts *parts);
void trial_cut(struct trial *t);
