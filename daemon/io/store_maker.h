/* store_maker.h - what a maker of stores fills in, and what all stores have: a queue and an end.
 * For daemon/io/store*.c alone.
 */
#pragma once

#include "daemon/io/store.h"

#include <uv.h>

struct store_maker {
	unsigned at_once; /* requests under way at a time */
	/* Begins it; store_ended() comes later, on the loop thread, never from inside. */
	void (*begin)(struct store *s, struct store_request *r);
	void (*reconnect)(struct store *s); /* NULL: there is no network to it */
	void (*free)(struct store *s);      /* nothing is under way */
};

/* Embedded in each maker's own. */
struct store {
	const struct store_maker *maker;
	char *place;
	uv_loop_t *loop;
	struct store_request *waiting, **end; /* not begun; *end is the last's `next` */
	unsigned under_way;
	struct store_facts facts;
	bool closing;
	/* Never started: closing it brings us back to the loop, so that nothing is called back from
	 * inside store_close(). */
	uv_idle_t way_back;
	bool is_back;
	void (*closed)(void *arg);
	void *arg;
};

void store_init(
	struct store *s, const struct store_maker *maker, uv_loop_t *loop, const char *place);
void store_ended(struct store_request *r, const struct err *e); /* r may be gone afterwards */
