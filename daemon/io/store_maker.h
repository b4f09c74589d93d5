/* store_maker.h - what a maker of stores fills in, and what all stores have: a queue and an end.
 * For daemon/io/store*.c alone.
 *
 * Requests with a file are transfers: they wait for each other, and nothing else waits for them.
 */
#pragma once

#include "daemon/io/store.h"

#include <uv.h>

enum store_lane { STORE_QUICK, STORE_TRANSFERS, STORE_LANES };

struct store_maker {
	unsigned at_once[STORE_LANES]; /* requests under way at a time */
	/* Begins it; store_ended() comes later, on the loop thread, never from inside. */
	void (*begin)(struct store *s, struct store_request *r);
	void (*reconnect)(struct store *s); /* NULL: there is no network to it */
	/* s is stopping: what is under way ends soon, or from inside.  NULL: it cannot be cut. */
	void (*cut)(struct store *s);
	/* Nothing is under way; `freed` comes from inside, or later. */
	void (*free)(struct store *s, void (*freed)(void *arg), void *arg);
};

/* Embedded in each maker's own. */
struct store {
	const struct store_maker *maker;
	char *place;
	uv_loop_t *loop;
	struct {
		struct store_request *waiting, **end; /* not begun; *end is the last's `next` */
		unsigned under_way;
	} lanes[STORE_LANES];
	struct store_facts facts; /* the skew as it was when it was told */
	int64_t then;             /* alarm_ahead() at that moment */
	bool closing;
	/* Brings us back to the loop, so that nothing is called back from inside store_stop() or
	 * store_close(). */
	uv_idle_t way_back;
	bool is_back;
	void (*closed)(void *arg);
	void *arg;
};

void store_init(
	struct store *s, const struct store_maker *maker, uv_loop_t *loop, const char *place);
/* An answer told by how much our clock is ahead (us). */
void store_told_skew(struct store *s, int64_t skew);
void store_ended(struct store_request *r, const struct err *e); /* r may be gone afterwards */

/* Blocking: has the open file the version's length and checksum?  ERR_CORRUPT says that `file` is
 * damaged, the spool file that it comes from. */
enum err_code store_check_copy(
	int fd, const char *file, const struct version *v, struct err *e) must_check;
