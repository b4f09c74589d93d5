/* state_alerts.h - alerts in state.db: what is raised, and what has still to be told, to whom.
 *
 * A notice is there until every channel that was configured when it came has it.
 * Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/core/notice.h"
#include "daemon/io/state.h"

enum channel { CHANNEL_COMMAND, CHANNEL_WEBHOOK, CHANNELS };

/* Each alert that is raised, as it began; the number is not told. */
enum err_code state_alerts_raised(struct state *s, void (*each)(void *arg, const struct notice *n),
	void *arg, struct err *e) must_check;
/* It was raised or cleared, and these channels (bits) are to be told: both or neither.  At most
 * STATE_NOTICES wait: beyond that the oldest are dropped. */
#define STATE_NOTICES 1000
enum err_code state_alert_put(
	struct state *s, const struct notice *n, unsigned channels, struct err *e) must_check;

/* The oldest notice that this channel has not got; number 0: there is none. */
enum err_code state_notice_next(
	struct state *s, enum channel channel, struct notice *n, struct err *e) must_check;
enum err_code state_notice_told(
	struct state *s, enum channel channel, int64_t number, struct err *e) must_check;
/* Channels (bits) that are not configured any more get nothing. */
enum err_code state_notices_only(struct state *s, unsigned channels, struct err *e) must_check;
