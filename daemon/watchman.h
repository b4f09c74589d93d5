/* watchman.h - tells an administrator who looks at nothing: by a command, a webhook, a heartbeat.
 *
 * When all is well: at each turn, and no oftener than once a second, core/alert's conditions look
 * at what the engine knows; nothing is raised, and the heartbeat's URL is pinged every half hour.
 * When not: what is raised or cleared is one transaction in state.db and one line in the log;
 * couriers bring it out.  The heartbeat stops, so that somebody else tells when even this machine
 * is gone.
 * At the end: what is not delivered goes out after the next start.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/engine.h"

struct watchman;

/* `parts` lives longer.  `moved`: watchman_turn() wants to be called. */
struct watchman *watchman_open(struct uv_loop_s *loop, const struct engine_parts *parts,
	void (*moved)(void *arg), void *arg);
uint64_t watchman_turn(struct watchman *w, uint64_t now); /* ALARM_NEVER: not by itself */
void watchman_hurry(struct watchman *w);                  /* the network may be back */
/* w may be NULL: then `stopped` is called from inside. */
void watchman_stop(struct watchman *w, void (*stopped)(void *arg), void *arg); /* w is gone then */
