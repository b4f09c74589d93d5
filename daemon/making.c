#include "daemon/making.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/ancestry.h"
#include "daemon/core/dating.h"
#include "daemon/health.h"
#include "daemon/io/alarm.h"
#include "daemon/io/state_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tell(struct watched *w, enum pipeline_end end, const char *id, const struct err *e)
{
	w->world->events.captured(w->world->events.arg,
		&(struct pipeline_result){.database = w->config->name,
			.end = end,
			.id = id,
			.e = e,
			.ticket = w->making_ticket});
}

/* Ours, or one that was taken from elsewhere. */
static bool find_base(const struct watched *w, struct state_version *base)
{
	struct state *state = w->world->o.state;
	struct version v;
	bool restored;
	struct err e;

	*base = (struct state_version){0};
	if (!w->row.base[0])
		return false;
	bool ours = !state_version_get(state, w->row.base, w->world->store, base, &e);
	if (!ours)
		base->state = COPY_STORED;
	/* What is remembered of it may descend from more: see sync. */
	if (!state_base_of(state, &w->row, &v, &restored, &e))
		base->v = v;
	else if (!ours)
		return false;
	if (!ours && state_is_bad(state, w->world->store, base->v.id))
		base->state = COPY_BAD;
	return true;
}

bool making_base(struct watched *w, struct state_version *base)
{
	if (!find_base(w, base))
		return false;
	switch (base->state) {
	case COPY_STORED:
	case COPY_PROVEN: return true;
	case COPY_CAPTURED:
	case COPY_SENDING: return base->spooled;
	case COPY_SUPERSEDED:
	case COPY_PRUNED:
	case COPY_REFUSED:
	case COPY_BAD:
	default: return false;
	}
}

/* --- versions ---------------------------------------------------------- */

static void operation(const struct watched *w, const struct state_version *base, struct version *v)
{
	struct text t = {0};
	double hours = w->world->o.config->backup_on_hours;

	switch (w->why) {
	case TRIGGER_HOURS: text_add(&t, "Time-triggered backup (%.1f hours)", hours); break;
	case TRIGGER_FIRST:
		text_add(&t,
			base->state == COPY_BAD && base->v.id[0]
				? "Replaces a version that was found bad"
				: "First backup");
		break;
	case TRIGGER_CHANGE:
		text_add(&t, "Database changed");
		if (base->v.id[0] && base->v.record_count >= 0 && v->record_count >= 0)
			text_add(&t, " (%" PRId64 " -> %" PRId64 " records)", base->v.record_count,
				v->record_count);
		break;
	case TRIGGER_ASKED: /* by a person in words, or by a scan that waits */
	case TRIGGER_SCANS:
	case TRIGGER_NONE:
	case TRIGGER_REASONS:
	default:
		if (*w->making_operation)
			text_add(&t, "%s", w->making_operation);
		else
			text_add(&t, "Scan-triggered backup (%u scans)", w->trigger_before.scans);
	}
	version_operation(v, t.at);
	text_free(&t);
}

/* What it is compared with: the version that was restored or taken from elsewhere last, or else the
 * newest of ours that is not suspect.  False: there is none. */
static bool find_predecessor(const struct watched *w, struct state_version *before)
{
	struct state *state = w->world->o.state;
	int64_t store = w->world->store;
	struct version base;
	bool restored;
	struct err e;

	if (state_base_of(state, &w->row, &base, &restored, &e))
		return !state_version_sound(state, w->config->name, store, before, &e);
	if (state_version_get(state, w->row.base, store, before, &e))
		before->v = base;
	return true;
}

static void compare(
	const struct watched *w, const struct state_version *before, struct state_version *v)
{
	int64_t records = v->v.record_count, were = before->v.record_count;
	char lost[128];

	if (before->tables && check_lost_table(before->tables, v->tables, lost, sizeof(lost)))
		(void)snprintf(v->why, sizeof(v->why), "lost table %s", lost);
	else if (were > 0 && records == 0)
		(void)snprintf(v->why, sizeof(v->why), "all %" PRId64 " records of %s are gone",
			were, w->config->count_table);
	else if (were > 0 && records > 0 && records < were - were / 2)
		(void)snprintf(v->why, sizeof(v->why),
			"%" PRId64 " of %" PRId64 " records of %s are gone", were - records, were,
			w->config->count_table);
}

