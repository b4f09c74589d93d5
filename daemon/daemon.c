#include "daemon/daemon.h"

#include "common/log.h"
#include "daemon/control.h"
#include "daemon/diary.h"
#include "daemon/engine.h"
#include "daemon/intake.h"
#include "daemon/io/alarm.h"
#include "daemon/io/disk.h"
#include "daemon/io/ipc.h"
#include "daemon/io/link.h"
#include "daemon/io/notify.h"
#include "daemon/io/signals.h"
#include "daemon/load.h"
#include "daemon/manager.h"
#include "daemon/spool.h"
#include "daemon/watchman.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define UPLOADS_WITHIN 20000 /* ms from the signal for uploads under way */
#define REST_WITHIN    2000  /* ms after that for all the rest */

struct daemon {
	uv_loop_t loop;
	struct signals *signals;
	const char *path; /* of the configuration */
	struct state *state;
	struct engine *engine;
	struct watchman *watchman; /* NULL: none yet, or the one before has not quite gone */
	bool watchman_goes;
	struct config *next; /* the configuration of the engine to come: a reload is under way */
	struct alarm *alarm;
	struct link *link; /* NULL: the kernel may not tell of the network; timers must do */
	struct control *control;
	struct ipc *ipc;
	struct intake *intake; /* NULL: there is no inbox */
	struct manager manager;
	bool stopping, leaving, abandoned;
	struct err failure; /* the loop ended because of it */
};

static void stop(struct daemon *d);

/* --- facts and alarms -------------------------------------------------- */

/* It was told to stop, and has taken long enough. */
static void give_up(struct daemon *d)
{
	if (!d->leaving && d->engine) {
		log_warning("stopping", "warning=\"what is not stored by now stays queued\"");
		d->leaving = true;
		alarm_set(d->alarm, alarm_now() + REST_WITHIN);
		engine_leave(d->engine);
		return;
	}
	log_warning("stopping", "warning=\"something hangs, and is left behind\"");
	d->abandoned = true;
	uv_stop(&d->loop);
}

static void turn(void *arg)
{
	struct daemon *d = arg;

	if (d->stopping) {
		give_up(d);
	} else if (d->engine) {
		uint64_t next = engine_turn(d->engine, alarm_now());
		uint64_t watch =
			d->watchman ? watchman_turn(d->watchman, alarm_now()) : ALARM_NEVER;

		next = watch < next ? watch : next;
		watch = control_turn(d->control, alarm_now());
		next = watch < next ? watch : next;
		watch = manager_turn(&d->manager, d->engine, alarm_now());
		next = watch < next ? watch : next;
		watch = intake_turn(d->intake, d->engine, alarm_now());
		alarm_set(d->alarm, watch < next ? watch : next);
	}
}

/* Not from inside what is going on: at the next turn of the loop. */
static void soon(void *arg)
{
	struct daemon *d = arg;

	if (!d->stopping)
		alarm_set(d->alarm, 0);
}

static void on_network_back(void *arg)
{
	struct daemon *d = arg;

	log_debug("network", "back=maybe");
	if (d->engine)
		engine_network_back(d->engine);
	control_network_back(d->control);
	if (d->watchman)
		watchman_hurry(d->watchman);
	soon(d);
}

static void on_captured(void *arg, const struct pipeline_result *r)
{
	control_captured(((struct daemon *)arg)->control, r);
}

static void on_uploaded(void *arg, const char *id, enum copy_state state, const struct err *e)
{
	control_uploaded(((struct daemon *)arg)->control, id, state, e);
}

static void on_listed(void *arg)
{
	control_listed(((struct daemon *)arg)->control);
}

static const char *on_restoring(void *arg)
{
	return control_restoring(((struct daemon *)arg)->control);
}

/* --- engine, and the watchman who looks at it --------------------------- */

