/* spool.h - the folder of captured versions that no store has yet: whole, bounded, thinned.
 *
 * When all is well: one file for each version that waits; it is made by capture.h, and goes when the
 * version is stored.
 *
 * Out of reach of the store for long: what retention would delete there anyway is superseded, so
 * that the spool ends at `keep_versions` and `keep_daily` of each database.  Where that is still
 * too much, captures stop, and scans go on being counted.
 *
 * After a crash: spool_tidy() makes files and rows agree.  A file without a row was never said to
 * be captured, and the row of its database still says that there is something to capture: it goes.
 *
 * Threads: the loop's, and main's before it runs.  Blocks for the state folder's disk, as state.h.
 */
#pragma once

#include "daemon/io/state.h"

/* Makes <state>/spool (0700); removes files that nothing needs (half copies, copies without a row,
 * those that are stored or superseded); versions whose file is gone, or has another length, become
 * bad. */
enum err_code spool_tidy(struct state *state, struct err *e) must_check;

/* FULL: no room for one more copy of so many bytes.  The first copy always has room: there is
 * nothing that could make way for it. */
enum err_code spool_room(
	struct state *state, const struct config *c, uint64_t size, struct err *e) must_check;
/* What all of it may take now: the configured bytes, or 1 GiB, or 20 % of what would be free on the
 * disk without it, whichever of these is less. */
uint64_t spool_limit(struct state *state, const struct config *c);

/* Supersedes what the count would not keep; `gone` tells which, and is the caller's to end. */
void spool_thin(struct state *state, const struct config *c, int64_t store, struct state_ids *gone);