/* Does it look damaged or emptied?  What is published after a restore was chosen by a person. */
static void suspect(struct watched *w, struct state_version *v)
{
	const struct check *check = &w->capture.check;
	struct state_version before;
	bool known = find_predecessor(w, &before);

	if (!check->sound)
		(void)snprintf(v->why, sizeof(v->why), STATE_DAMAGED "%.200s", check->problem);
	else if (known && !w->heir)
		compare(w, &before, v);
	v->suspect = v->why[0];
	if (known && v->suspect)
		version_identity(&before.v, v->predecessor);
	state_version_end(&before);
}

static void inherit(struct version *v, const struct version *heir)
{
	memcpy(v->base, heir->base, sizeof(v->base));
	memcpy(v->ancestors, heir->ancestors, sizeof(v->ancestors));
	memcpy(v->past, heir->past, sizeof(v->past));
	v->bases = heir->bases;
	v->ancestor_count = heir->ancestor_count;
	v->past_count = heir->past_count;
}

static void describe(struct watched *w, int64_t newest_key, struct state_version *v)
{
	const struct capture *c = &w->capture;
	const struct pipeline_options *o = &w->world->o;
	struct dating date = dating_of(&(struct dating_facts){.clock = c->snapshot.began,
		.skew = w->world->events.skew(w->world->events.arg),
		.newest_key = newest_key,
		.built = o->built});
	struct state_version base;

	*v = (struct state_version){.key_moment = date.key, .spooled = true};
	v->v = (struct version){.timestamp = date.timestamp,
		.size = c->snapshot.size,
		.record_count = c->check.record_count,
		.sequence = w->row.sequence + 1};
	memcpy(v->v.id, c->id, sizeof(c->id));
	memcpy(v->v.db_name, w->config->name, sizeof(v->v.db_name));
	memcpy(v->v.checksum, c->snapshot.checksum, sizeof(v->v.checksum));
	memcpy(v->v.content, c->snapshot.content, sizeof(v->v.content));
	(void)snprintf(v->v.machine, sizeof(v->v.machine), "%s", state_machine(o->state));
	(void)snprintf(v->v.host, sizeof(v->v.host), "%s", o->host);
	v->tables = text_copy(c->check.tables.at ? c->check.tables.at : "");
	objkey_make(v->key, v->v.db_name, v->key_moment);
	if (find_base(w, &base))
		version_descend(&v->v, &base.v);
	if (w->heir)
		inherit(&v->v, w->heir);
	operation(w, &base, &v->v);
	state_version_end(&base);
	suspect(w, v);
}

/* The row as it is after this capture.  Commits that no look saw are in it, and need no counting.
 */
static struct state_database settled(struct watched *w)
{
	struct state_database row, now;
	struct err e;

	w->row.footprint = w->shown = w->capture.snapshot.footprint;
	row = w->row;
	/* Uploads may have moved the newest key since the row was read. */
	if (!state_database_get(w->world->o.state, w->config->name, &now, &e))
		row.newest_key = now.newest_key;
	row.dirty = w->trigger.dirty;
	row.first_change_at = row.dirty ? row.first_change_at : STAMP_NONE;
	row.last_capture_at = alarm_clock();
	if (w->why == TRIGGER_CHANGE && !w->capture.unchanged)
		row.last_change_version_at = row.last_capture_at;
	return row;
}

static void tell_log(const struct watched *w, const struct state_version *v)
{
	char records[32] = "";

	if (v->v.record_count != VERSION_NO_COUNT)
		(void)snprintf(records, sizeof(records), " records=%" PRId64, v->v.record_count);
	log_info("captured", "db=%s key=%s size=%" PRIu64 "%s operation=\"%s\"%s", w->config->name,
		v->key, v->v.size, records, v->v.operation,
		w->capture.check.partly ? " checked=partly" : "");
}

