/* upkeep.h - what keeps a store healthy for years without anybody looking: proof and maintain.
 *
 * When all is well: each is begun when it is due (core/rota) and the store was reached, by itself, or
 * when a person asks.  A version that the proof finds bad, and that the database's contents still
 * are, is made anew at once by the pipeline; when that one is stored it is proven too.
 *
 * When not: what fails is in the log once, and is tried again when the store is reached, or after an
 * hour.  A restore has precedence: between two objects both wait until it is over.
 *
 * At the end, and at a reload: upkeep_abandon() cuts short what is under way; the next engine takes it
 * up.  A person who waited is told CANCELED.
 *
 * Threads: the loop's.
 */
#pragma once

#include "common/doc.h"
#include "daemon/engine.h"
#include "daemon/restore.h"

struct upkeep;

/* `moved`: upkeep_turn() wants to be called. */
struct upkeep *upkeep_open(const struct restores *restores, void (*moved)(void *arg), void *arg);
void upkeep_close(struct upkeep *u); /* nothing may be under way */

void upkeep_stands(struct upkeep *u, struct engine *engine);
void upkeep_abandon(struct upkeep *u); /* the engine is about to close */
/* Begins what is due; answers when it wants to be called next (ALARM_NEVER). */
uint64_t upkeep_turn(struct upkeep *u, uint64_t now);
void upkeep_network_back(struct upkeep *u);
void upkeep_uploaded(struct upkeep *u, const char *id, enum copy_state state);

/* For a person who waits.  Its texts are the caller's until the call returns. */
struct upkeep_want {
	const char *key, *database;                      /* verify: this one alone; NULL */
	bool all;                                        /* verify */
	void (*progress)(void *arg, struct doc *params); /* gives params away */
	/* e NULL: it went to its end, and gives result away. */
	void (*done)(void *arg, struct doc *result, const struct err *e);
	void *arg;
};
/* BUSY through `done` where another person's is under way. */
void upkeep_verify(struct upkeep *u, const struct upkeep_want *want);
/* Who asks while one is under way follows that one. */
void upkeep_maintain(struct upkeep *u, const struct upkeep_want *want);
