#include "daemon/core/dating.h"

#include "common/stamp.h"

#define TOLERANCE (60 * STAMP_SECOND) /* clocks are stepped back a little now and then */

struct dating dating_of(int64_t now, int64_t newest_key, int64_t built)
{
	bool first = newest_key == STAMP_NONE;
	int64_t next = first ? built / STAMP_SECOND * STAMP_SECOND : newest_key + STAMP_SECOND;

	if (now < built || (!first && now < newest_key - TOLERANCE))
		return (struct dating){.timestamp = next, .key = next, .clock_unknown = true};

	int64_t second = now / STAMP_SECOND * STAMP_SECOND;
	return (struct dating){.timestamp = now, .key = !first && next > second ? next : second};
}
