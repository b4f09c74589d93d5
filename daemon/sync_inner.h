/* sync_inner.h - what the files of sync.h share, and nobody else sees.
 *
 * sync_turns.c lists, goes from one database to the next, and judges; sync_deed.c does what the rule says;
 * sync_answer.c tells of it.
 */
#pragma once

#include "daemon/core/sync_rule.h"
#include "daemon/differ.h"
#include "daemon/sync.h"
#include "daemon/whereabouts.h"

/* One database of a sync. */
struct sync_item {
	struct pipeline_view view;
	struct whereabouts w;
	enum sync_deed deed;
	enum lineage_state state; /* before the deed */
	unsigned tries;
	bool captured;             /* the judgement is of what was captured */
	bool sent;                 /* which made a version, or one still waits ... */
	bool overtaken;            /* written while it was to be taken */
	struct doc *made;          /* ... as JSON; NULL: none */
	struct state_listed taken; /* or to be taken */
	struct err error;
};

struct sync {
	struct syncs *all;
	struct sync *next;
	struct engine *engine;
	struct sync_want want; /* done NULL: nobody waits */
	char **names;
	size_t at;
	int64_t asked_at;
	bool began, listed_again;
	bool stops; /* the engine goes */
	struct sweep_ask listing;
	struct sync_item item;
	struct pipeline_hold hold; /* for a new base, or what is to be descended from: */
	struct version lineage;
	struct differ differ;
	struct doc *result; /* so far: a list */
};

struct syncs {
	struct restores *restores;
	struct backups *backups;
	struct sync *first; /* which is under way; the others wait */
};

const struct engine_parts *sync_parts(const struct sync *s);
const char *sync_name(const struct sync *s); /* of the database that it is at */
bool sync_stops(const struct sync *s);
struct sync_asked sync_asked(const struct sync *s);

/* Judges this database, and begins what is to be done. */
void sync_judge(struct sync *s);
/* Does s->item.deed; comes to sync_judge() again, or to sync_done(). */
void sync_do(struct sync *s);
/* This database is done with: s->item tells how, `detail` what else is to be told; given away, may be
 * NULL. */
void sync_done(struct sync *s, struct doc *detail);
void sync_failed(struct sync *s, const struct err *e);

struct doc *sync_answer(const struct sync *s, struct doc *detail);
struct doc *sync_diverged(const struct sync *s, const struct err *e); /* e: of s->differ */
