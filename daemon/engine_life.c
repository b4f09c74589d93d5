#include "common/log.h"
#include "common/text.h"
#include "daemon/engine_inner.h"
#include "daemon/io/alarm.h"

#include <unistd.h>

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

enum err_code engine_open(struct engine **out, const struct engine_start *start, struct err *e)
{
	struct engine *g = text_room(1, sizeof(*g));

	g->parts = (struct engine_parts){
		.loop = start->loop, .config = start->config, .state = start->state};
	g->events = start->events;
	g->list_at = ALARM_NEVER;
	if (gethostname(g->host, sizeof(g->host) - 1))
		g->host[0] = '\0';
	*out = g;
	if (engine_open_parts(g, e))
		return e->code;
	pipeline_store(g->parts.pipeline, storage_id(g->parts.storage));
	engine_thin(g); /* to what this configuration keeps */
	engine_recount(g);
	if (storage_store(g->parts.storage)) {
		g->probing = true;
		g->first_probe.done = on_first_probe;
		storage_probe(g->parts.storage, &g->first_probe);
		engine_send(g, PATIENCE_WORK); /* with that same probe */
	}
	return ERR_NONE;
}

/* --- close: one part stops after the other, then all go ----------------------------------- */

static void on_storage_closed(void *arg)
{
	struct engine *g = arg;
	void (*closed)(void *) = g->closed;
	void *closed_arg = g->closed_arg;

	pipeline_free(g->parts.pipeline);
	transfer_free(g->parts.transfer);
	prune_free(g->parts.prune);
	sweep_free(g->parts.sweep);
	budget_free(g->parts.budget);
	config_free(g->parts.config);
	free(g);
	closed(closed_arg);
}

static void on_prune_stopped(void *arg)
{
	struct engine *g = arg;

	storage_close(g->parts.storage, on_storage_closed, g);
}

static void on_sweep_stopped(void *arg)
{
	struct engine *g = arg;

	prune_stop(g->parts.prune, on_prune_stopped, g);
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
