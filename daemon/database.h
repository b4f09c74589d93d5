/* database.h - one watched database: its row in state.db, its trigger, its looks and captures.
 *
 * Only data: watched.c begins looks and captures, seeing.c and making.c say what comes of them.  A
 * look and a capture never run at the same time, so each can tell what was committed since the
 * other.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/capture.h"
#include "daemon/core/trigger.h"
#include "daemon/io/state.h"
#include "daemon/io/watch.h"
#include "daemon/pipeline_types.h"

#define WATCHED_LOOK_SOON  100  /* ms between the first sign of life and the look */
#define WATCHED_LOOK_APART 1000 /* ms between two looks while a database is busy */

/* What all watched databases of a pipeline have in common. */
struct watched_world {
	struct uv_loop_s *loop;
	struct pipeline_options o;
	char *spool;
	int64_t store;
	struct trigger_policy policy; /* without on_change */
	struct pipeline_events events;
	void (*scanned)(void *arg, uint32_t count); /* commits were counted as scans */
	void (*idle)(void *arg);                    /* a look or capture ended */
	void *arg;
	uint64_t making_bytes; /* that captures under way may add to the spool */
	atomic_bool stop;
};

struct watched {
	struct watched_world *world;
	struct pipeline_hold *hold; /* NULL: looks and captures go on as they are due */
	struct version *heir;       /* what the next version descends from, and that it has to be
				       made; NULL: the base says */
	const struct config_database *config;
	struct watch_file *file;
	struct state_database row;
	struct trigger trigger;
	struct err error;        /* NONE: all is well */
	int64_t unchanged_since; /* STAMP_NONE */
	uint64_t tickets;

	int64_t touched_at, look_due, looked_at; /* ms; TRIGGER_NEVER: no look is wanted */
	bool moved; /* the file may be another one than at the last look, whatever its counters say */
	bool closed; /* the last look found that its application has closed it, and no more */
	bool looking, looking_anew, looking_logged; /* anew: it was `moved`; see watch_logged() */
	struct work look;
	char *look_path;
	struct footprint before, now;
	struct footprint shown; /* of the last look or capture, also of what is no database */

	bool crowded; /* the last capture did not begin: the queue is full */
	bool capturing;
	uint64_t making_bytes;
	struct capture capture;
	struct trigger trigger_before;
	enum trigger_why why;
	char operation[VERSION_OPERATION + 1];        /* asked for */
	char making_operation[VERSION_OPERATION + 1]; /* of the capture under way */
	uint64_t making_ticket;
	int64_t making_scans;
};
