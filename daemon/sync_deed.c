#include "common/text.h"
#include "daemon/backup.h"
#include "daemon/io/alarm.h"
#include "daemon/sync_inner.h"

#include <stdio.h>
#include <string.h>

#define LOCK_WAIT_MS 30000 /* for a busy writer, as restore has it where nothing is said */

static void on_progress(void *arg, struct doc *params)
{
	struct sync *s = arg;

	s->want.progress(s->want.arg, params);
}

/* --- local contents become a version ----------------------------------- */

/* True: it failed, by something else than that there is no file. */
static bool backup_failed(const struct doc *result, struct err *e)
{
	const struct doc *failure = doc_at(doc_get(result, "failed"), 0);

	if (!failure)
		return false;
	err_set(e, err_named(doc_as_text(doc_get(failure, "name"), "")), "%s",
		doc_as_text(doc_get(failure, "error"), "the backup failed"));
	return e->code != ERR_MISSING;
}

/* A version that was made, or of which the contents still wait here. */
static void on_backed_up(void *arg, struct doc *result)
{
	struct sync *s = arg;
	struct sync_item *item = &s->item;
	const struct doc *made = doc_at(doc_get(result, "versions"), 0);
	struct err e;

	item->captured = true;
	item->sent = made;
	doc_free(item->made);
	item->made = made ? doc_copy(made) : NULL;
	bool failed = backup_failed(result, &e);
	doc_free(result);
	if (failed)
		sync_failed(s, &e);
	else if (item->deed == SYNC_PUBLISH)
		sync_done(s, NULL);
	else
		sync_judge(s);
}

static void back_up(struct sync *s)
{
	const char *name = sync_name(s);

	(void)backup_start(s->all->backups, s->engine,
		&(struct backup_want){.names = &name,
			.count = 1,
			.operation = s->item.deed == SYNC_PUBLISH ? "Kept by sync --mine"
								  : "Captured by sync",
			.wait = true,
			.not_before = alarm_now(),
			.progress = on_progress,
			.done = on_backed_up,
			.arg = s});
}

/* --- while nobody captures --------------------------------------------- */

static void hold(struct sync *s, void (*held)(struct pipeline_hold *h))
{
	struct err e;

	s->hold = (struct pipeline_hold){.database = sync_name(s), .held = held};
	if (pipeline_hold(sync_parts(s)->pipeline, &s->hold, &e))
		sync_failed(s, &e);
}

static void on_held_for_base(struct pipeline_hold *h)
{
	struct sync *s = owner_of(h, struct sync, hold);
	struct err e;
	enum err_code code = pipeline_rebase(h, &s->lineage, false, &e);

	pipeline_let(sync_parts(s)->pipeline, h);
	if (code)
		sync_failed(s, &e);
	else
		sync_done(s, NULL);
}

/* The head that the contents are, joined with those of the same contents that others made: so what
 * comes next descends from all of them.  False: the base is that already. */
static bool find_base(const struct whereabouts *w, struct version *base)
{
	const struct ancestry_known none = {0};
	const struct version *same = w->known.list[w->l.same].v;
	bool other = !w->has_base || !ancestry_is_same(&w->base, same);

	*base = other ? *same : w->base;
	for (size_t i = 0; i < w->known.count; i++) {
		const struct ancestry_version *l = &w->known.list[i];

		if (!l->head || !ancestry_is_same(l->v, base) || strcmp(l->v->id, base->id) == 0 ||
			ancestry_is_ancestor(&none, l->v, base))
			continue;
		version_join(base, l->v);
		other = true;
	}
	return other;
}

static void adopt(struct sync *s)
{
	const struct whereabouts *w = &s->item.w;

	if (w->l.state == LINEAGE_IN_STEP && w->l.same != LINEAGE_NONE && find_base(w, &s->lineage))
		hold(s, on_held_for_base);
	else
		sync_done(s, NULL);
}