/* Never two: each notice goes out once. */
static void open_watchman(struct daemon *d)
{
	if (!d->watchman && !d->watchman_goes && d->engine && !engine_closing(d->engine))
		d->watchman = watchman_open(&d->loop, engine_parts(d->engine), soon, d);
}

static void on_watchman_gone(void *arg)
{
	struct daemon *d = arg;

	d->watchman_goes = false;
	open_watchman(d);
	soon(d);
}

/* He first, for he looks at the engine. */
static void close_engine(struct daemon *d, bool patient, void (*closed)(void *arg))
{
	struct watchman *w = d->watchman;

	d->watchman = NULL;
	d->watchman_goes = d->watchman_goes || w;
	control_engine_closes(d->control);
	engine_close(d->engine, patient, closed, d);
	if (w)
		watchman_stop(w, on_watchman_gone, d);
}

static enum err_code start_engine(struct daemon *d, struct config *config, struct err *e)
{
	log_limit(config->log_level);
	if (engine_open(&d->engine,
		    &(struct engine_start){
			    .loop = &d->loop,
			    .config = config,
			    .state = d->state,
			    .events = {.captured = on_captured,
				       .uploaded = on_uploaded,
				       .listed = on_listed,
				       .moved = soon,
				       .restoring = on_restoring,
				       .arg = d}
        },
		    e))
		return e->code;
	control_engine_stands(d->control);
	return ERR_NONE;
}

static struct engine *engine_in_use(void *arg)
{
	return ((struct daemon *)arg)->engine;
}

static void fail(struct daemon *d, const struct err *e)
{
	log_error("casmand", "error=\"%s\"", e->text);
	d->failure = *e;
	stop(d);
}

static void on_reloaded(const struct daemon *d)
{
	log_info("reloaded", "config=%s", d->path);
	diary(d->state, HISTORY_RELOADED, NULL, d->path);
}

static void on_engine_replaced(void *arg)
{
	struct daemon *d = arg;
	struct config *config = d->next;
	struct err e;

	d->next = NULL;
	if (start_engine(d, config, &e))
		fail(d, &e);
	else
		on_reloaded(d);
	if (d->stopping)
		stop(d);
	else
		open_watchman(d);
	soon(d);
}

static enum err_code reload(void *arg, struct verbs_reload *said, struct err *e)
{
	struct daemon *d = arg;
	const struct config *now;
	struct config *next;

	if (d->stopping || d->next || engine_closing(d->engine))
		return err_set(e, ERR_BUSY, "casmand is just reloading or stopping: try again");
	if (load_config(&next, d->path, &said->mistakes, e)) {
		log_error("reload", "refused=\"%s\"", e->text);
		diary(d->state, HISTORY_RELOAD_REFUSED, NULL, e->text);
		return err_note(e, "the old configuration stays in force");
	}
	now = engine_parts(d->engine)->config;
	load_keep_fixed(next, now, &said->warnings);
	said->changed = !config_same(now, next);
	load_warn(&said->warnings);
	d->next = next;
	close_engine(d, false, on_engine_replaced);
	return ERR_NONE;
}

/* --- signals and the end ----------------------------------------------- */

static void on_alarm_closed(void *arg)
{
	signals_close(((struct daemon *)arg)->signals);
}

static void on_link_closed(void *arg)
{
	struct daemon *d = arg;

	alarm_close(d->alarm, on_alarm_closed, d);
}

static void on_intake_closed(void *arg)
{
	struct daemon *d = arg;

	link_close(d->link, on_link_closed, d);
}

static void on_ipc_closed(void *arg)
{
	struct daemon *d = arg;

	intake_close(d->intake, on_intake_closed, d);
}

/* What is captured by now is written down: the socket may go. */
static void on_engine_closed(void *arg)
{
	struct daemon *d = arg;

	d->engine = NULL;
	if (d->ipc)
		ipc_close(d->ipc, on_ipc_closed, d);
	else
		on_ipc_closed(d);
}

