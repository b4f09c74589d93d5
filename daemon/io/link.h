/* link.h - tells when the network may be back: rtnetlink(7) on the loop.
 *
 * When all is well: the kernel tells within microseconds of links, addresses and routes.  Good news
 * (core/linknews) come in a train of messages; `back` is called once, LINK_SETTLE after the first
 * of them, and again for what comes after that.  No news cost nothing (P12).
 *
 * When not: messages that were lost for want of room count as good news.  A cut beyond the next
 * hop raises no message at all: who waits for the network needs a timer besides.
 *
 * On close: `back` is not called any more; l is gone when `closed` is entered.
 *
 * Threads: the loop's.
 */
#pragma once

#include "common/err.h"

#define LINK_SETTLE 200 /* ms */

struct link;
struct uv_loop_s;

/* Fails where netlink is not permitted: a sandbox without AF_NETLINK. */
enum err_code link_open(struct link **out, struct uv_loop_s *loop, void (*back)(void *arg),
	void *arg, struct err *e) must_check;
/* Also from inside `back`.  l may be NULL: then `closed` is called from inside. */
void link_close(struct link *l, void (*closed)(void *arg), void *arg);
