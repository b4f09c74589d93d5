#include "common/log.h"
#include "common/text.h"
#include "daemon/core/dating.h"
#include "daemon/diary.h"
#include "daemon/engine_inner.h"
#include "daemon/io/alarm.h"
#include "daemon/spool.h"

/* --- what comes up ----------------------------------------------------- */

void engine_recount(struct engine *g)
{
	struct err e;

	if (state_scans_tally(g->parts.state, storage_id(g->parts.storage), &g->parts.tally, &e))
		log_error("state", "error=\"%s\"", e.text);
}

static void on_moved(void *arg)
{
	struct engine *g = arg;

	g->events.moved(g->events.arg);
}

static bool uploads(const struct engine *g)
{
	return g->parts.config->enabled && g->parts.config->backend != BACKEND_DISABLED;
}

void engine_send(struct engine *g, enum patience_event why)
{
	if (uploads(g) && !g->closing)
		transfer_kick(g->parts.transfer, why);
}

void engine_thin(struct engine *g)
{
	const struct err none = {0};
	struct state_ids gone;

	spool_thin(g->parts.state, g->parts.config, storage_id(g->parts.storage), &gone);
	for (size_t i = 0; i < gone.count; i++)
		g->events.uploaded(g->events.arg, gone.at[i], COPY_SUPERSEDED, &none);
	state_ids_end(&gone);
}

static int64_t on_skew(void *arg)
{
	struct engine *g = arg;

	return storage_see(g->parts.storage).skew;
}

static void on_captured(void *arg, const struct pipeline_result *r)
{
	struct engine *g = arg;
	int64_t *const counts[] = {
		[PIPELINE_CAPTURED] = &g->parts.counts.captured,
		[PIPELINE_UNCHANGED] = &g->parts.counts.unchanged,
		[PIPELINE_FAILED] = &g->parts.counts.capture_failed,
	};

	++*counts[r->end];
	g->events.captured(g->events.arg, r);
	if (r->end != PIPELINE_CAPTURED)
		return;
	engine_thin(g);
	engine_send(g, PATIENCE_WORK);
}

static void on_counted(void *arg)
{
	struct engine *g = arg;

	engine_recount(g);
	g->events.moved(g->events.arg);
}

static void prune_beside(struct engine *g, const char *id)
{
	struct state_version v;
	struct err e;

	if (state_version_get(g->parts.state, id, 0, &v, &e))
		return;
	prune_kick(g->parts.prune, v.v.db_name);
	state_version_end(&v);
}

static void on_stored(struct engine *g, const char *id)
{
	struct err e;

	g->upload_failure = ERR_NONE;
	if (state_scans_forget(
		    g->parts.state, storage_id(g->parts.storage), engine_clock(&g->parts), &e))
		log_error("state", "error=\"%s\"", e.text);
	pipeline_roomier(g->parts.pipeline);
	prune_beside(g, id);
}

/* Once while it lasts; its words may change from one try to the next. */
static void note_failure(struct engine *g, const char *id, const struct err *e)
{
	struct state_version v = {0};
	struct err none;

	if (g->upload_failure == e->code)
		return;
	g->upload_failure = e->code;
	if (id && state_version_get(g->parts.state, id, 0, &v, &none))
		v.v.db_name[0] = '\0';
	diary(g->parts.state, HISTORY_UPLOAD_FAILED, v.v.db_name[0] ? v.v.db_name : NULL, e->text);
	state_version_end(&v);
}

static void on_uploaded(void *arg, const char *id, enum copy_state state, const struct err *e)
{
	struct engine *g = arg;

	engine_recount(g);
	g->parts.counts.stored += state == COPY_STORED;
	g->parts.counts.upload_failed += state == COPY_CAPTURED;
	if (state == COPY_STORED)
		on_stored(g, id);
	else if (state == COPY_BAD) /* no version to build on: the next capture makes one */
		pipeline_store(g->parts.pipeline, storage_id(g->parts.storage));
	else {
		note_failure(g, id, e);
		engine_thin(g); /* it is not under way any more */
	}
	g->events.uploaded(g->events.arg, id, state, e);
	g->events.moved(g->events.arg);
	prune_go_on(g->parts.prune);
}

static void on_storage_reached(void *arg)
{
	struct engine *g = arg;

	engine_send(g, PATIENCE_REACHED);
	engine_list_first(g);
	g->events.moved(g->events.arg);
	if (g->parts.prune)
		prune_resume(g->parts.prune);
}

