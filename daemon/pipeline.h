/* pipeline.h - from facts to captured versions: what the watched databases' lives consist of.
 *
 * When all is well: a sign of life in a database's folder is followed, a moment later, by a look on
 * the pool (was it a commit?).  Commits and scans go to the trigger; when that says so, a capture
 * runs on the pool; its version is one row in state.db, and only then anybody is told.  One look
 * and one capture of a database at a time: what comes meanwhile is remembered and looked at
 * afterwards, neither lost nor doubled.
 *
 * When not: a database that cannot be captured is shown with the reason and its mend, logged once,
 * and tried again (at the next sign of life if it waits for somebody, and every 5 minutes).  It
 * stops no other database.
 *
 * At the end: pipeline_stop() begins no look or capture; those under way are awaited (a check is
 * cut short), and their versions still become rows; who waits is told CANCELED.  What has stopped
 * still tells what it knows, until pipeline_free().
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/pipeline_types.h"

struct capture;
struct pipeline;
struct uv_loop_s;

enum err_code pipeline_open(struct pipeline **out, struct uv_loop_s *loop,
	const struct pipeline_options *o, const struct pipeline_events *events,
	struct err *e) must_check;

/* Begins what is due at `now` (alarm_now()); answers when it wants to be called next (ALARM_NEVER).
 */
uint64_t pipeline_turn(struct pipeline *p, uint64_t now);

void pipeline_scanned(
	struct pipeline *p, const char *database, uint32_t count); /* NULL: names none */

/* A version of this database is wanted, not before `when`; `operation` says why ("": for scans).
 * Its end is told to `captured` with this ticket or a later one.  0: there is no such database. */
uint64_t pipeline_ask(
	struct pipeline *p, const char *database, const char *operation, uint64_t when);

/* `held` comes once, maybe at once.  BUSY: somebody else holds it; CANCELED: the pipeline stops;
 * UNKNOWN_DB. */
enum err_code pipeline_hold(struct pipeline *p, struct pipeline_hold *h, struct err *e) must_check;
/* While it is held: is there a version of its contents as the row has them, that need not be made
 * again?  Its content hash into safe[VERSION_HASH + 1], else "". */
void pipeline_safe(struct pipeline_hold *h, char *safe);
/* While it is held: the copy <spool>/<id>, of what `snapshot` and `check` tell, is a safety version
 * from here on.  The caller ends *v where it succeeds. */
enum err_code pipeline_safety(struct pipeline_hold *h, const struct capture *copy,
	struct state_version *v, struct err *e) must_check;
/* While it is held, after other contents were written: they are those of this version, anybody's.
 * restored: an older one, on purpose (lineage.h). */
enum err_code pipeline_rebase(struct pipeline_hold *h, const struct version *base, bool restored,
	struct err *e) must_check;
/* The next version has to be made, whatever is in it, as the child that `heir` is: only its bases,
 * ancestors and past count. */
void pipeline_inherit(struct pipeline_hold *h, const struct version *heir);
void pipeline_let(struct pipeline *p, struct pipeline_hold *h);

/* Another store is in use now (its number; 0: not known): which databases have a version there? */
void pipeline_store(struct pipeline *p, int64_t store);

/* The queue has become shorter: captures that it had no room for are tried again. */
void pipeline_roomier(struct pipeline *p);

/* What status tells of a database, in the order of the configuration; false past the end. */
struct pipeline_view {
	const struct config_database *config;
	const char *path; /* links resolved */
	bool present, empty, dirty, posted, capturing;
	bool looked;  /* in this run; else it is what was known before */
	bool awaited; /* a capture that somebody wants, and that has not ended */
	bool crowded; /* not captured, because the queue is full */
	uint64_t size;
	int64_t unchanged_since; /* clock of the last capture that found nothing new; STAMP_NONE */
	const struct err *error; /* NULL: none */
};
bool pipeline_see(const struct pipeline *p, size_t i, struct pipeline_view *view);
/* Scans until the next scan-triggered backup; -1: never by scans. */
int64_t pipeline_until(const struct pipeline *p);
int64_t pipeline_last_backup(const struct pipeline *p); /* clock; STAMP_NONE */

void pipeline_stop(struct pipeline *p, void (*stopped)(void *arg), void *arg);
void pipeline_free(struct pipeline *p); /* NULL: nothing to free; it must have stopped */
