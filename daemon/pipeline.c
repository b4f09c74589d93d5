#include "daemon/pipeline.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/choose.h"
#include "daemon/io/alarm.h"
#include "daemon/making.h"
#include "daemon/watched.h"

#include <string.h>

struct pipeline {
	struct watched_world world;
	struct watch *watch;
	struct watched *databases;
	size_t count;
	int64_t watch_again; /* moment; TRIGGER_NEVER: all are watched */
	bool stopping, watch_closed;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

static void on_scanned(void *arg, uint32_t count)
{
	struct pipeline *p = arg;

	for (size_t i = 0; i < p->count; i++)
		trigger_scanned(&p->databases[i].trigger, count);
	p->world.events.counted(p->world.events.arg);
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		watched_end(&p->databases[i]);
	free(p->databases);
	free(p->world.spool);
	free(p);
}

static void on_watch_closed(void *arg)
{
	struct pipeline *p = arg;

	p->stopped(p->stopped_arg);
}

/* The last look or capture under way is over: now the watch can go. */
static void stop_when_idle(struct pipeline *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (watched_busy(&p->databases[i]))
			return;
	if (p->watch_closed)
		return;
	p->watch_closed = true;
	for (size_t i = 0; i < p->count; i++) {
		watched_end(&p->databases[i]);
		p->databases[i].file = NULL;
	}
	watch_close(p->watch, on_watch_closed, p);
}

static void on_idle(void *arg)
{
	struct pipeline *p = arg;

	for (size_t i = 0; i < p->count; i++)
		watched_still(&p->databases[i]);
	if (p->stopping)
		stop_when_idle(p);
	else
		p->world.events.moved(p->world.events.arg);
}

static enum err_code begin_databases(struct pipeline *p, struct err *e)
{
	const struct config *c = p->world.o.config;
	const char **names = text_room(c->database_count, sizeof(*names));

