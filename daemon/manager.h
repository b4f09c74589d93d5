/* manager.h - tells the service manager how casmand stands, and that its loop still turns.
 *
 * When all is well: the sentence of core/standing at each change, and the watchdog's word twice in
 * the time that the manager waits for it (WatchdogSec=), from the loop's own alarm: a loop that
 * hangs is silent, and is restarted.
 * Without a manager ($NOTIFY_SOCKET is not set) it does nothing, and wakes nobody.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/engine.h"

struct manager {
	uint64_t watchdog; /* ms between two words; 0: nobody waits for them */
	uint64_t due;
	uint64_t said_at;
	char said[256];
};

void manager_open(struct manager *m); /* reads $WATCHDOG_USEC and $WATCHDOG_PID */
/* `ready`: casmand watches and listens now. */
void manager_ready(struct manager *m, const struct engine *g);
/* Answers when it wants to be called next (ALARM_NEVER). */
uint64_t manager_turn(struct manager *m, const struct engine *g, uint64_t now);
