/* control.h - the verbs: what a line on the socket makes casmand do, and what it answers.
 *
 * Scans that arrive in one turn of the loop are committed in one transaction, and answered only
 * when that is durable: promise P1.  A request without an id gets no answer.  Answers that take
 * long (list with a stale listing, backup) hold up nobody; who hangs up meanwhile is forgotten.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/verbs.h"

struct control;

struct control *control_open(struct state *state, const struct verbs_owner *owner);

/* For ipc_open(): line, gone, turn. */
struct ipc_events control_events(struct control *c);

void control_begun(struct control *c); /* the doctor looks around, for the log */

/* Begins what is due; answers when it wants to be called next (ALARM_NEVER). */
uint64_t control_turn(struct control *c, uint64_t now);
void control_network_back(struct control *c); /* maybe */

/* For the engine's events. */
void control_captured(struct control *c, const struct pipeline_result *r);
void control_uploaded(
	struct control *c, const char *id, enum copy_state state, const struct err *e);
/* The engine stands: what a crash or a reload cut short is taken up again. */
void control_engine_stands(struct control *c);
/* The store was listed, for the first time or after a reload: the sync at start has waited for it. */
void control_listed(struct control *c);
const char *control_restoring(const struct control *c); /* see prune.h */
/* The engine is about to close: who waits for it is answered. */
void control_engine_closes(struct control *c);

void control_close(struct control *c); /* after the socket */
