/* sync.h - brings the databases in step with the store, or says why not.
 *
 * When all is well: the store is listed, always; then one database after the other is judged
 * (whereabouts.h, core/sync_rule.h), and what the rule says is done: nothing; a version taken as a
 * restore takes it (restore.h), if the rule still says so under the write lock; local contents
 * captured and sent.  An answer tells of each.
 *
 * When not: a store that is not reached ends the sync before anything was done.  What goes wrong
 * with one database is told of that one, and stops no other.  Where histories diverged nothing is
 * touched: the local contents become a version, too, and the answer tells how the two differ.
 *
 * Commits that nobody has looked at yet are seen under the lock: then they are captured first, and
 * the database is judged again.
 *
 * At the end: syncs_abandon(), before the restores' and backups' own: what is under way comes to
 * its end by theirs, and no more is begun.
 *
 * One at a time; who asks meanwhile waits.  A peer that goes away stops nothing.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/restore.h"

struct backups;
struct syncs;

struct sync_want {
	const char *const
		*names; /* of databases, all known; the caller's, until sync_start() returns */
	size_t count;
	bool force, mine; /* at most one of them */
	bool dry_run;
	void (*progress)(void *arg, struct doc *params); /* gives params away */
	/* e NULL: done, and gives result away. */
	void (*done)(void *arg, struct doc *result, const struct err *e);
	void *arg;
};

struct syncs *syncs_open(struct restores *restores, struct backups *backups);
void syncs_close(struct syncs *all); /* none may be under way */

void sync_start(struct syncs *all, struct engine *engine, const struct sync_want *want);
void syncs_abandon(struct syncs *all);
