/* engine.h - everything that the configuration shapes: storage, pipeline, transfer, prune, sweep,
 * wired.
 *
 * Made at start and made anew at each reload; state.db and the socket live on.  Facts go down
 * (engine_scanned(), the watch), what comes of them goes up through engine_events.
 *
 * On close: pipeline and transfer stop (captures under way become versions, unless their check is cut
 * short: then they are taken again after the next start; uploads under way may go on to their end),
 * then the sweep and the deleting, last the storage they use; `closed` comes when all is gone.  Until then all parts
 * still tell what they know, for peers go on asking.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/budget.h"
#include "daemon/pipeline.h"
#include "daemon/prune.h"
#include "daemon/storage.h"
#include "daemon/sweep.h"
#include "daemon/transfer.h"

struct engine;

struct engine_events {
	void (*captured)(void *arg, const struct pipeline_result *r);
	/* See transfer_events.result; and SUPERSEDED. */
	void (*uploaded)(void *arg, const char *id, enum copy_state state, const struct err *e);
	void (*listed)(void *arg);           /* the store was, for the first time */
	void (*moved)(void *arg);            /* engine_turn() wants to be called soon */
	const char *(*restoring)(void *arg); /* see prune.h */
	void *arg;
};

struct engine_counts {
	int64_t captured, unchanged, capture_failed; /* captures, by how they ended */
	int64_t stored, upload_failed;
};

struct engine_parts {
	struct uv_loop_s *loop;
	struct config *config; /* owned by the engine */
	struct state *state;
	struct budget *budget;
	struct storage *storage;
	struct pipeline *pipeline;
	struct transfer *transfer;
	struct prune *prune;
	struct sweep *sweep;
	struct state_tally tally;    /* as of now */
	struct engine_counts counts; /* since this engine was opened */
};

struct engine_start {
	struct uv_loop_s *loop;
	struct config *config; /* taken, also on failure */
	struct state *state;
	struct engine_events events;
};

/* *out is there also on failure, and is to be closed. */
enum err_code engine_open(
	struct engine **out, const struct engine_start *start, struct err *e) must_check;

/* Begins what is due; answers when it wants to be called next (ALARM_NEVER). */
uint64_t engine_turn(struct engine *g, uint64_t now);
/* These scans were counted: `database` NULL if they name none. */
void engine_scanned(struct engine *g, const char *database, uint32_t count);
/* Something waits that a person wants stored now. */
void engine_hurry(struct engine *g);
/* The network may be back. */
void engine_network_back(struct engine *g);

const struct engine_parts *engine_parts(const struct engine *g);

/* The time as well as it is known, see dating.h; microseconds since 1970. */
int64_t engine_clock(const struct engine_parts *p);
/* False: it says nothing, for it is before casmand was built, and no store told the time. */
bool engine_clock_known(const struct engine_parts *p);
/* What our clock said at that moment (or STAMP_NONE), corrected as far as that is known. */
int64_t engine_corrected(const struct engine_parts *p, int64_t moment);

bool engine_closing(const struct engine *g);
/* Patiently: uploads under way go on to their end, or until engine_leave(). */
void engine_close(struct engine *g, bool patiently, void (*closed)(void *arg), void *arg);
void engine_leave(struct engine *g); /* it is closing, and has taken long enough */
