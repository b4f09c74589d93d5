/* restore.h - brings a version back: into the live database, or to the peer who asks.
 *
 * When all is well: the version is chosen; fetched, unless it is still in the spool; proven; then
 * the database is held, so that nobody captures it, a safety version is made of what is there, under
 * the write lock, and the contents are written (replace.h).  They are published at once: the next
 * capture makes a version that descends from the newest one and from the safety version.  Only then
 * the answer.
 *
 * A sync does the same with the version that it takes, but asks once more whether it still may when
 * the lock is its own (sync.h).
 *
 * When not: before the writing nothing has changed; what failed is told, and the safety version
 * stays.  A peer that goes away stops nothing.
 *
 * Through kill -9 and power cuts: `restoring.json` in the state folder says from before the writing
 * to the version published what was under way.  restores_resume() lets SQLite finish or undo it,
 * sees which it was, says so in log and history, and publishes what was not yet.
 *
 * At the end: restores_abandon() cuts short what is cut without harm; what is being written is
 * written first, and the engine waits for it.
 *
 * One at a time.  Threads: the loop's.
 */
#pragma once

#include "common/doc.h"
#include "daemon/choose.h"
#include "daemon/engine.h"

struct restores;
struct whereabouts_seen;

/* How a version is taken that sync has chosen. */
struct restore_terms {
	bool publish; /* a version of it is made at once: */
	struct version
		heir; /* as the child that this one is, see restore_record.h; its lineage is to
				be filled in */
};

struct restore_want {
	struct choose which; /* its texts are the caller's, until restore_start() returns */
	bool dry_run;        /* only say what would happen */
	bool hand_over;      /* touch no database: pass a descriptor of the proven copy */
	bool no_safety, no_publish;
	/* A sync: the version is the base afterwards, and is published only where the terms say so.
	 * Asked under the lock, from what is there then.  False: nothing is written, and it ends with
	 * CANCELED.  NULL: a restore. */
	bool (*agree)(void *arg, const struct whereabouts_seen *seen, struct restore_terms *terms);
	int wait_ms;                                     /* for the lock of a busy writer */
	void (*progress)(void *arg, struct doc *params); /* gives params away */
	void (*pass)(void *arg, int fd); /* gives away a descriptor that can only be read */
	/* e NULL: done, and gives result away. */
	void (*done)(void *arg, struct doc *result, const struct err *e);
	void *arg;
};

struct restores *restores_open(void);
void restores_close(struct restores *all); /* none may be under way */

void restore_start(struct restores *all, struct engine *engine, const struct restore_want *want);
/* For the engine's events. */
void restores_captured(
	struct restores *all, struct engine *engine, const struct pipeline_result *r);
bool restores_busy(const struct restores *all);
void restores_abandon(struct restores *all);
/* Key of the version that is being brought back; "": none is. */
const char *restores_key(const struct restores *all);
/* The engine stands: was something under way when casmand ended? */
void restores_resume(struct restores *all, struct engine *engine);
