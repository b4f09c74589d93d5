#include "daemon/core/rota.h"

#include "common/stamp.h"

#define DAY (86400 * STAMP_SECOND)

/* A last time further in the future than this was told by a wrong clock. */
#define SLACK DAY

/* How long after the beginning it is done for the first time, and the least between two times. */
static int64_t first(const struct rota *r)
{
	return r->every < DAY ? r->every : DAY;
}

int64_t rota_next(const struct rota *r)
{
	int64_t from = r->last == STAMP_NONE ? r->since : r->last;

	if (!r->every || !r->clock_known)
		return STAMP_NONE;
	if (r->cut || (from != STAMP_NONE && from > r->clock + SLACK))
		return r->clock;
	if (from == STAMP_NONE)
		from = r->clock;
	return from + (r->last == STAMP_NONE ? first(r) : r->every);
}

uint64_t rota_wait(const struct rota *r)
{
	int64_t next = rota_next(r);
	int64_t wait = (r->last == STAMP_NONE ? first(r) : r->every) - r->steady;

	if (!r->every)
		return ROTA_NEVER;
	if (next != STAMP_NONE && next - r->clock < wait)
		wait = next - r->clock;
	if (r->done && wait < first(r) - r->steady)
		wait = first(r) - r->steady;
	if (r->cut || wait <= 0)
		return 0;
	uint64_t ms = (uint64_t)(wait + 999) / 1000;
	return ms < ROTA_CHECK ? ms : ROTA_CHECK;
}
