#include "daemon/seeing.h"

#include "daemon/core/dating.h"
#include "daemon/health.h"
#include "daemon/io/alarm.h"

/* An application that posts no scans is protected too: its commits count as scans. */
static bool commits_count(const struct watched *w)
{
	switch (w->config->scans_from) {
	case SCANS_COMMITS: return w->config->on_change != ON_CHANGE_IGNORE;
	case SCANS_AUTO: return w->config->on_change == ON_CHANGE_MARK && !w->row.posted;
	case SCANS_SOCKET:
	default: return false;
	}
}

static int64_t time_of(const struct watched *w)
{
	return dating_clock(
		alarm_clock(), w->world->events.skew(w->world->events.arg), w->world->o.built);
}

/* Writes the row, and the scans that these commits are. */
static enum err_code record(struct watched *w, uint32_t scans, struct err *e)
{
	struct state_scan scan = {
		.database = w->config->name, .from = "commits", .count = scans, .at = time_of(w)};

	if (!scans)
		return state_database_put(w->world->o.state, &w->row, e);
	if (state_database_counted(w->world->o.state, &w->row, &scan, e))
		return e->code;
	w->world->scanned(w->world->arg, scans);
	return ERR_NONE;
}

static void changed(struct watched *w, const struct footprint *now, uint32_t commits)
{
	struct state_database before = w->row;
	/* A file that appears brings contents, not a count of scans. */
	uint32_t scans = before.footprint.present && commits_count(w) ? commits : 0;
	struct err e;

	w->row.footprint = *now;
	if (w->config->on_change == ON_CHANGE_IGNORE)
		return;
	if (now->present && !now->empty)
		trigger_changed(&w->trigger, w->touched_at);
	if (before.dirty && !scans)
		return; /* known, and nothing to count: no need to write it down again */
	w->row.dirty = true;
	if (!before.dirty)
		w->row.first_change_at = alarm_clock();
	if (!record(w, scans, &e))
		return;
	w->row = before; /* the next look finds the same commits again */
	health_trouble(w, &e);
}

/* A WAL database that is closed has the log's frames in the file, which does not tell whether the
 * last of them were seen.  They were, if nobody wrote the log since the look that saw it.  A write
 * in the middle of this look is told after it: so it takes a second one to be sure. */
static bool only_closed(struct watched *w, const struct footprint *now)
{
	bool sure = w->closed;
	struct err e;

	w->closed = footprint_closed(&w->row.footprint, now) && !w->looking_logged;
	if (w->closed && !sure && w->look_due == TRIGGER_NEVER)
		w->look_due = w->looked_at + WATCHED_LOOK_APART;
	if (!w->closed || !sure)
		return w->closed;
	w->row.footprint = *now;
	if (record(w, 0, &e))
		health_trouble(w, &e);
	return true;
}

void seeing_done(struct watched *w, const struct footprint *now)
{
	uint32_t commits = footprint_commits(&w->row.footprint, now);
	/* Other contents in its place may have come by as many commits as the old ones. */
	bool other = w->looking_anew && now->modified != w->row.footprint.modified;
	struct err e;

	if (!only_closed(w, now) && (commits || other))
		changed(w, now, commits);
	else if (!w->closed)
		w->row.footprint = *now;
	/* What went wrong with a capture is over when a capture goes well; a file that is gone, or
	 * back, is news of its own. */
	if (health_unwatched(w))
		return;
	if (!now->present) {
		err_set(&e, ERR_MISSING, "%s is not there", watch_path(w->file));
		health_trouble(w, &e);
	} else if (w->error.code == ERR_MISSING || (w->error.code && !w->trigger.held))
		health_well(w);
}
