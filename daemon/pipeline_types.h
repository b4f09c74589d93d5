/* pipeline_types.h - what goes into a pipeline, and what comes out of it. */
#pragma once

#include "daemon/io/state.h"

enum pipeline_end { PIPELINE_CAPTURED, PIPELINE_UNCHANGED, PIPELINE_FAILED };

struct pipeline_result {
	const char *database;
	enum pipeline_end end;
	const char *id; /* of the version captured, or found to be what the database still is */
	const struct err *e; /* FAILED: why */
	uint64_t ticket;
};

struct pipeline_events {
	/* A capture ended; it answers all tickets up to its own. */
	void (*captured)(void *arg, const struct pipeline_result *r);
	/* Scans were counted from commits, or are covered now: numbers have changed. */
	void (*counted)(void *arg);
	/* pipeline_turn() wants to be called at another moment than it said. */
	void (*moved)(void *arg);
	/* Asked: by how much our clock is ahead of the store's, see dating.h. */
	int64_t (*skew)(void *arg);
	void *arg;
};

struct pipeline_options {
	const struct config *config; /* outlives it */
	struct state *state;
	const char *host; /* the machine's name, for versions */
	int64_t built;    /* see dating.h */
};

/* Somebody writes a database on purpose (restore, sync): until pipeline_let() no look and no capture
 * of it begins.  The pipeline does not stop before. */
struct pipeline_hold {
	/* asked */
	const char *database;
	void (*held)(struct pipeline_hold *h); /* the last look or capture is over */
	/* answered, before `held` */
	const struct config_database *config;
	char *path; /* links resolved, as they are now; until pipeline_let() */
	const char *spool;
	/* private */
	struct watched *watched;
	bool still;
};
