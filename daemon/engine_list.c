/* Others write into the store, too, and what lies there is only measured by listing it: so it is
 * listed once it is reached, and whenever nobody had it listed for 12 hours.
 *
 * When not: what could not be listed is tried again after an hour; what the quota holds back, when
 * there may be more of it.
 */
#include "daemon/engine_inner.h"
#include "daemon/io/alarm.h"

#define AGAIN UINT64_C(3600000) /* ms */

/* How old the last listing is, in ms; SWEEP_EVERY or more: it is due. */
static uint64_t age(const struct engine_parts *p)
{
	int64_t at, now = alarm_clock();
	struct err e;

	if (state_listed_at(p->state, storage_id(p->storage), &at, &e) || at == STAMP_NONE ||
		at > now)
		return SWEEP_EVERY;
	return (uint64_t)(now - at) / 1000;
}

static void on_listed(struct sweep_ask *ask, const struct err *e)
{
	struct engine *g = owner_of(ask, struct engine, own_listing);
	bool first = !g->listed && !e->code;

	g->listing = false;
	g->listed |= !e->code; /* what it found is in state.db, how it went, in storage */
	g->list_at = alarm_now() + (e->code ? AGAIN : SWEEP_EVERY);
	if (first && !g->closing)
		g->events.listed(g->events.arg);
	if (!e->code && !g->closing)
		prune_resume(g->parts.prune); /* it may have shown half a version */
	g->events.moved(g->events.arg);
}

static void list(struct engine *g)
{
	struct err e;

	if (budget_allows(g->parts.budget, QUOTA_LISTING, &e)) {
		g->list_at = budget_again(g->parts.budget);
		return;
	}
	g->listing = true;
	g->list_at = ALARM_NEVER;
	g->own_listing.done = on_listed;
	sweep_list(g->parts.sweep, &g->own_listing);
}

void engine_list_first(struct engine *g)
{
	if (!g->listed && !g->listing && !g->closing)
		list(g);
}

uint64_t engine_list_turn(struct engine *g, uint64_t now)
{
	if (g->list_at > now || g->listing)
		return g->list_at;
	uint64_t old = age(&g->parts);
	if (old < SWEEP_EVERY)
		g->list_at = now + SWEEP_EVERY - old;
	else
		list(g);
	return g->list_at;
}