static void stop(struct daemon *d)
{
	if (!d->stopping && d->alarm)
		alarm_set(d->alarm, alarm_now() + UPLOADS_WITHIN);
	d->stopping = true;
	if (d->next) /* comes back here when the new engine stands */
		return;
	if (d->engine && !engine_closing(d->engine))
		close_engine(d, true, on_engine_closed);
}

static void on_signal(void *arg, int number)
{
	struct daemon *d = arg;
	struct verbs_reload said = {0};
	struct err e;

	if (number != SIGHUP) {
		signals_release(d->signals); /* before anybody could know of the first */
		log_info("stopping", "signal=%d", number);
		notify_manager("STOPPING=1");
		stop(d);
		return;
	}
	/* Nobody gets an answer: what was not done is for the log. */
	if (reload(d, &said, &e) == ERR_BUSY)
		log_warning("reload", "refused=\"%s\"", e.text);
	text_free(&said.warnings);
	text_free(&said.mistakes);
}

/* --- start ------------------------------------------------------------- */

static enum err_code open_socket(struct daemon *d, const struct config *c, struct err *e)
{
	struct ipc_events events = control_events(d->control);

	return ipc_open(&d->ipc, &d->loop,
		&(struct ipc_options){.path = c->socket, .group = c->socket_group}, &events, e);
}

static void open_link(struct daemon *d)
{
	struct err e;

	if (link_open(&d->link, &d->loop, on_network_back, d, &e))
		log_warning("network",
			"warning=\"%s: after an outage uploads go on only when the next try is "
			"due\"",
			e.text);
}

static enum err_code open_all(struct daemon *d, struct config *config, struct err *e)
{
	const struct verbs_owner owner = {.engine = engine_in_use,
		.reload = reload,
		.moved = soon,
		.loop = &d->loop,
		.config_path = d->path,
		.arg = d};

	if (alarm_open(&d->alarm, &d->loop, turn, d, e)) {
		config_free(config);
		return e->code;
	}
	if (state_open(&d->state, config->state_dir, e) || spool_tidy(d->state, e)) {
		config_free(config);
		return e->code;
	}
	load_warn(&config->warnings);
	d->control = control_open(d->state, &owner);
	/* The socket first: who finds another casmand there has begun nothing. */
	if (open_socket(d, config, e)) {
		config_free(config);
		return e->code;
	}
	if (start_engine(d, config, e))
		return e->code;
	open_link(d);
	d->intake = intake_open(engine_parts(d->engine), soon, d);
	alarm_set(d->alarm, 0);
	log_info("started", "version=%s pid=%d databases=%zu store=%s", CASMAND_VERSION,
		(int)getpid(), config->database_count,
		storage_see(engine_parts(d->engine)->storage).place);
	diary(d->state, HISTORY_STARTED, NULL, "casmand " CASMAND_VERSION);
	open_watchman(d);
	control_begun(d->control);
	manager_ready(&d->manager, d->engine);
	return ERR_NONE;
}

static void close_now(struct daemon *d)
{
	if (d->engine)
		stop(d);
	else
		alarm_close(d->alarm, on_alarm_closed, d);
}

enum err_code daemon_run(struct config *config, const char *path, struct err *e)
{
	struct daemon d = {.path = path};

	REQUIRE(uv_loop_init(&d.loop) == 0);
	manager_open(&d.manager);
	d.signals = signals_open(&d.loop, on_signal, &d);
	if (open_all(&d, config, &d.failure))
		close_now(&d);
	uv_run(&d.loop, UV_RUN_DEFAULT);
	if (d.abandoned)
		return err_set(e, ERR_TIMEOUT, "something hangs");
	if (d.control)
		control_close(d.control);
	if (d.state)
		diary(d.state, HISTORY_STOPPED, NULL, d.failure.code ? d.failure.text : NULL);
	state_close(d.state);
	REQUIRE(uv_loop_close(&d.loop) == 0);
	if (!d.failure.code)
		log_info("stopped", "pid=%d", (int)getpid());
	*e = d.failure;
	return e->code;
}