static enum err_code new_version(struct watched *w, struct state_database *row, struct err *e)
{
	struct state_version v;

	describe(w, row->newest_key, &v);
	v.scans = w->making_scans;
	memcpy(row->base, v.v.id, sizeof(row->base));
	row->sequence = v.v.sequence;
	row->newest_key = v.key_moment;
	if (!state_captured(w->world->o.state, &v, row, e)) {
		w->row = *row;
		free(w->heir);
		w->heir = NULL;
		w->unchanged_since = STAMP_NONE;
		tell_log(w, &v);
		if (v.suspect)
			log_warning("suspect", "db=%s key=%s why=\"%s\"", w->config->name, v.key,
				v.why);
	}
	state_version_end(&v);
	return e->code;
}

static enum err_code nothing_new(struct watched *w, struct state_database *row, struct err *e)
{
	if (state_unchanged(w->world->o.state, row, w->making_scans, e))
		return e->code;
	w->row = *row;
	w->unchanged_since = w->capture.snapshot.began;
	log_debug("unchanged", "db=%s", w->config->name);
	return ERR_NONE;
}

static void drop_copy(const struct watched *w)
{
	struct text path = {0};

	text_add(&path, "%s/%s", w->world->spool, w->capture.id);
	(void)unlink(path.at);
	text_free(&path);
}

static void failed(struct watched *w, const struct err *e)
{
	bool by_person = e->code != ERR_IO && e->code != ERR_FULL && e->code != ERR_NOMEM;

	trigger_failed(
		&w->trigger, &w->trigger_before, (int64_t)alarm_now() + TRIGGER_RECHECK, by_person);
	if (e->code != ERR_CANCELED)
		health_trouble(w, e);
	tell(w, PIPELINE_FAILED, NULL, e);
}

void making_done(struct watched *w, const struct err *result)
{
	struct err e = *result;

	if (!e.code) {
		struct state_database row = settled(w);

		e.code = w->capture.unchanged ? nothing_new(w, &row, &e) : new_version(w, &row, &e);
		if (e.code && !w->capture.unchanged)
			drop_copy(w);
	}
	if (e.code) {
		failed(w, &e);
		return;
	}
	health_well(w);
	w->trigger.there = true;
	trigger_captured(&w->trigger, (int64_t)alarm_now());
	w->world->events.counted(w->world->events.arg);
	tell(w, w->capture.unchanged ? PIPELINE_UNCHANGED : PIPELINE_CAPTURED, w->row.base, NULL);
}

/* --- restore ----------------------------------------------------------- */

/* The row still says from what the contents descend: nothing descends from a safety version. */
enum err_code making_safety(
	struct watched *w, const struct capture *copy, struct state_version *v, struct err *e)
{
	struct state_database row = w->row, now;
	struct version *heir = w->heir;

	if (state_database_get(w->world->o.state, w->config->name, &now, e))
		return e->code;
	row.newest_key = now.newest_key; /* which uploads may have moved */
	w->heir = NULL;                  /* not this one */
	w->capture = *copy;
	w->why = TRIGGER_ASKED;
	describe(w, row.newest_key, v);
	w->heir = heir;
	v->safety = true;
	version_operation(&v->v, ANCESTRY_SAFETY);
	row.sequence = v->v.sequence;
	row.newest_key = v->key_moment;
	if (state_scans_total(w->world->o.state, &v->scans, e) ||
		state_captured(w->world->o.state, v, &row, e)) {
		state_version_end(v);
		return e->code;
	}
	w->row = row;
	tell_log(w, v);
	w->capture = (struct capture){0};
	return ERR_NONE;
}

enum err_code making_rebase(
	struct watched *w, const struct version *base, bool restored, struct err *e)
{
	struct state_database row = w->row;

	version_identity(base, row.base);
	if (state_rebase(w->world->o.state, &row, base, restored, e))
		return e->code;
	w->row = row;
	return ERR_NONE;
}
