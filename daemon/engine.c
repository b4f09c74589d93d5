#include "daemon/engine.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/dating.h"
#include "daemon/diary.h"
#include "daemon/io/alarm.h"
#include "daemon/io/work.h"
#include "daemon/neighbours.h"
#include "daemon/spool.h"

#include <unistd.h>

#define BUILT (CASMAND_BUILT * STAMP_SECOND)

struct engine {
	struct engine_parts parts;
	struct engine_events events;
	struct storage_ask first_probe;
	struct sweep_ask first_listing;
	bool probing, listing, listed;
	struct neighbours neighbours;
	char host[VERSION_HOST + 1];
	enum err_code upload_failure; /* NONE: the last upload went well */
	bool closing, patiently;
	unsigned working; /* parts that have not stopped yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- what comes up ----------------------------------------------------- */

static void recount(struct engine *g)
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

static void send_queue(struct engine *g, enum patience_event why)
{
	if (uploads(g) && !g->closing)
		transfer_kick(g->parts.transfer, why);
}

/* What retention would not keep anyway need not go up; who waits for it is told. */
static void thin_queue(struct engine *g)
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

	g->events.captured(g->events.arg, r);
	if (r->end != PIPELINE_CAPTURED)
		return;
	thin_queue(g);
	send_queue(g, PATIENCE_WORK);
}

static void on_counted(void *arg)
{
	struct engine *g = arg;

	recount(g);
	g->events.moved(g->events.arg);
}

static void on_stored(struct engine *g)
{
	struct err e;

	g->upload_failure = ERR_NONE;
	if (state_scans_forget(
		    g->parts.state, storage_id(g->parts.storage), engine_clock(&g->parts), &e))
		log_error("state", "error=\"%s\"", e.text);
	pipeline_roomier(g->parts.pipeline);
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

	recount(g);
	if (state == COPY_STORED)
		on_stored(g);
	else if (state == COPY_BAD) /* no version to build on: the next capture makes one */
		pipeline_store(g->parts.pipeline, storage_id(g->parts.storage));
	else {
		note_failure(g, id, e);
		thin_queue(g); /* it is not under way any more */
	}
	g->events.uploaded(g->events.arg, id, state, e);
	g->events.moved(g->events.arg);
}

static void on_first_listing(struct sweep_ask *ask, const struct err *e)
{
	struct engine *g = owner_of(ask, struct engine, first_listing);

	g->listing = false;
	g->listed = !e->code; /* what it found is in state.db, and storage knows how it went */
}

static void on_storage_reached(void *arg)
{
	struct engine *g = arg;

	send_queue(g, PATIENCE_REACHED);
	if (g->listed || g->listing || g->closing)
		return;
	g->listing = true;
	g->first_listing.done = on_first_listing;
	sweep_list(g->parts.sweep, &g->first_listing);
}

static void on_storage_changed(void *arg)
{
	struct engine *g = arg;

	recount(g);
	if (g->parts.pipeline)
		pipeline_store(g->parts.pipeline, storage_id(g->parts.storage));
}

static void stop_parts(struct engine *g);

/* --- open -------------------------------------------------------------- */

static void on_neighbours(struct neighbours *n, const char *warning)
{
	struct engine *g = owner_of(n, struct engine, neighbours);

	g->probing = false;
	if (*warning)
		log_warning("store", "warning=\"%s\"", warning);
	storage_warn(g->parts.storage, warning);
	if (g->closing)
		stop_parts(g);
}

/* The store was asked for the first time: does it lie well? */
static void on_first_probe(struct storage_ask *ask, const struct err *e)
{
	struct engine *g = owner_of(ask, struct engine, first_probe);

	if (!e->code && !g->closing) {
		if (g->parts.config->backend == BACKEND_FILE)
			neighbours_start(
				g->parts.loop, &g->neighbours, g->parts.config, on_neighbours);
		else
			g->probing = false;
		return;
	}
	g->probing = false;
	if (g->closing)
		stop_parts(g);
}

static enum err_code open_parts(struct engine *g, struct err *e)
{
	struct engine_parts *p = &g->parts;

