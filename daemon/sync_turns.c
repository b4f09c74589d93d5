#include "common/log.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/sync.h"
#include "daemon/sync_inner.h"

#include <string.h>

#define TRIES 5 /* judgements of one database, of which a writer makes one necessary again */

const struct engine_parts *sync_parts(const struct sync *s)
{
	return engine_parts(s->engine);
}

const char *sync_name(const struct sync *s)
{
	return s->names[s->at];
}

bool sync_stops(const struct sync *s)
{
	return s->stops;
}

struct sync_asked sync_asked(const struct sync *s)
{
	return (struct sync_asked){.listed = true, .force = s->want.force, .mine = s->want.mine};
}

/* --- the end ----------------------------------------------------------- */

static void begin(struct sync *s);

/* Its answer, and the next sync. */
static void end(struct sync *s, const struct err *e)
{
	struct syncs *all = s->all;
	struct sync_want want = s->want;
	struct doc *d = doc_object();

	all->first = s->next;
	doc_put(d, "databases", s->result);
	if (want.dry_run)
		doc_put_bool(d, "dry_run", true);
	for (size_t i = 0; i < want.count; i++)
		free(s->names[i]);
	free(s->names);
	free(s);
	if (e)
		doc_free(d);
	want.done(want.arg, e ? NULL : d, e);
	if (all->first && !all->first->began)
		begin(all->first);
}

static void end_item(struct sync *s)
{
	whereabouts_end(&s->item.w);
	doc_free(s->item.made);
	s->item = (struct sync_item){0};
	s->at++;
}

void sync_done(struct sync *s, struct doc *detail)
{
	doc_add(s->result, sync_answer(s, detail));
	end_item(s);
	if (s->at == s->want.count)
		end(s, NULL);
	else
		sync_judge(s);
}

void sync_failed(struct sync *s, const struct err *e)
{
	log_warning("sync", "db=%s error=\"%s\"", sync_name(s), e->text);
	s->item.error = *e;
	s->item.deed = SYNC_FAIL;
	sync_done(s, NULL);
}

/* --- one database ------------------------------------------------------ */

static bool see(const struct sync *s, struct pipeline_view *view)
{
	for (size_t i = 0; pipeline_see(sync_parts(s)->pipeline, i, view); i++)
		if (strcmp(view->config->name, sync_name(s)) == 0)
			return true;
	return false;
}

/* What stands in the way of telling where it stands. */
static void say_unknown(const struct sync *s, struct err *e)
{
	if (s->item.view.error)
		*e = *s->item.view.error;
	else
		err_set(e, ERR_FAILED, "where %s stands is not known", sync_name(s));
}

/* Of what was captured and sent it is not told that it is in step, but what was done to bring it
 * there. */
static void take_judgement(struct sync *s)
{
	struct sync_item *item = &s->item;
	const struct sync_asked asked = sync_asked(s);

	if (item->sent && item->deed == SYNC_QUEUE && item->w.l.state == LINEAGE_IN_STEP)
		return;
	item->state = item->w.l.state;
	item->deed = sync_rule(&item->w.l, &asked);
}

static enum err_code look(struct sync *s, struct err *e)
{
	struct sync_item *item = &s->item;

	if (sync_stops(s))
		return err_set(e, ERR_CANCELED, "casmand stops or reloads");
	if (item->tries++ == TRIES)
		return err_set(e, ERR_BUSY, "%s is written all the time", sync_name(s));
	whereabouts_end(&item->w);
	item->w = (struct whereabouts){0};
	if (!see(s, &item->view))
		return err_set(e, ERR_UNKNOWN_DB, "no database is called \"%.40s\"", sync_name(s));
	return whereabouts_look(sync_parts(s), &item->view, NULL, &item->w, e);
}

void sync_judge(struct sync *s)
{
	struct err e = {0};

	if (look(s, &e)) {
		sync_failed(s, &e);
		return;
	}
	take_judgement(s);
	if (s->item.deed == SYNC_FAIL) {
		say_unknown(s, &e);
		sync_failed(s, &e);
	} else if (s->want.dry_run) {
		sync_done(s, NULL);
	} else {
		sync_do(s);
	}
}

/* --- the whole --------------------------------------------------------- */

/* A listing that was under way already may have passed by what was put meanwhile. */
static bool is_stale(struct sync *s)
{
	const struct engine_parts *p = sync_parts(s);
	int64_t at;
	struct err e;

	if (s->listed_again || state_listed_at(p->state, storage_id(p->storage), &at, &e))
		return false;
	s->listed_again = true;
	return at < s->asked_at;
}

static void on_listed(struct sweep_ask *ask, const struct err *listed)
{
	struct sync *s = owner_of(ask, struct sync, listing);
	struct err e = *listed;

	if (!e.code && sync_stops(s))
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	if (!e.code && is_stale(s)) {
		sweep_list(sync_parts(s)->sweep, &s->listing);
		return;
	}
	if (e.code) {
		err_note(&e, "Sync failed (Continuing with local databases)");
		end(s, &e);
		return;
	}
	if (s->want.count == 0)
		end(s, NULL);
	else
		sync_judge(s);
}

static void begin(struct sync *s)
{
	s->began = true;
	s->asked_at = alarm_clock();
	s->listing.done = on_listed;
	sweep_list(sync_parts(s)->sweep, &s->listing);
}

void sync_start(struct syncs *all, struct engine *engine, const struct sync_want *want)
{
	struct sync *s = text_room(1, sizeof(*s)), **last = &all->first;

	s->all = all;
	s->engine = engine;
	s->want = *want;
	s->want.names = NULL;
	s->names = text_room(want->count + 1, sizeof(*s->names));
	for (size_t i = 0; i < want->count; i++)
		s->names[i] = text_copy(want->names[i]);
	s->result = doc_array();
	while (*last)
		last = &(*last)->next;
	*last = s;
	if (all->first == s)
		begin(s);
}

struct syncs *syncs_open(struct restores *restores, struct backups *backups)
{
	struct syncs *all = text_room(1, sizeof(*all));

	*all = (struct syncs){.restores = restores, .backups = backups};
	return all;
}

void syncs_close(struct syncs *all)
{
	REQUIRE(!all->first);
	free(all);
}

/* Those that have not begun end now; the first ends by what it waits for. */
void syncs_abandon(struct syncs *all)
{
	struct err e;

	err_set(&e, ERR_CANCELED, "casmand stops or reloads: nothing was changed");
	if (!all->first)
		return;
	all->first->stops = true;
	differ_cut(&all->first->differ);
	while (all->first->next) {
		struct sync *waits = all->first->next, *first = all->first;

		first->next = waits->next;
		all->first = waits; /* end() takes it away */
		waits->next = first;
		end(waits, &e);
	}
}
