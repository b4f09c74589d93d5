#include "daemon/core/trigger.h"

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void trigger_begin(struct trigger *t)
{
	*t = (struct trigger){
		.asked_at = TRIGGER_NEVER,
		.first_change = TRIGGER_PAST,
		.last_change = TRIGGER_PAST,
		.last_start = TRIGGER_PAST,
		.last_end = TRIGGER_PAST,
		.last_change_version = TRIGGER_PAST,
	};
}

void trigger_changed(struct trigger *t, int64_t now)
{
	if (!t->dirty)
		t->first_change = now;
	t->dirty = true;
	t->last_change = later(t->last_change, now);
}

void trigger_touched(struct trigger *t)
{
	if (t->lifted_by_event)
		t->held = false;
}

void trigger_scanned(struct trigger *t, unsigned count)
{
	t->scans += count;
}

void trigger_ask(struct trigger *t, int64_t when)
{
	t->asked = true;
	t->asked_at = earlier(t->asked_at, when);
}

void trigger_started(struct trigger *t, enum trigger_why why, int64_t now)
{
	t->asked = false;
	t->asked_at = TRIGGER_NEVER;
	t->dirty = false;
	t->held = false;
	t->scans = 0;
	t->last_start = now;
	if (why == TRIGGER_CHANGE)
		t->last_change_version = now;
}

void trigger_captured(struct trigger *t, int64_t now)
{
	t->versioned = true;
	t->last_end = now;
}

void trigger_failed(
	struct trigger *t, const struct trigger *before, int64_t again, bool lifted_by_event)
{
	if (before->dirty) {
		t->first_change = before->first_change;
		t->dirty = true;
	}
	t->scans += before->scans;
	t->last_change_version = before->last_change_version;
	t->held = true;
	t->held_until = again;
	t->lifted_by_event = lifted_by_event;
}

unsigned trigger_scans(const struct trigger *t)
{
	return t->held || !t->there ? 0 : t->scans;
}

/* When a burst of commits, or the making of a new database, is taken to be over. */
static int64_t settled(const struct trigger *t)
{
	return earlier(t->last_change + TRIGGER_QUIET, t->first_change + TRIGGER_PATIENCE);
}

/* For each reason the moment from which on it holds. */
static void moments(const struct trigger *t, const struct trigger_policy *p, unsigned most_scans,
	int64_t at[TRIGGER_REASONS])
{
	int64_t floor = t->last_start + TRIGGER_APART;
	bool something = t->dirty || t->scans > 0;
	bool enough = most_scans >= p->scans || t->scans >= p->scans;

	for (int i = 0; i < TRIGGER_REASONS; i++)
		at[i] = TRIGGER_NEVER;
	if (t->asked)
		at[TRIGGER_ASKED] = later(t->asked_at, floor);
	if (!t->there)
		return;
	if (t->held)
		floor = later(floor, t->held_until);
	if (p->scans > 0 && t->scans > 0 && enough)
		at[TRIGGER_SCANS] = floor;
	if (!t->versioned)
		at[TRIGGER_FIRST] = later(settled(t), floor);
	if (p->on_change && t->dirty)
		at[TRIGGER_CHANGE] =
			later(later(settled(t), t->last_change_version + TRIGGER_SPACING), floor);
	if (p->hours_ms > 0 && something && t->versioned)
		at[TRIGGER_HOURS] = later(t->last_end + p->hours_ms, floor);
}

int64_t trigger_due(const struct trigger *t, const struct trigger_policy *p, unsigned most_scans)
{
	int64_t at[TRIGGER_REASONS], due = TRIGGER_NEVER;

	moments(t, p, most_scans, at);
	for (int i = 0; i < TRIGGER_REASONS; i++)
		due = earlier(due, at[i]);
	return due;
}

enum trigger_why trigger_why(
	const struct trigger *t, const struct trigger_policy *p, unsigned most_scans, int64_t now)
{
	int64_t at[TRIGGER_REASONS];

	moments(t, p, most_scans, at);
	for (int i = TRIGGER_NONE + 1; i < TRIGGER_REASONS; i++)
		if (at[i] <= now)
			return (enum trigger_why)i;
	return TRIGGER_NONE;
}
