/* courier.h - brings notices to one channel: the command, or the webhook; in order, each once.
 *
 * When all is well: the oldest notice goes out, is struck off state.db, and the next follows.
 * When not: it is tried again, after half a minute at first and an hour at most; a network that is
 * away for a week loses nothing.  After a crash in the very moment between, a notice goes out twice
 * with the same number.
 * At the end: courier_stop() awaits what is under way, for as long as HTTP and commands may take at
 * most; so it is not told twice.
 *
 * The webhook's URL is a secret: it is never in a message.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/config.h"
#include "daemon/io/http.h"
#include "daemon/io/state_alerts.h"

struct courier;

struct courier_start {
	struct uv_loop_s *loop;
	struct state *state;
	enum channel channel;
	const char *to;    /* the command, or the URL */
	struct http *http; /* for the webhook */
	struct notice_from from;
	void (*moved)(void *arg); /* courier_turn() wants to be called */
	void *arg;
};

struct courier *courier_open(const struct courier_start *start);
/* Brings what is due; answers when it wants to be called next (ALARM_NEVER). */
uint64_t courier_turn(struct courier *c, uint64_t now);
/* The way may be free again: try now. */
void courier_hurry(struct courier *c);
void courier_stop(struct courier *c, void (*stopped)(void *arg), void *arg); /* c is gone then */