static void on_storage_changed(void *arg)
{
	struct engine *g = arg;

	budget_store(g->parts.budget, storage_id(g->parts.storage));
	engine_recount(g);
	if (g->parts.pipeline)
		pipeline_store(g->parts.pipeline, storage_id(g->parts.storage));
}

static void on_sent(void *arg, const struct quota_sent *s)
{
	struct engine *g = arg;

	budget_sent(g->parts.budget, s);
}

static const char *on_restoring(void *arg)
{
	const struct engine *g = arg;

	return g->events.restoring(g->events.arg);
}

static int64_t on_clock(void *arg)
{
	const struct engine *g = arg;

	return engine_clock(&g->parts);
}

enum err_code engine_open_parts(struct engine *g, struct err *e)
{
	struct engine_parts *p = &g->parts;

	p->budget = budget_open(&(struct budget_options){.config = p->config,
		.state = p->state,
		.built = ENGINE_BUILT,
		.clock = on_clock,
		.moved = on_moved,
		.arg = g});
	p->storage = storage_open(g->parts.loop, p->config, p->state,
		&(struct storage_events){.changed = on_storage_changed,
			.reached = on_storage_reached,
			.sent = on_sent,
			.arg = g});
	budget_store(p->budget, storage_id(p->storage));
	p->transfer = transfer_open(
		&(struct transfer_needs){
			.state = p->state, .storage = p->storage, .budget = p->budget},
		&(struct transfer_events){.result = on_uploaded, .arg = g});
	p->prune = prune_open(&(struct prune_options){.state = p->state,
		.config = p->config,
		.storage = p->storage,
		.transfer = p->transfer,
		.budget = p->budget,
		.closing = &g->closing,
		.now = on_clock,
		.restoring = on_restoring,
		.moved = on_moved,
		.arg = g});
	p->sweep = sweep_open(p->state, p->storage, p->budget);
	return pipeline_open(&p->pipeline, g->parts.loop,
		&(struct pipeline_options){.config = p->config,
			.state = p->state,
			.host = g->host,
			.built = ENGINE_BUILT},
		&(struct pipeline_events){.captured = on_captured,
			.counted = on_counted,
			.moved = on_moved,
			.skew = on_skew,
			.arg = g},
		e);
}

/* --- what goes down ---------------------------------------------------- */

uint64_t engine_turn(struct engine *g, uint64_t now)
{
	if (g->closing)
		return ALARM_NEVER;
	if (uploads(g))
		transfer_turn(g->parts.transfer, now);
	prune_turn(g->parts.prune, now);
	uint64_t next = pipeline_turn(g->parts.pipeline, now);
	uint64_t upload = uploads(g) ? transfer_due(g->parts.transfer) : ALARM_NEVER;
	uint64_t count = budget_turn(g->parts.budget, now);
	uint64_t list = engine_list_turn(g, now);
	uint64_t deletion = prune_due(g->parts.prune);
	next = upload < next ? upload : next;
	next = count < next ? count : next;
	next = deletion < next ? deletion : next;
	return list < next ? list : next;
}

void engine_scanned(struct engine *g, const char *database, uint32_t count)
{
	struct state_tally *t = &g->parts.tally;

	t->total += count;
	t->since_backup += count;
	t->unprotected += count;
	if (t->oldest_at == STAMP_NONE)
		t->oldest_at = engine_clock(&g->parts);
	pipeline_scanned(g->parts.pipeline, database, count);
}

void engine_hurry(struct engine *g)
{
	engine_send(g, PATIENCE_ASKED);
}

void engine_network_back(struct engine *g)
{
	if (uploads(g) && !g->closing)
		transfer_network_back(g->parts.transfer);
}

static int64_t skew(const struct engine_parts *p)
{
	return storage_see(p->storage).skew;
}

int64_t engine_clock(const struct engine_parts *p)
{
	return dating_clock(alarm_clock(), skew(p), ENGINE_BUILT);
}

bool engine_clock_known(const struct engine_parts *p)
{
	return alarm_clock() >= ENGINE_BUILT || skew(p) != STAMP_NONE;
}

int64_t engine_corrected(const struct engine_parts *p, int64_t moment)
{
	if (moment == STAMP_NONE)
		return moment;
	return moment - dating_correction(alarm_clock(), skew(p), ENGINE_BUILT);
}

const struct engine_parts *engine_parts(const struct engine *g)
{
	return &g->parts;
}

bool engine_closing(const struct engine *g)
{
	return g->closing;
}
