/* restore_inner.h - what the files of restore.h share, and nobody else sees.
 *
 * restore_begin.c chooses, fetches and proves; restore_write.c holds, locks and writes; restore_publish.c
 * publishes, and answers; restore_resume.c takes up what a crash cut short.
 */
#pragma once

#include "daemon/core/ancestry.h"
#include "daemon/download.h"
#include "daemon/replace.h"
#include "daemon/restore.h"
#include "daemon/restore_record.h"

enum restore_stage { CHOOSING, FETCHING, PROVING, HOLDING, LOCKING, WRITING, PUBLISHING };

struct restore {
	struct restores *all;
	struct engine *engine;
	struct restore_want want; /* done NULL: nobody waits */
	char *key, *database;     /* what want.which points to */
	enum restore_stage stage;
	bool abandoned; /* the engine goes, and may be gone */
	atomic_bool stop;
	struct state_listed chosen;
	struct sweep_ask listing;
	struct download download; /* its copy is what is worked with */
	struct work job;          /* after a crash */
	struct pipeline_hold hold;
	struct replace replace;
	struct restore_record record;
	struct state_version safety;
	bool has_safety;
	struct restore_terms terms; /* of a sync */
	uint64_t ticket;
};

struct restores {
	struct restore *now; /* NULL: none is under way */
};

const struct engine_parts *restore_parts(const struct restore *r);

/* Proven: from here on the database is held, and the engine waits. */
enum err_code restore_hold(struct restore *r, struct err *e) must_check;

/* The contents are written, and durable: it is a restore that happened. */
void restore_publish(struct restore *r);
/* Nothing is left to do after a crash. */
void restore_settled(struct restore *r);

/* For who waits. */
void restore_progress(const struct restore *r, const char *state);
/* These end it.  `published`: the version that the restore is in the store; NULL: none was to be
 * made, or, with `why`, will be made later. */
void restore_succeed(struct restore *r, const char *published, const char *why);
void restore_foretell(struct restore *r); /* nothing is done: what would be */
void restore_fail(struct restore *r, const struct err *e);
void restore_stopped(struct restore *r); /* the engine goes, and nothing was changed */
