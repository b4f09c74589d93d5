#include "daemon/backup.h"

#include "common/text.h"
#include "daemon/report.h"

#include <string.h>

enum stage { CAPTURING, SENDING, ENDED };

struct item {
	char name[CONFIG_NAME_MAX + 1];
	enum stage stage;
	uint64_t ticket;
	char id[VERSION_ID + 1]; /* of its version; "" if there is none */
	bool unchanged;
	struct err error;
};

struct backup {
	struct backups *all;
	struct backup *next;
	struct backup_want want;
	struct item *items;
	size_t count;
	char store_error[sizeof(((struct err *)NULL)->text)];
};

struct backups {
	struct backup *first;
};

struct backups *backups_open(void)
{
	return text_room(1, sizeof(struct backups));
}

void backups_close(struct backups *b)
{
	REQUIRE(!b->first);
	free(b);
}

void backup_forget(struct backup *b)
{
	struct backup **at = &b->all->first;

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	free(b->items);
	free(b);
}

/* --- the answer -------------------------------------------------------- */

static bool had_version(const struct engine_parts *p, const char *name)
{
	struct state_version v;
	struct err e;

	if (state_version_newest(p->state, name, storage_id(p->storage), &v, &e))
		return e.code != ERR_MISSING;
	state_version_end(&v);
	return true;
}

static void put_item(struct doc *lists[], const struct engine_parts *p, const struct backup *b,
	const struct item *item)
{
	struct state_version v;
	struct err e;

	if (item->error.code == ERR_MISSING && b->want.all && !had_version(p, item->name)) {
		doc_add_text(lists[5], item->name);
		return;
	}

	if (item->error.code) {
		struct doc *failure = doc_object();

		doc_put_text(failure, "database", item->name);
		doc_put_text(failure, "name", err_name(item->error.code));
		doc_put_text(failure, "error", item->error.text);
		doc_add(lists[2], failure);
		return;
	}
	if (item->unchanged)
		doc_add_text(lists[1], item->name);
	if (item->stage == CAPTURING || !item->id[0] ||
		state_version_get(p->state, item->id, storage_id(p->storage), &v, &e))
		return;
	bool waits = v.state == COPY_CAPTURED || v.state == COPY_SENDING;
	if (!item->unchanged || waits)
		doc_add(lists[0], report_version(&v));
	if (waits)
		doc_add_text(lists[3], item->name);
	state_version_end(&v);
}

static void finish(struct backup *b, struct engine *engine)
{
	static const char *const names[] = {
		"versions", "unchanged", "failed", "queued", "started", "absent"};
	struct doc *result = doc_object(), *lists[LENGTH(names)];
	struct backup_want want = b->want;

	for (size_t i = 0; i < LENGTH(names); i++)
		lists[i] = doc_array();
	for (size_t i = 0; i < b->count; i++)
		if (want.wait)
			put_item(lists, engine_parts(engine), b, &b->items[i]);
		else
			doc_add_text(lists[4], b->items[i].name);
	for (size_t i = 0; i < LENGTH(names); i++)
		doc_put(result, names[i], lists[i]);
	doc_put_text(result, "store_error", b->store_error[0] ? b->store_error : NULL);
	doc_put(result, "lacking", report_lacking(engine_parts(engine)));
	backup_forget(b);
	want.done(want.arg, result);
}

static bool finish_if_ended(struct backup *b, struct engine *engine)
{
	for (size_t i = 0; i < b->count && b->want.wait; i++)
		if (b->items[i].stage != ENDED)
			return false;
	finish(b, engine);
	return true;
}

static void progress(const struct backup *b, const struct item *item, const char *state)
{
	struct doc *params = doc_object();

	doc_put_text(params, "database", item->name);
	doc_put_text(params, "state", state);
	b->want.progress(b->want.arg, params);
}

/* --- events ------------------------------------------------------------ */

/* What is not ours was taken from a store. */
static bool is_stored(const struct engine_parts *p, const char *id)
{
	struct state_version v;
	struct err e;

	if (state_version_get(p->state, id, storage_id(p->storage), &v, &e))
		return e.code == ERR_MISSING;
	bool stored = v.state == COPY_STORED || v.state == COPY_PROVEN;
	state_version_end(&v);
	return stored;
}

static void item_captured(
	struct backup *b, struct item *item, struct engine *engine, const struct pipeline_result *r)
{
	const struct engine_parts *p = engine_parts(engine);

	if (r->end == PIPELINE_FAILED) {
		item->error = *r->e;
		item->stage = ENDED;
		return;
	}
	text_cut(item->id, sizeof(item->id), r->id);
	item->unchanged = r->end == PIPELINE_UNCHANGED;
	item->stage = is_stored(p, r->id) || !p->config->enabled ? ENDED : SENDING;
	if (!p->config->enabled)
		text_cut(b->store_error, sizeof(b->store_error),
			"uploads are off (enabled = false)");
	progress(b, item, item->unchanged ? "unchanged" : "captured");
}

void backups_captured(struct backups *all, struct engine *engine, const struct pipeline_result *r)
{
	struct backup *next;
	bool sending = false;

	for (struct backup *b = all->first; b; b = next) {
		next = b->next;
		for (size_t i = 0; i < b->count; i++) {
			struct item *item = &b->items[i];

			if (item->stage != CAPTURING || item->ticket > r->ticket ||
				strcmp(item->name, r->database) != 0)
				continue;
			item_captured(b, item, engine, r);
			sending = sending || item->stage == SENDING;
		}
		(void)finish_if_ended(b, engine);
	}
	if (sending)
		engine_hurry(engine);
}

void backups_uploaded(struct backups *all, struct engine *engine, const char *id,
	enum copy_state state, const struct err *e)
{
	struct backup *next;

	for (struct backup *b = all->first; b; b = next) {
		next = b->next;
		for (size_t i = 0; i < b->count; i++) {
			struct item *item = &b->items[i];

			if (item->stage != SENDING || (id && strcmp(item->id, id) != 0))
				continue;
			item->stage = ENDED;
			if (state == COPY_STORED)
				progress(b, item, "stored");
			else if (state != COPY_SUPERSEDED) /* which its version tells */
				text_cut(b->store_error, sizeof(b->store_error), e->text);
		}
		(void)finish_if_ended(b, engine);
	}
}

void backups_abandon(struct backups *all, struct engine *engine)
{
	while (all->first) {
		struct backup *b = all->first;

		for (size_t i = 0; i < b->count; i++)
			if (b->items[i].stage == CAPTURING && !b->items[i].error.code)
				err_set(&b->items[i].error, ERR_CANCELED,
					"casmand stops or reloads");
		finish(b, engine);
	}
}

struct backup *backup_start(
	struct backups *all, struct engine *engine, const struct backup_want *want)
{
	struct pipeline *pipeline = engine_parts(engine)->pipeline;
	struct backup *b = text_room(1, sizeof(*b));

	b->all = all;
	b->want = *want;
	b->items = text_room(want->count, sizeof(*b->items));
	b->count = want->count;
	for (size_t i = 0; i < want->count; i++) {
		struct item *item = &b->items[i];

		REQUIRE(text_fit(item->name, sizeof(item->name), want->names[i]));
		item->ticket =
			pipeline_ask(pipeline, item->name, want->operation, want->not_before);
	}
	b->next = all->first;
	all->first = b;
	b->want.names = NULL; /* the caller's, only until here */
	b->want.operation = NULL;
	return finish_if_ended(b, engine) ? NULL : b;
}
