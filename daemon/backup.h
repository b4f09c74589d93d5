/* backup.h - a person asked for a backup and waits: followed from the asking to the store.
 *
 * Captures that were asked for go on when nobody waits for them any more.
 * Threads: the loop's.
 */
#pragma once

#include "common/doc.h"
#include "daemon/engine.h"

struct backups; /* those under way */
struct backup;

struct backup_want {
	const char **names; /* of databases, all known */
	size_t count;
	bool all;              /* none was named: one that is not there yet is no failure */
	const char *operation; /* why, in words */
	bool wait;             /* for the store; else only for the asking */
	uint64_t not_before;   /* alarm_now() */
	void (*progress)(void *arg, struct doc *params); /* gives params away */
	void (*done)(void *arg, struct doc *result);     /* gives result away; the backup is gone */
	void *arg;
};

struct backups *backups_open(void);
void backups_close(struct backups *b); /* none may be under way */

/* NULL: done() was entered already. */
struct backup *backup_start(
	struct backups *all, struct engine *engine, const struct backup_want *want);
void backup_forget(struct backup *b); /* nobody waits: done() will not come */

/* For the engine's events. */
void backups_captured(struct backups *all, struct engine *engine, const struct pipeline_result *r);
void backups_uploaded(struct backups *all, struct engine *engine, const char *id,
	enum copy_state state, const struct err *e);
/* The engine goes away (reload, end): all are done with what they have. */
void backups_abandon(struct backups *all, struct engine *engine);