	p->databases = text_room(c->database_count, sizeof(*p->databases));
	for (size_t i = 0; i < c->database_count; i++)
		names[i] = c->databases[i].name;
	e->code = state_watched(p->world.o.state, names, c->database_count, e);
	free(names);
	for (size_t i = 0; i < c->database_count && !e->code; i++) {
		struct watched *w = &p->databases[i];

		e->code = watched_begin(w, &p->world, &c->databases[i], (int64_t)alarm_now(), e);
		if (!e->code)
			w->file = watch_add(p->watch, c->databases[i].path, watched_touched, w);
		p->count = i + 1;
	}
	return e->code;
}

static void on_unopened(void *arg)
{
	pipeline_free(arg);
}

enum err_code pipeline_open(struct pipeline **out, struct uv_loop_s *loop,
	const struct pipeline_options *o, const struct pipeline_events *events, struct err *e)
{
	struct pipeline *p = text_room(1, sizeof(*p));
	struct text spool = {0};

	*out = NULL;
	p->watch_again = TRIGGER_NEVER;
	text_add(&spool, "%s/spool", state_folder(o->state));
	p->world = (struct watched_world){
		.loop = loop,
		.o = *o,
		.spool = text_take(&spool),
		.policy = {.scans = o->config->backup_on_scan_count,
			   .hours_ms = (int64_t)(o->config->backup_on_hours * 3600000)},
		.events = *events,
		.scanned = on_scanned,
		.idle = on_idle,
		.arg = p
        };
	if (watch_open(&p->watch, loop, e) == ERR_NONE) {
		if (begin_databases(p, e) == ERR_NONE) {
			*out = p;
			return ERR_NONE;
		}
		p->stopped = on_unopened;
		p->stopped_arg = p;
		stop_when_idle(p);
		return e->code;
	}
	pipeline_free(p);
	return e->code;
}

static unsigned most_scans(const struct pipeline *p)
{
	unsigned most = 0;

	for (size_t i = 0; i < p->count; i++) {
		unsigned scans = trigger_scans(&p->databases[i].trigger);

		most = scans > most ? scans : most;
	}
	return most;
}

/* What cannot be watched now may be later: a right was given, a limit raised. */
static int64_t watch_again(struct pipeline *p, int64_t now)
{
	bool all = true;

	for (size_t i = 0; i < p->count; i++)
		all = all && !watch_error(p->databases[i].file);
	if (all)
		p->watch_again = TRIGGER_NEVER;
	else if (p->watch_again == TRIGGER_NEVER)
		p->watch_again = now + TRIGGER_RECHECK;
	else if (p->watch_again <= now) {
		p->watch_again = now + TRIGGER_RECHECK;
		watch_refresh(p->watch);
	}
	return p->watch_again;
}

uint64_t pipeline_turn(struct pipeline *p, uint64_t now)
{
	unsigned most = most_scans(p);
	int64_t next = watch_again(p, (int64_t)now);

	for (size_t i = 0; i < p->count; i++) {
		int64_t due = watched_turn(&p->databases[i], most, (int64_t)now);

		next = due < next ? due : next;
	}
	if (next == TRIGGER_NEVER)
		return ALARM_NEVER;
	return next < 0 ? 0 : (uint64_t)next;
}

void pipeline_scanned(struct pipeline *p, const char *database, uint32_t count)
{
	for (size_t i = 0; i < p->count; i++) {
		struct watched *w = &p->databases[i];

		trigger_scanned(&w->trigger, count);
		if (!database || strcmp(database, w->config->name) == 0)
			w->row.posted = true;
	}
	p->world.events.moved(p->world.events.arg);
}

uint64_t pipeline_ask(
	struct pipeline *p, const char *database, const char *operation, uint64_t when)
{
	for (size_t i = 0; i < p->count; i++) {
		struct watched *w = &p->databases[i];

		if (strcmp(w->config->name, database) != 0)
			continue;
		if (*operation)
			(void)snprintf(w->operation, sizeof(w->operation), "%s", operation);
		trigger_ask(&w->trigger, (int64_t)when);
		p->world.events.moved(p->world.events.arg);
		return ++w->tickets;
	}
	return 0;
}

/* --- while somebody writes it on purpose ------------------------------- */

enum err_code pipeline_hold(struct pipeline *p, struct pipeline_hold *h, struct err *e)
{
	if (p->stopping)
		return err_set(e, ERR_CANCELED, "casmand stops or reloads");
	for (size_t i = 0; i < p->count; i++) {
		struct watched *w = &p->databases[i];

		if (strcmp(w->config->name, h->database) != 0)
			continue;
		if (w->hold)
			return err_set(
				e, ERR_BUSY, "another restore of %s is under way", h->database);
		h->config = w->config;
		h->path = text_copy(watch_path(w->file)); /* which may find it elsewhere */
		h->spool = p->world.spool;
		h->watched = w;
		h->still = false;
		w->hold = h;
		watched_still(w);
		return ERR_NONE;
	}
	return err_set(e, ERR_UNKNOWN_DB, "no database is called \"%.40s\" in the configuration",
		h->database);
}

/* What waits may be superseded; what was stored may have been deleted since, by another machine or by
 * the Python client. */
static bool is_there_yet(const struct watched *w, const struct version *v)
{
	char id[VERSION_ID + 1];
	struct state_listed l;
	struct err e;

	version_identity(v, id);
	return !choose_version(w->world->o.state, w->world->store,
		       &(struct choose){.key = id, .database = v->db_name}, &l, &e) &&
		(l.state == COPY_STORED || l.state == COPY_PROVEN);
}

void pipeline_safe(struct pipeline_hold *h, char *safe)
{
	struct state_version base;

	safe[0] = '\0';
	if (making_base(h->watched, &base) && !base.suspect && is_there_yet(h->watched, &base.v))
		memcpy(safe, base.v.content, sizeof(base.v.content));
	state_version_end(&base);
}

enum err_code pipeline_safety(
	struct pipeline_hold *h, const struct capture *copy, struct state_version *v, struct err *e)
{
	return making_safety(h->watched, copy, v, e);
}

enum err_code pipeline_rebase(
	struct pipeline_hold *h, const struct version *base, bool restored, struct err *e)
{
	return making_rebase(h->watched, base, restored, e);
}

void pipeline_inherit(struct pipeline_hold *h, const struct version *heir)
{
	struct watched *w = h->watched;

	if (!w->heir)
		w->heir = text_room(1, sizeof(*w->heir));
	*w->heir = *heir;
}

void pipeline_let(struct pipeline *p, struct pipeline_hold *h)
{
	struct watched *w = h->watched;

	w->hold = NULL;
	free(h->path);
	h->path = NULL;
	watched_touched(w, true); /* whatever was done to it, it is to be looked at */
	on_idle(p);
}

void pipeline_store(struct pipeline *p, int64_t store)
{
	p->world.store = store;
	for (size_t i = 0; i < p->count; i++)
		watched_judge(&p->databases[i]);
	p->world.events.moved(p->world.events.arg);
}

void pipeline_roomier(struct pipeline *p)
{
	for (size_t i = 0; i < p->count; i++)
		watched_roomier(&p->databases[i]);
	p->world.events.moved(p->world.events.arg);
}

bool pipeline_see(const struct pipeline *p, size_t i, struct pipeline_view *view)
{
	if (i >= p->count)
		return false;
	const struct watched *w = &p->databases[i];
	*view = (struct pipeline_view){.config = w->config,
		.path = w->file ? watch_path(w->file) : w->config->path,
		.present = w->shown.present,
		.empty = w->shown.empty,
		.looked = w->looked_at != TRIGGER_PAST && !w->looking,
		.dirty = w->trigger.dirty || w->capturing || w->hold || w->heir,
		.posted = w->row.posted,
		.capturing = w->capturing,
		.awaited = w->trigger.asked || w->capturing,
		.crowded = w->crowded,
		.size = w->shown.size,
		.unchanged_since = w->unchanged_since,
		.error = w->error.code ? &w->error : NULL};
	return true;
}

static bool is_there(const struct watched *w)
{
	return w->shown.present && !w->shown.empty;
}

/* A database that is not there waits for its file and not for scans; unless none is. */
int64_t pipeline_until(const struct pipeline *p)
{
	unsigned wanted = p->world.policy.scans, most = 0;
	bool any = false;

	if (!wanted)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		any = any || is_there(&p->databases[i]);
	for (size_t i = 0; i < p->count; i++) {
		const struct watched *w = &p->databases[i];

		if ((is_there(w) || !any) && w->trigger.scans > most)
			most = w->trigger.scans;
	}
	return most >= wanted ? 0 : wanted - most;
}

int64_t pipeline_last_backup(const struct pipeline *p)
{
	int64_t last = STAMP_NONE;

	for (size_t i = 0; i < p->count; i++)
		if (p->databases[i].row.last_capture_at > last)
			last = p->databases[i].row.last_capture_at;
	return last;
}

void pipeline_stop(struct pipeline *p, void (*stopped)(void *arg), void *arg)
{
	p->stopping = true;
	p->stopped = stopped;
	p->stopped_arg = arg;
	atomic_store(&p->world.stop, true);
	stop_when_idle(p);
}
