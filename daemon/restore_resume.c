#include "common/log.h"
#include "common/text.h"
#include "daemon/restore_inner.h"

#include <string.h>

#define RESUME_WAIT_MS 10000 /* for others' locks */

static enum err_code recover_on_pool(struct work *w, struct err *e)
{
	struct restore *r = owner_of(w, struct restore, job);
	struct live_patience p = {.wait_ms = RESUME_WAIT_MS, .stop = &r->stop};
	struct snapshot *is = &r->replace.snapshot;

	if (live_recover(r->hold.path, r->record.logged, &p, e) == ERR_MISSING)
		return e->code = ERR_NONE; /* neither old nor new contents */
	if (e->code || snapshot_take(r->hold.path, r->download.copy, RESUME_WAIT_MS, is, e))
		return e->code;
	return ERR_NONE;
}

static void on_recovered(struct work *w, const struct err *result)
{
	struct restore *r = owner_of(w, struct restore, job);
	struct err e = *result;

	if (!e.code && strcmp(r->replace.snapshot.content, r->record.content) == 0) {
		restore_publish(r);
		return;
	}
	if (!e.code) {
		restore_settled(r);
		err_set(&e, ERR_CANCELED, "the restore of %s was cut short: the contents are %s",
			r->record.key,
			strcmp(r->replace.snapshot.content, r->record.before) == 0
				? "those of before"
				: "others since");
	} else {
		err_note(&e, "whether the restore of %s was done shows at the next start",
			r->record.key);
	}
	pipeline_let(restore_parts(r)->pipeline, &r->hold);
	restore_fail(r, &e);
}

static void on_resumed(struct pipeline_hold *hold)
{
	struct restore *r = owner_of(hold, struct restore, hold);

	r->stage = LOCKING;
	r->job = (struct work){.run = recover_on_pool, .done = on_recovered};
	work_start(restore_parts(r)->loop, &r->job);
}

void restores_resume(struct restores *all, struct engine *engine)
{
	char name[VERSION_ID + 1];
	struct restore *r;
	struct err e;

	if (all->now)
		return;
	r = text_room(1, sizeof(*r));
	r->all = all;
	r->engine = engine;
	if (restore_record_get(restore_parts(r)->state, &r->record, &e)) {
		if (e.code != ERR_MISSING)
			log_error("restore", "error=\"%s\"", e.text);
		free(r);
		return;
	}
	all->now = r;
	r->stage = HOLDING;
	r->database = text_copy(r->record.database);
	memcpy(r->chosen.seen.key, r->record.key, sizeof(r->chosen.seen.key));
	digest_random_id(name);
	r->download.copy = download_path(restore_parts(r)->state, name, ".tmp");
	r->hold = (struct pipeline_hold){.database = r->database, .held = on_resumed};
	if (pipeline_hold(restore_parts(r)->pipeline, &r->hold, &e))
		restore_fail(r, &e);
}
