#include "daemon/watched.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/health.h"
#include "daemon/io/alarm.h"
#include "daemon/io/digest.h"
#include "daemon/io/look.h"
#include "daemon/making.h"
#include "daemon/seeing.h"
#include "daemon/spool.h"

#include <string.h>

/* The clock's moment `at` as a moment of the steady clock; what lies in the future is as good as
 * long ago: the clock was set back while casmand was away, and to act early costs nothing. */
static int64_t steady(int64_t at, int64_t now)
{
	int64_t clock = alarm_clock();

	return at == STAMP_NONE || at > clock ? TRIGGER_PAST : now - (clock - at) / 1000;
}

enum err_code watched_begin(struct watched *w, struct watched_world *world,
	const struct config_database *config, int64_t now, struct err *e)
{
	int64_t scans = 0;

	*w = (struct watched){.world = world,
		.config = config,
		.unchanged_since = STAMP_NONE,
		.touched_at = now,
		.moved = true,
		.look_due = now,
		.looked_at = TRIGGER_PAST};
	if (state_database_get(world->o.state, config->name, &w->row, e) ||
		state_scans_since(world->o.state, config->name, &scans, e))
		return e->code;
	w->shown = w->row.footprint;
	trigger_begin(&w->trigger);
	w->trigger.there = w->row.footprint.present && !w->row.footprint.empty; /* till the look */
	if (w->row.dirty)
		trigger_changed(&w->trigger, now);
	trigger_scanned(&w->trigger, (unsigned)scans);
	w->trigger.last_end = steady(w->row.last_capture_at, now);
	w->trigger.last_change_version = steady(w->row.last_change_version_at, now);
	watched_judge(w);
	return ERR_NONE;
}

void watched_judge(struct watched *w)
{
	struct state_version base;

	w->trigger.versioned = making_base(w, &base);
	state_version_end(&base);
}

bool watched_busy(const struct watched *w)
{
	return w->looking || w->capturing || w->hold;
}

void watched_still(struct watched *w)
{
	if (!w->hold || w->hold->still || w->looking || w->capturing)
		return;
	w->hold->still = true;
	w->hold->held(w->hold);
}

void watched_touched(void *watched, bool moved)
{
	struct watched *w = watched;
	int64_t now = (int64_t)alarm_now();
	int64_t soon = now + WATCHED_LOOK_SOON, apart = w->looked_at + WATCHED_LOOK_APART;

	if (moved) {
		apart = TRIGGER_PAST;
		w->moved = true;
	}
	w->touched_at = now;
	if (w->look_due == TRIGGER_NEVER)
		w->look_due = soon > apart ? soon : apart;
	trigger_touched(&w->trigger);
	w->world->events.moved(w->world->events.arg);
}

/* --- looks ------------------------------------------------------------- */

static enum err_code look_on_pool(struct work *job, struct err *e)
{
	struct watched *w = owner_of(job, struct watched, look);

	return look_at(w->look_path, &w->before, &w->now, e);
}

static void look_on_loop(struct work *job, const struct err *e)
{
	struct watched *w = owner_of(job, struct watched, look);

	w->looking = false;
	free(w->look_path);
	w->shown = w->now;
	if (!atomic_load(&w->world->stop)) {
		w->trigger.there = w->now.present && !w->now.empty;
		if (e->code) {
			w->moved |= w->looking_anew;
			health_trouble(w, e);
		} else
			seeing_done(w, &w->now);
	}
	w->world->idle(w->world->arg);
}

static void start_look(struct watched *w, int64_t now)
{
	w->looking = true;
	w->looking_anew = w->moved;
	w->looking_logged = watch_logged(w->file);
	w->moved = false;
	w->look_due = TRIGGER_NEVER;
	w->looked_at = now;
	w->look_path = text_copy(watch_path(w->file));
	w->before = w->row.footprint;
	w->look = (struct work){.run = look_on_pool, .done = look_on_loop};
	work_start(w->world->loop, &w->look);
}

/* --- captures ---------------------------------------------------------- */

static void on_captured(struct capture *c, const struct err *e)
{
	struct watched *w = owner_of(c, struct watched, capture);

	w->capturing = false;
	w->world->making_bytes -= w->making_bytes;
	making_done(w, e);
	capture_end(c);
	w->world->idle(w->world->arg);
}

/* The copy may be as large as the file is; what other captures add is not in the spool yet. */
static bool has_room(struct watched *w, struct err *e)
{
	struct watched_world *world = w->world;

	w->making_bytes = w->shown.size;
	w->crowded = spool_room(world->o.state, world->o.config,
			     world->making_bytes + w->making_bytes, e) != ERR_NONE;
	return !w->crowded;
}

static void start_job(struct watched *w)
{
	struct state_version base;

	w->capturing = true;
	w->world->making_bytes += w->making_bytes;
	w->capture = (struct capture){.spool = w->world->spool,
		.path = text_copy(watch_path(w->file)),
		.count_table = text_copy(w->config->count_table),
		.stop = &w->world->stop,
		.done = on_captured};
	digest_random_id(w->capture.id);
	if (making_base(w, &base) && !w->heir)
		memcpy(w->capture.same_content, base.v.content, sizeof(base.v.content));
	state_version_end(&base);
	capture_start(w->world->loop, &w->capture);
}

static void start_capture(struct watched *w, enum trigger_why why, int64_t now)
{
	struct err e;

	w->why = why;
	w->trigger_before = w->trigger;
	trigger_started(&w->trigger, why, now);
	w->making_ticket = w->tickets;
	memcpy(w->making_operation, w->operation, sizeof(w->operation));
	w->operation[0] = '\0';
	if (state_scans_total(w->world->o.state, &w->making_scans, &e) || !has_room(w, &e))
		making_done(w, &e);
	else
		start_job(w);
}

void watched_roomier(struct watched *w)
{
	if (w->crowded)
		w->trigger.held = false;
}

int64_t watched_turn(struct watched *w, unsigned most_scans, int64_t now)
{
	struct trigger_policy policy = w->world->policy;

	if (watched_busy(w) || atomic_load(&w->world->stop))
		return TRIGGER_NEVER;
	policy.on_change = w->config->on_change == ON_CHANGE_BACKUP;
	if (w->look_due <= now) {
		start_look(w, now);
		return TRIGGER_NEVER;
	}
	/* Without a store a version would go nowhere: commits are noted and scans counted. */
	if (w->world->o.config->backend == BACKEND_DISABLED)
		return w->look_due;
	enum trigger_why why = trigger_why(&w->trigger, &policy, most_scans, now);
	if (why != TRIGGER_NONE)
		start_capture(w, why, now);
	if (watched_busy(w))
		return TRIGGER_NEVER;
	int64_t due = trigger_due(&w->trigger, &policy, most_scans);
	return due < w->look_due ? due : w->look_due;
}

void watched_end(struct watched *w)
{
	if (w->file)
		watch_remove(w->file);
	free(w->heir);
	w->heir = NULL;
}
