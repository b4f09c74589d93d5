/* standing.h - how casmand stands, as one true sentence for `systemctl status`.  Pure. */
#pragma once

#include "common/text.h"

#include <stdint.h>

struct standing {
	int64_t now;
	int64_t databases, absent, failing; /* failing: cannot be captured; absent: not made yet */
	int64_t dirty;                      /* have changes that no version holds */
	int64_t waiting;                    /* versions, for the store */
	bool stores;                        /* else the configuration says not to */
	bool offline;                       /* the store was asked last, and did not answer */
	int64_t reached_at;                 /* when it last did; STAMP_NONE: never */
	int64_t last_at;                    /* the last version; STAMP_NONE: there is none */
};

void standing_say(const struct standing *s, struct text *to);
