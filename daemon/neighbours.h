/* neighbours.h - does the store lie on the disk whose death it is to survive?
 *
 * One job on the pool, after the store was reached.  Owner: the caller, until `done`.
 */
#pragma once

#include "daemon/core/config.h"
#include "daemon/io/work.h"

#define NEIGHBOURS_ROOM 256

/* The same, blocking: is there a warning? */
bool neighbours_see(const struct config *config, char warning[NEIGHBOURS_ROOM]);

struct neighbours {
	void (*done)(struct neighbours *n, const char *warning); /* "": it lies well */
	/* private */
	struct work work;
	const struct config *config;
	char warning[NEIGHBOURS_ROOM];
};

void neighbours_start(struct uv_loop_s *loop, struct neighbours *n, const struct config *config,
	void (*done)(struct neighbours *n, const char *warning));
