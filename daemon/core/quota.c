#include "daemon/core/quota.h"

#include "common/span.h"
#include "common/text.h"

#include <inttypes.h>

static bool reaches(const struct quota_gauge *g, double part)
{
	return g->limit > 0 && g->used >= 0 && (double)g->used >= part * (double)g->limit;
}

enum quota_level quota_level(const struct quota *q, enum quota_what what)
{
	const struct quota_gauge *g = &q->gauges[what];

	if (reaches(g, q->block))
		return QUOTA_BLOCK;
	return reaches(g, q->warn) ? QUOTA_WARN : QUOTA_FINE;
}

/* --- who waits ------------------------------------------------------------- */

#define REQUESTS (1U << QUOTA_CLASS_A | 1U << QUOTA_CLASS_B)
#define ROOM     (1U << QUOTA_STORAGE)

/* The gauges that hold it back. */
static const unsigned holds[] = {
	[QUOTA_UPLOAD] = REQUESTS | ROOM,
	[QUOTA_FIRST] = 0,
	[QUOTA_SAFETY] = 0,
	[QUOTA_RESTORE] = 0,
	[QUOTA_LIST] = 0,
	[QUOTA_LISTING] = REQUESTS,
	[QUOTA_MAINTAIN] = REQUESTS,
	[QUOTA_PROOF] = REQUESTS,
};

static enum err_code say_operations(
	const struct quota_gauge *g, enum quota_what what, struct err *e)
{
	return err_set(e, ERR_QUOTA,
		"%" PRId64 " of %" PRId64 " class %c operations of this month are used: it waits "
		"for the next (UTC). Mend: raise class_%c_operations or share in [quota]",
		g->used, g->limit, what == QUOTA_CLASS_A ? 'A' : 'B',
		what == QUOTA_CLASS_A ? 'a' : 'b');
}

static enum err_code say_room(const struct quota_gauge *g, struct err *e)
{
	char used[SPAN_TEXT], limit[SPAN_TEXT];

	return err_set(e, ERR_QUOTA,
		"%s of %s are used in the store: it waits for room. Mend: keep fewer versions, or "
		"raise storage_gb in [quota]",
		span_size(used, (uint64_t)g->used), span_size(limit, (uint64_t)g->limit));
}

enum err_code quota_allows(const struct quota *q, enum quota_use use, struct err *e)
{
	for (enum quota_what what = 0; what < QUOTA_GAUGES; what++) {
		if (!(holds[use] & 1U << what) || quota_level(q, what) != QUOTA_BLOCK)
			continue;
		return what == QUOTA_STORAGE ? say_room(&q->gauges[what], e)
					     : say_operations(&q->gauges[what], what, e);
	}
	return ERR_NONE;
}
