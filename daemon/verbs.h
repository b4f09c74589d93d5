/* verbs.h - the verbs of the socket, as a table.
 *
 * Each takes a call whose parameters are of the right names and types, and sees to it that it is
 * answered, now or later.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/backing.h"
#include "daemon/call.h"
#include "daemon/io/ipc.h"
#include "daemon/restore.h"
#include "daemon/scans.h"
#include "daemon/sync.h"
#include "daemon/upkeep.h"

/* What a reload found; the caller's to free. */
struct verbs_reload {
	bool changed;
	struct text mistakes; /* a line for each */
	struct text warnings; /* what takes effect only at the next start, or is odd */
};

struct verbs_owner {
	/* The engine in use; it may be closing, then verbs that need it say so. */
	struct engine *(*engine)(void *arg);
	/* Reads the configuration again.  On CONFIG the old one stays in force, and the mistakes
	 * are told. */
	enum err_code (*reload)(void *arg, struct verbs_reload *said, struct err *e);
	/* control_turn() wants to be called soon. */
	void (*moved)(void *arg);
	struct uv_loop_s *loop;
	const char *config_path;
	void *arg;
};

/* What the verbs share. */
struct verbs {
	struct state *state;
	struct verbs_owner owner;
	struct scans *scans;
	struct receipts *receipts;
	struct backing backing;
	struct rounds *rounds;
	struct restores *restores;
	struct syncs *syncs;
	struct upkeep *upkeep;
};

struct engine *verbs_engine(const struct verbs *v);

struct verb {
	const char *name;
	void (*run)(struct verbs *v, struct call *call);
	const struct call_rule *rules;
	bool admin;  /* only for root, the daemon's own user, and admin_group */
	bool engine; /* not while the engine closes */
};

const struct verb *verb_named(const char *name); /* or NULL */
