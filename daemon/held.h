/* held.h - which versions that wait for the store wait on, because little of the quota is left.
 *
 * Where an ordinary upload may not begin, a safety version goes up all the same, and so does a
 * database's first version in 24 hours: the store then has one of each day.  One at a time of each
 * database, for what comes next is not the first any more.
 *
 * Threads: the loop's.  Blocks as state.h does.
 */
#pragma once

#include "daemon/budget.h"

struct held_by {
	struct state *state;
	const struct budget *budget;
	int64_t store;
	/* Is a version of this database going up now? */
	bool (*sends)(void *arg, const char *database);
	void *arg;
};

struct held { /* {0}: nothing is */
	struct err why;
	struct state_ids ids; /* the owner may take them */
	size_t count;
	uint64_t until; /* alarm_now() when it is worth to look again */
};

/* Leaves in `ids` those that may go now; the others are what *h holds now. */
void held_sift(struct held *h, const struct held_by *by, struct state_ids *ids);
void held_end(struct held *h);
