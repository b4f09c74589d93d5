#include "common/log.h"
#include "common/text.h"
#include "daemon/diary.h"
#include "daemon/io/alarm.h"
#include "daemon/report.h"
#include "daemon/restore_inner.h"

#include <string.h>

const struct engine_parts *restore_parts(const struct restore *r)
{
	return engine_parts(r->engine);
}

void restore_progress(const struct restore *r, const char *state)
{
	struct doc *params;

	if (!r->want.done)
		return;
	params = doc_object();
	doc_put_text(params, "database", r->database);
	doc_put_text(params, "state", state);
	r->want.progress(r->want.arg, params);
}

/* --- the end ----------------------------------------------------------- */

static void free_restore(struct restore *r)
{
	if (r->all->now == r)
		r->all->now = NULL;
	if (r->has_safety)
		state_version_end(&r->safety);
	download_end(&r->download);
	free(r->key);
	free(r->database);
	free(r);
}

void restore_fail(struct restore *r, const struct err *e)
{
	struct restore_want want = r->want;

	bool ours = !r->want.agree; /* else the sync's to tell */

	if (ours && (r->stage > FETCHING || e->code != ERR_CANCELED))
		log_warning("restore", "db=%s key=%s error=\"%s\"", r->database, r->chosen.seen.key,
			e->text);
	if (ours && r->stage >= HOLDING)
		diary(restore_parts(r)->state, HISTORY_RESTORE_FAILED, r->database, e->text);
	free_restore(r);
	if (want.done)
		want.done(want.arg, NULL, e);
}

void restore_stopped(struct restore *r)
{
	struct err e;

	err_set(&e, ERR_CANCELED, "casmand stops or reloads: nothing was changed");
	restore_fail(r, &e);
}

static struct doc *result_of(const struct restore *r)
{
	struct doc *d = doc_object();

	doc_put_text(d, "database", r->database);
	doc_put(d, "version", report_listed(&r->chosen));
	if (r->has_safety)
		doc_put(d, "safety", report_version(&r->safety));
	else
		doc_put_null(d, "safety");
	doc_put_null(d, "published");
	if (r->download.prove.check.orphans)
		doc_put_int(d, "orphans", r->download.prove.check.orphans);
	doc_put_text(d, "note",
		r->replace.recodes
			? "it has another text encoding: programs that have the database "
			  "open must open it again"
			: NULL);
	return d;
}

/* `published`: the version that the restore is in the store; NULL: none was to be made.  `why`: it
 * will be made later. */
void restore_succeed(struct restore *r, const char *published, const char *why)
{
	const struct engine_parts *p = restore_parts(r);
	struct restore_want want = r->want;
	struct doc *d = result_of(r);
	struct state_version v;
	struct err e;

	if (published && !state_version_get(p->state, published, storage_id(p->storage), &v, &e)) {
		doc_put(d, "published", report_version(&v));
		state_version_end(&v);
	}
	doc_put_text(d, "publish_error", why);
	free_restore(r);
	if (want.done)
		want.done(want.arg, d, NULL);
	else
		doc_free(d);
}

/* What is in the database now, as far as it is known. */
static struct doc *now_of(const struct restore *r)
{
	const struct engine_parts *p = restore_parts(r);
	struct doc *d = doc_object();
	struct pipeline_view view;
	struct state_version last;
	struct err e;
	size_t i = 0;

	while (pipeline_see(p->pipeline, i, &view) && strcmp(view.config->name, r->database) != 0)
		i++;
	if (pipeline_see(p->pipeline, i, &view)) {
		doc_put_bool(d, "present", view.present);
		doc_put_int(d, "size_bytes", (int64_t)view.size);
		doc_put_bool(d, "dirty", view.dirty);
	}
	if (state_version_newest(p->state, r->database, storage_id(p->storage), &last, &e)) {
		doc_put_null(d, "last_version");
	} else {
		doc_put(d, "last_version", report_version(&last));
		state_version_end(&last);
	}
	return d;
}

void restore_foretell(struct restore *r)
{
	struct restore_want want = r->want;
	struct doc *d = doc_object();

	doc_put_text(d, "database", r->database);
	doc_put(d, "version", report_listed(&r->chosen));
	doc_put_bool(d, "dry_run", true);
	doc_put(d, "now", now_of(r));
	free_restore(r);
	want.done(want.arg, d, NULL);
}

/* --- publishing -------------------------------------------------------- */

void restore_settled(struct restore *r)
{
	struct err e;

	if (restore_record_remove(restore_parts(r)->state, &e))
		log_error("restore", "error=\"%s\"", e.text);
}

/* A capture publishes them; or sees that they are what they are to be, and nobody wrote since. */
static void ask_capture(struct restore *r)
{
	struct text words = {0};

	r->stage = PUBLISHING;
	restore_progress(r, "publishing");
	if (r->record.publish)
		text_add(&words, "Restored from %s", r->record.key);
	else
		text_add(&words, "Database changed");
	r->ticket = pipeline_ask(restore_parts(r)->pipeline, r->database, words.at, alarm_now());
	text_free(&words);
}

static void tell_done(const struct restore *r)
{
	const struct restore_record *record = &r->record;

	if (record->synced)
		log_info("synced", "db=%s key=%s", r->database, record->key);
	else
		log_info("restored", "db=%s key=%s", r->database, record->key);
	diary(restore_parts(r)->state, record->synced ? HISTORY_SYNCED : HISTORY_RESTORED,
		r->database, record->key);
}

void restore_publish(struct restore *r)
{
	const struct engine_parts *p = restore_parts(r);
	struct err e = {0};

	tell_done(r);
	if (r->record.publish)
		pipeline_inherit(&r->hold, &r->record.heir);
	else
		e.code = pipeline_rebase(&r->hold, &r->record.chosen, r->record.restored, &e);
	if (e.code)
		log_error("restore", "db=%s error=\"%s\"", r->database, e.text);
	pipeline_let(p->pipeline, &r->hold);
	if (!r->record.publish)
		restore_settled(r);
	if (r->abandoned) /* restoring.json says what is to be done yet */
		restore_succeed(r, NULL, "casmand stops or reloads: it is published afterwards");
	else if (p->config->backend == BACKEND_DISABLED) /* nothing is captured */
		restore_succeed(r, NULL, NULL);
	else
		ask_capture(r);
}

void restores_captured(
	struct restores *all, struct engine *engine, const struct pipeline_result *result)
{
	struct restore *r = all->now;

	if (!r || r->stage != PUBLISHING || r->ticket > result->ticket ||
		strcmp(r->database, result->database) != 0)
		return;
	if (result->end == PIPELINE_FAILED) {
		restore_succeed(r, NULL, result->e->text); /* the pipeline tries again */
		return;
	}
	if (r->record.publish)
		restore_settled(r);
	restore_succeed(r, r->record.publish ? result->id : NULL, NULL);
	engine_hurry(engine);
}
