#include "daemon/budget.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/state_quota.h"

#define SAVE_WITHIN UINT64_C(2000)    /* ms that a count may be in memory only */
#define SAVE_MOST   32                /* requests that may be */
#define AGAIN       UINT64_C(3600000) /* ms: a month has ended by then, or room was made */

struct budget {
	struct budget_options o;
	int64_t store;
	struct quota_month month; /* in memory; in state.db as it was when `unsaved` was 0 */
	unsigned unsaved;
	uint64_t save_at; /* ALARM_NEVER: nothing is unsaved */
};

static bool counts(const struct budget *b)
{
	return config_bucket(b->o.config);
}

/* --- months and state.db ------------------------------------------------------------ */

/* A clock that is not known shows the build date; then no month ends that began. */
static int64_t clock_of(const struct budget *b)
{
	int64_t now = b->o.clock(b->o.arg);

	return now > b->o.built ? now : STAMP_NONE;
}

static int month_of(const struct budget *b)
{
	int64_t now = clock_of(b);
	int built = quota_month_of(b->o.built);

	if (now != STAMP_NONE)
		return quota_month_of(now);
	return b->month.month > built ? b->month.month : built;
}

static void save(struct budget *b)
{
	struct err e;

	b->save_at = ALARM_NEVER;
	if (!b->store || !b->unsaved || !b->month.month)
		return;
	b->unsaved = 0;
	if (state_quota_put(b->o.state, b->store, &b->month, &e))
		log_error("state", "error=\"%s\"", e.text);
}

static void save_soon(struct budget *b)
{
	b->save_at = alarm_now() + SAVE_WITHIN;
	b->o.moved(b->o.arg);
}

/* The month that is now: a new one, or one before it where the clock was set back. */
static void turn_month(struct budget *b)
{
	int month = month_of(b);
	struct quota_month known = {0};
	struct err e;

	if (b->month.month == month)
		return;
	save(b);
	if (b->store && state_quota_get(b->o.state, b->store, month, &known, &e))
		log_error("state", "error=\"%s\"", e.text);
	if (known.month)
		b->month = known;
	else
		quota_month_begin(&b->month, month);
}

void budget_store(struct budget *b, int64_t store)
{
	struct quota_month before = b->month;
	struct err e;

	if (store == b->store || !counts(b))
		return;
	save(b);
	if (b->store)
		before = (struct quota_month){0};
	b->store = store;
	if (state_quota_get(b->o.state, store, 0, &b->month, &e))
		log_error("state", "error=\"%s\"", e.text);
	if (!b->month.month)
		b->month.bytes = -1;
	turn_month(b);
	b->month.class_a += before.class_a;
	b->month.class_b += before.class_b;
	b->month.free += before.free;
	if (b->unsaved)
		save_soon(b);
}

static void changed(struct budget *b)
{
	b->unsaved++;
	if (b->unsaved >= SAVE_MOST)
		save(b);
	else if (b->unsaved == 1)
		save_soon(b);
}

/* --- what was done ------------------------------------------------------------------ */

void budget_sent(struct budget *b, const struct quota_sent *s)
{
	turn_month(b);
	quota_count(&b->month, s);
	changed(b);
}

void budget_measured(struct budget *b, uint64_t bytes)
{
	if (!counts(b))
		return;
	turn_month(b);
	quota_measure(&b->month, (int64_t)bytes, clock_of(b));
	changed(b);
}

void budget_deleted(struct budget *b, uint64_t bytes)
{
	if (!counts(b) || b->month.bytes < 0)
		return;
	b->month.bytes -= b->month.bytes < (int64_t)bytes ? b->month.bytes : (int64_t)bytes;
	changed(b);
}

/* A month that ends clears a warning, whether anybody asks or not. */
uint64_t budget_turn(struct budget *b, uint64_t now)
{
	struct text warning = {0};

	if (b->save_at <= now)
		save(b);
	struct budget_view see = budget_see(b);
	bool warns = see.counted && quota_warning(&see.quota, &warning);
	text_free(&warning);
	return warns && b->save_at > now + AGAIN ? now + AGAIN : b->save_at;
}

/* --- what may be done --------------------------------------------------------------- */

struct budget_view budget_see(const struct budget *b)
{
	struct budget_view see = {.counted = counts(b), .month = b->month};
	int month = month_of(b);

	if (see.month.month != month)
		quota_month_begin(&see.month, month);
	see.quota = quota_judge(b->o.config, &see.month, clock_of(b));
	return see;
}

enum err_code budget_allows(const struct budget *b, enum quota_use use, struct err *e)
{
	struct budget_view see = budget_see(b);

	return see.counted ? quota_allows(&see.quota, use, e) : ERR_NONE;
}

uint64_t budget_again(const struct budget *b)
{
	(void)b;
	return alarm_now() + AGAIN;
}

struct budget *budget_open(const struct budget_options *o)
{
	struct budget *b = text_room(1, sizeof(*b));

	b->o = *o;
	b->month.bytes = -1;
	b->save_at = ALARM_NEVER;
	return b;
}

void budget_free(struct budget *b)
{
	if (b)
		save(b);
	free(b);
}
