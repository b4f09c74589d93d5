#include "daemon/facts.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/filesystem.h"
#include "daemon/spool.h"
#include "daemon/whereabouts.h"

/* How long ago, in ms; -1: never.  What lies in the future, by a clock that was set, is now. */
static int64_t age(int64_t moment)
{
	int64_t now = alarm_clock();

	if (moment == STAMP_NONE)
		return -1;
	return moment > now ? 0 : (now - moment) / 1000;
}

static int64_t older(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool stores(const struct config *c)
{
	return c->enabled && c->backend != BACKEND_DISABLED;
}

/* The commits of a database that each asks for a version; others wait for scans, or for hours. */
static int64_t unstored_change(const struct pipeline_view *view, const struct state_database *row)
{
	if (!view->dirty || view->config->on_change != ON_CHANGE_BACKUP)
		return -1;
	return age(row->first_change_at);
}

static void of_database(
	struct facts *f, size_t i, const struct engine_parts *p, const struct pipeline_view *view)
{
	struct state_version *v = &f->newest[i];
	struct alert_database *d = &f->databases[i];
	struct state_database row;
	struct err e;

	*d = (struct alert_database){
		.name = view->config->name, .why = "", .bad_proof = "", .error_text = ""};
	if (!state_version_newest(p->state, view->config->name, storage_id(p->storage), v, &e)) {
		d->suspect = v->suspect;
		d->bad = v->state == COPY_BAD;
		d->why = v->why;
	}
	if (!state_proven(p->state, storage_id(p->storage), view->config->name, &f->proven[i], &e))
		d->bad_proof = f->proven[i].bad;
	d->unknown = !view->looked || view->awaited;
	d->crowded = view->crowded;
	d->standing = whereabouts_of(p, view);
	if (view->error) {
		d->error = view->error->code;
		d->error_text = view->error->text;
	}
	if (state_database_get(p->state, view->config->name, &row, &e))
		return;
	d->made = row.base[0];
	if (stores(p->config))
		f->alert.unstored_ms = older(f->alert.unstored_ms, unstored_change(view, &row));
}

static void of_queue(struct facts *f, const struct engine_parts *p)
{
	const struct config *c = p->config;
	struct state_queue_sums sums = {.oldest_at = STAMP_NONE};
	struct err e;

	f->alert.unstored_ms = f->alert.unprotected_ms = -1;
	if (!stores(c) || state_queue_sum(p->state, storage_id(p->storage), &sums, &e))
		return;
	f->alert.queue_bytes = (uint64_t)sums.bytes;
	f->alert.queue_limit = spool_limit(p->state, c);
	f->alert.unstored_ms = age(sums.oldest_at);
	f->alert.unprotected = p->tally.unprotected;
	f->alert.unprotected_ms = p->tally.unprotected ? age(p->tally.oldest_at) : -1;
}

static void of_store(struct facts *f, const struct engine_parts *p)
{
	struct storage_view see = storage_see(p->storage);
	const struct err *transfer = transfer_error(p->transfer);

	f->alert.store = see.code;
	f->alert.store_text = see.error;
	if (!see.code && transfer) {
		f->alert.store = transfer->code;
		f->alert.store_text = transfer->text;
	}
	f->alert.store_unknown = stores(p->config) &&
		(!see.judged || (f->alert.queue_bytes && !transfer_tried(p->transfer)));
	f->alert.neighbour = see.warning;
	f->alert.retention = prune_error(p->prune) ? prune_error(p->prune)->text : "";
	f->alert.skew_s = see.skew == STAMP_NONE ? 0 : see.skew / STAMP_SECOND;
}

static void of_quota(struct facts *f, const struct engine_parts *p)
{
	struct budget_view see = budget_see(p->budget);

	f->alert.quota = see.counted && quota_warning(&see.quota, &f->quota) ? f->quota.at : "";
}

void facts_gather(struct facts *f, const struct engine_parts *p, uint64_t now)
{
	size_t count = p->config->database_count;
	struct pipeline_view view;
	struct filesystem fs;
	struct err e;

	*f = (struct facts){.databases = text_room(count, sizeof(*f->databases)),
		.newest = text_room(count, sizeof(*f->newest)),
		.proven = text_room(count, sizeof(*f->proven))};
	f->alert = (struct alert_facts){.now = now,
		.after = (uint64_t)(p->config->alert_after * 3600000),
		.room = UINT64_MAX,
		.databases = f->databases,
		.count = count};
	of_queue(f, p);
	of_store(f, p);
	of_quota(f, p);
	for (size_t i = 0; i < count && pipeline_see(p->pipeline, i, &view); i++)
		of_database(f, i, p, &view);
	if (!filesystem_of(state_folder(p->state), &fs, &e))
		f->alert.room = fs.free;
}

void facts_end(struct facts *f)
{
	for (size_t i = 0; i < f->alert.count; i++)
		state_version_end(&f->newest[i]);
	free(f->newest);
	free(f->proven);
	free(f->databases);
	text_free(&f->quota);
}
