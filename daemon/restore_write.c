#include "common/log.h"
#include "common/text.h"
#include "daemon/capture.h"
#include "daemon/restore_inner.h"
#include "daemon/whereabouts.h"

#include <stdio.h>
#include <string.h>

/* --- writing ----------------------------------------------------------- */

static void let_go(struct restore *r, const struct err *e)
{
	struct err copy = *e;

	replace_end(&r->replace);
	pipeline_let(restore_parts(r)->pipeline, &r->hold);
	restore_fail(r, &copy);
}

static void on_written(struct replace *replace, const struct err *e)
{
	struct restore *r = owner_of(replace, struct restore, replace);

	replace_end(&r->replace);
	if (e->code) {
		struct err words = *e;

		restore_settled(r);
		err_note(&words, "%s: the contents are those of before", r->database);
		let_go(r, &words);
		return;
	}
	restore_publish(r);
}

#define FORMER_MOST 100 /* versions that are looked at, the newest: one of them is usable */

struct former {
	bool found;
	struct state_listed newest;
};

static void take_newest(void *arg, const struct state_listed *l)
{
	struct former *f = arg;

	if (!f->found && choose_usable(l))
		f->newest = *l;
	f->found = f->found || choose_usable(l);
}

/* All but its lineage is nobody's matter. */
static struct version nobodys_child(const struct restore *r)
{
	struct version v = r->chosen.seen.v;

	memcpy(v.id, r->replace.id, sizeof(v.id));
	(void)snprintf(v.machine, sizeof(v.machine), "%s", state_machine(restore_parts(r)->state));
	version_descend(&v, NULL);
	return v;
}

/* Published it is the child of all that it comes after: so other machines follow. */
static void describe_record(struct restore *r)
{
	const struct engine_parts *p = restore_parts(r);
	struct former *f = text_room(1, sizeof(*f));
	struct state_page page = {
		.database = r->database, .limit = FORMER_MOST, .each = take_newest};
	struct state_database row;
	struct state_version base = {0};
	const struct ancestry_known none = {0};
	bool restored, follows = true; /* what is here now is an ancestor of what is to come */
	struct err e;

	page.arg = f;
	if (state_list(p->state, storage_id(p->storage), &page, &e))
		f->found = false;
	r->record.heir = nobodys_child(r);
	version_descend(&r->record.heir, f->found ? &f->newest.seen.v : NULL);
	if (r->has_safety)
		version_join(&r->record.heir, &r->safety.v);
	if (!state_database_get(p->state, r->database, &row, &e) && row.base[0] &&
		(!state_version_get(p->state, row.base, 0, &base, &e) ||
			!state_base_of(p->state, &row, &base.v, &restored, &e))) {
		follows = ancestry_is_same(&base.v, &r->record.chosen) ||
			ancestry_is_ancestor(&none, &base.v, &r->record.chosen);
		version_join(&r->record.heir, &base.v);
	}
	state_version_end(&base);
	version_join(&r->record.heir, &r->chosen.seen.v);
	bool is_newest = f->found && strcmp(f->newest.seen.key, r->chosen.seen.key) == 0;
	r->record.publish = !r->want.no_publish && p->config->backend != BACKEND_DISABLED &&
		!(is_newest && follows && !r->has_safety);
	r->record.restored = !is_newest;
	free(f);
}

/* What sync agreed to, and a safety version besides. */
static void keep_terms(struct restore *r)
{
	r->record.heir = r->terms.heir;
	if (r->has_safety)
		version_join(&r->record.heir, &r->safety.v);
	r->record.synced = true;
	r->record.publish = r->terms.publish;
}

static void write_through(struct restore *r, struct err *e)
{
	struct restore_record *record = &r->record;

	*record = (struct restore_record){0};
	memcpy(record->database, r->hold.config->name, strlen(r->hold.config->name));
	memcpy(record->key, r->chosen.seen.key, sizeof(record->key));
	memcpy(record->content, r->download.prove.content, sizeof(record->content));
	memcpy(record->before, r->replace.snapshot.content, sizeof(record->before));
	record->logged = r->replace.snapshot.footprint.wal;
	record->chosen = r->chosen.seen.v;
	/* The Python client tells no content hash, and a version without metadata no checksum. */
	memcpy(record->chosen.content, r->download.prove.content, sizeof(record->chosen.content));
	memcpy(record->chosen.checksum, r->download.prove.checksum,
		sizeof(record->chosen.checksum));
	if (r->want.agree)
		keep_terms(r);
	else
		describe_record(r);
	if (restore_record_put(restore_parts(r)->state, record, e)) {
		let_go(r, e);
		return;
	}
	r->stage = WRITING;
	restore_progress(r, "writing");
	r->replace.done = on_written;
	replace_write(restore_parts(r)->loop, &r->replace);
}

/* A sync is agreed to by what is there now, or not. */
static enum err_code agree(struct restore *r, struct err *e)
{
	const struct replace *replace = &r->replace;
	const struct whereabouts_seen seen = {.present = replace->snapshot.size > 0,
		.empty = replace->kept && replace->check.sound && !replace->check.rows,
		.content = replace->snapshot.content,
		.checksum = replace->snapshot.checksum};

	r->terms = (struct restore_terms){.heir = nobodys_child(r)};
	if (!r->want.agree || r->want.agree(r->want.arg, &seen, &r->terms))
		return e->code = ERR_NONE;
	return err_set(e, ERR_CANCELED, "%s was written meanwhile", r->database);
}

/* The lock is ours, and the safety copy durable. */
static void on_begun(struct replace *replace, const struct err *result)
{
	struct restore *r = owner_of(replace, struct restore, replace);
	struct capture copy = {.snapshot = replace->snapshot, .check = replace->check};
	struct err e = *result;

	if (!e.code && r->abandoned)
		err_set(&e, ERR_CANCELED, "casmand stops or reloads: nothing was changed");
	if (!e.code && !agree(r, &e) && replace->kept) {
		memcpy(copy.id, replace->id, sizeof(copy.id));
		r->has_safety = !pipeline_safety(&r->hold, &copy, &r->safety, &e);
		replace->kept = !r->has_safety;
		if (!r->has_safety)
			err_note(&e, "the safety version cannot be made");
	}
	if (e.code)
		let_go(r, &e);
	else
		write_through(r, &e);
}

static void on_held(struct pipeline_hold *hold)
{
	struct restore *r = owner_of(hold, struct restore, hold);

	r->stage = LOCKING;
	restore_progress(r, "locking");
	r->replace = (struct replace){
		.path = hold->path,
		.copy = r->download.copy,
		.spool = hold->spool,
		.count_table = hold->config->count_table,
		.unsafe = r->want.no_safety,
		.patience = {.wait_ms = r->want.wait_ms, .stop = &r->stop},
		.done = on_begun
        };
	digest_random_id(r->replace.id);
	pipeline_safe(hold, r->replace.safe_content);
	replace_begin(restore_parts(r)->loop, &r->replace);
}

enum err_code restore_hold(struct restore *r, struct err *e)
{
	r->stage = HOLDING;
	r->hold = (struct pipeline_hold){.database = r->database, .held = on_held};
	return pipeline_hold(restore_parts(r)->pipeline, &r->hold, e);
}
