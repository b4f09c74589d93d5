#include "daemon/core/dating.h"

#include "common/stamp.h"

#define TOLERANCE (60 * STAMP_SECOND) /* clocks are stepped back a little now and then */
#define SLACK     (DATING_SLACK * STAMP_SECOND)

static bool is_told(int64_t clock, int64_t skew, int64_t built)
{
	return skew != STAMP_NONE && clock - skew >= built;
}

int64_t dating_correction(int64_t clock, int64_t skew, int64_t built)
{
	bool off = skew > SLACK || skew < -SLACK;

	return off && is_told(clock, skew, built) ? skew : 0;
}

struct dating dating_of(const struct dating_facts *f)
{
	bool first = f->newest_key == STAMP_NONE, told = is_told(f->clock, f->skew, f->built);
	int64_t next =
		first ? f->built / STAMP_SECOND * STAMP_SECOND : f->newest_key + STAMP_SECOND;
	int64_t now = f->clock - dating_correction(f->clock, f->skew, f->built);
	int64_t second = now / STAMP_SECOND * STAMP_SECOND;

	if (now < f->built || (!told && !first && now < f->newest_key - TOLERANCE))
		return (struct dating){.timestamp = next, .key = next, .clock_unknown = true};
	return (struct dating){.timestamp = now, .key = !first && next > second ? next : second};
}

int64_t dating_clock(int64_t clock, int64_t skew, int64_t built)
{
	int64_t now = clock - dating_correction(clock, skew, built);

	return now < built ? built : now;
}