static void on_held_for_heir(struct pipeline_hold *h)
{
	struct sync *s = owner_of(h, struct sync, hold);
	struct err e;

	if (sync_stops(s)) {
		pipeline_let(sync_parts(s)->pipeline, h);
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
		sync_failed(s, &e);
		return;
	}
	pipeline_inherit(h, &s->lineage);
	pipeline_let(sync_parts(s)->pipeline, h);
	back_up(s);
}

/* The next capture is the child of all heads. */
static void publish(struct sync *s)
{
	const struct whereabouts *w = &s->item.w;

	s->lineage = (struct version){0};
	whereabouts_join(w, w->has_base ? &w->base : NULL, &s->lineage);
	hold(s, on_held_for_heir);
}

/* --- a version becomes the local contents ------------------------------ */

/* Under the lock, by what is there: is it still what is to be done? */
static bool on_agree(void *arg, const struct whereabouts_seen *seen, struct restore_terms *terms)
{
	struct sync *s = arg;
	const struct sync_asked asked = sync_asked(s);
	const struct state_listed *taken = &s->item.taken;
	struct whereabouts w;
	struct err e;

	bool agreed = !whereabouts_look(sync_parts(s), &s->item.view, seen, &w, &e) &&
		sync_rule(&w.l, &asked) == SYNC_DOWNLOAD &&
		(asked.force || strcmp(w.listed[w.l.take].seen.key, taken->seen.key) == 0);
	if (agreed) {
		terms->publish = asked.force && whereabouts_others(&w, &taken->seen.v);
		whereabouts_join(&w, &taken->seen.v, &terms->heir);
	}
	whereabouts_end(&w);
	s->item.overtaken = !agreed;
	return agreed;
}

static void on_taken(void *arg, struct doc *result, const struct err *e)
{
	struct sync *s = arg;

	if (s->item.overtaken && !sync_stops(s)) {
		s->item.overtaken = false;
		back_up(s);
	} else if (e) {
		sync_failed(s, e);
	} else {
		sync_done(s, result);
	}
}

static void take(struct sync *s)
{
	s->item.taken = s->item.w.listed[s->item.w.l.take];
	restore_start(s->all->restores, s->engine,
		&(struct restore_want){.which = {.key = s->item.taken.seen.key},
			.wait_ms = LOCK_WAIT_MS,
			.agree = on_agree,
			.progress = on_progress,
			.done = on_taken,
			.arg = s});
}

/* --- nothing is touched ------------------------------------------------ */

static void on_compared(struct differ *d, const struct err *e)
{
	struct sync *s = owner_of(d, struct sync, differ);
	struct doc *detail = sync_diverged(s, e);

	differ_end(d);
	sync_done(s, detail);
}

static void compare(struct sync *s)
{
	struct doc *params = doc_object();

	doc_put_text(params, "database", sync_name(s));
	doc_put_text(params, "state", "comparing");
	on_progress(s, params);
	s->item.taken = s->item.w.listed[s->item.w.l.take];
	s->differ = (struct differ){
		.database = sync_name(s), .theirs = s->item.taken, .done = on_compared};
	differ_start(&s->differ, sync_parts(s));
}

static void stop(struct sync *s)
{
	const struct err none = {0};

	if (s->item.w.l.take != LINEAGE_NONE)
		compare(s);
	else
		sync_done(s, sync_diverged(s, &none));
}

void sync_do(struct sync *s)
{
	bool captured = s->item.captured;

	switch (s->item.deed) {
	case SYNC_DOWNLOAD: take(s); return;
	case SYNC_PUBLISH: publish(s); return;
	case SYNC_QUEUE:
		if (captured)
			sync_done(s, NULL);
		else
			back_up(s);
		return;
	case SYNC_STOP:
		if (captured)
			stop(s);
		else
			back_up(s);
		return;
	case SYNC_NOTHING:
	case SYNC_FAIL:
	default: adopt(s);
	}
}
