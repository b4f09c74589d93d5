/* prune.h - deletes versions that retention does not keep, from the store where they were confirmed.
 *
 * When all is well: an upload that is confirmed kicks it.  keeping.h says what goes; that is begun in
 * state.db, then the database object is deleted, then its metadata, then it is over in state.db:
 * oldest first, PRUNE_MOST at a time, and none is begun while an upload is under way.  What is asked
 * is only DELETE: nothing is listed for it.
 *
 * When not: a deletion that a crash or the network cut in the middle is finished when the store is
 * reached again.  A store that does not let us delete (the key may not, a lock holds the object) is
 * told once, in the log and in prune_error(), and left alone for a day, or until a reload.  Any other
 * failure ends this round; the next confirmed upload begins another.
 *
 * At the end: nothing new is begun once *closing is true; prune_stop() waits for what is under way.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/keeping.h"
#include "daemon/transfer.h"

#define PRUNE_MOST 4 /* versions at the same time */

struct prune;

struct prune_options {
	struct state *state;
	const struct config *config;
	struct storage *storage;
	const struct transfer *transfer;
	struct budget *budget;
	const bool *closing;
	int64_t (*now)(void *arg);           /* as well as it is known */
	const char *(*restoring)(void *arg); /* key of the version that is being restored; "" */
	void (*moved)(void *arg);            /* prune_due(), or prune_error(), may be another */
	void *arg;
};

struct prune *prune_open(const struct prune_options *o);

/* A version of this database was confirmed in the store. */
void prune_kick(struct prune *p, const char *database);
/* The store is reached, or was listed: what was begun is finished. */
void prune_resume(struct prune *p);
/* No upload is under way any more. */
void prune_go_on(struct prune *p);
/* What stays may be another matter now: a version was pinned, or accepted. */
void prune_changed(struct prune *p);

uint64_t prune_due(const struct prune *p); /* alarm_now() of the next try; ALARM_NEVER */
void prune_turn(struct prune *p, uint64_t now);

/* Why nothing is deleted; NULL: nothing speaks against it. */
const struct err *prune_error(const struct prune *p);
/* What keeping.h wants to know; `named` is ""'s. */
struct keeping_ask prune_keeping(const struct prune *p);

/* A person asks for it, of all databases.  `done` comes once, maybe at once. */
struct prune_ask {
	const char *named; /* see keeping.h; the asker's until `done` */
	void (*done)(struct prune_ask *ask, const struct err *e);
	unsigned deleted;       /* answered */
	struct prune_ask *next; /* private */
};
void prune_now(struct prune *p, struct prune_ask *ask);

void prune_stop(struct prune *p, void (*stopped)(void *arg), void *arg);
void prune_free(struct prune *p); /* it must have stopped */
