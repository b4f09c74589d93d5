/* backing.h - the verb `backup`: versions of some databases, or of all, now.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/call.h"

#define BACKING_USERS 64 /* users whose last backup is remembered */

struct backing {
	struct backups *all;
	/* private, zeroed at first */
	struct {
		uid_t user;
		uint64_t at;
	} last[BACKING_USERS];
	size_t next;
};

extern const struct call_rule backing_rules[];

void backing_take(struct call *call, struct backing *b, struct engine *engine);