	p->storage = storage_open(g->parts.loop, p->config, p->state,
		&(struct storage_events){
			.changed = on_storage_changed, .reached = on_storage_reached, .arg = g});
	p->transfer = transfer_open(
		p->state, p->storage, &(struct transfer_events){.result = on_uploaded, .arg = g});
	p->sweep = sweep_open(p->state, p->storage);
	return pipeline_open(&p->pipeline, g->parts.loop,
		&(struct pipeline_options){
			.config = p->config, .state = p->state, .host = g->host, .built = BUILT},
		&(struct pipeline_events){.captured = on_captured,
			.counted = on_counted,
			.moved = on_moved,
			.skew = on_skew,
			.arg = g},
		e);
}

enum err_code engine_open(struct engine **out, const struct engine_start *start, struct err *e)
{
	struct engine *g = text_room(1, sizeof(*g));

	g->parts = (struct engine_parts){
		.loop = start->loop, .config = start->config, .state = start->state};
	g->events = start->events;
	if (gethostname(g->host, sizeof(g->host) - 1))
		g->host[0] = '\0';
	*out = g;
	if (open_parts(g, e))
		return e->code;
	pipeline_store(g->parts.pipeline, storage_id(g->parts.storage));
	thin_queue(g); /* to what this configuration keeps */
	recount(g);
	if (storage_store(g->parts.storage)) {
		g->probing = true;
		g->first_probe.done = on_first_probe;
		storage_probe(g->parts.storage, &g->first_probe);
		send_queue(g, PATIENCE_WORK); /* with that same probe */
	}
	return ERR_NONE;
}

uint64_t engine_turn(struct engine *g, uint64_t now)
{
	if (g->closing)
		return ALARM_NEVER;
	if (uploads(g))
		transfer_turn(g->parts.transfer, now);
	uint64_t capture = pipeline_turn(g->parts.pipeline, now);
	uint64_t upload = uploads(g) ? transfer_due(g->parts.transfer) : ALARM_NEVER;
	return capture < upload ? capture : upload;
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
	send_queue(g, PATIENCE_ASKED);
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
	return dating_clock(alarm_clock(), skew(p), BUILT);
}

int64_t engine_corrected(const struct engine_parts *p, int64_t moment)
{
	if (moment == STAMP_NONE)
		return moment;
	return moment - dating_correction(alarm_clock(), skew(p), BUILT);
}

const struct engine_parts *engine_parts(const struct engine *g)
{
	return &g->parts;
}

bool engine_closing(const struct engine *g)
{
	return g->closing;
}

/* --- close: one part stops after the other, then all go ----------------------------------- */

static void on_storage_closed(void *arg)
{
	struct engine *g = arg;
	void (*closed)(void *) = g->closed;
	void *closed_arg = g->closed_arg;

	pipeline_free(g->parts.pipeline);
	transfer_free(g->parts.transfer);
	sweep_free(g->parts.sweep);
	config_free(g->parts.config);
	free(g);
	closed(closed_arg);
}

static void on_sweep_stopped(void *arg)
{
	struct engine *g = arg;

	storage_close(g->parts.storage, on_storage_closed, g);
}

/* Nobody wants the store's answers any more. */
static void on_part_stopped(void *arg)
{
	struct engine *g = arg;

	if (--g->working > 0)
		return;
	if (storage_store(g->parts.storage))
		store_stop(storage_store(g->parts.storage));
	sweep_stop(g->parts.sweep, on_sweep_stopped, g);
}

static void stop_parts(struct engine *g)
{
	g->working = g->parts.pipeline ? 2 : 1;
	if (g->parts.pipeline)
		pipeline_stop(g->parts.pipeline, on_part_stopped, g);
	transfer_stop(g->parts.transfer, g->patiently, on_part_stopped, g);
}

void engine_close(struct engine *g, bool patiently, void (*closed)(void *arg), void *arg)
{
	g->closing = true;
	g->patiently = patiently;
	g->closed = closed;
	g->closed_arg = arg;
	if (!g->probing)
		stop_parts(g);
	else if (storage_see(g->parts.storage).reached < 0)
		store_stop(storage_store(g->parts.storage)); /* comes to stop_parts() */
}

void engine_leave(struct engine *g)
{
	transfer_leave(g->parts.transfer);
}
