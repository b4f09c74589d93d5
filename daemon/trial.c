#include "daemon/trial.h"

#include "common/scoped.h"
#include "daemon/spool.h"

#include <inttypes.h>
#include <string.h>

static void look(struct trial *t);

static void end(struct trial *t, const struct err *result)
{
	struct err e = *result;

	if (t->is_own)
		state_version_end(&t->own);
	download_end(&t->download);
	t->done(t, &e);
}

/* --- doubt ------------------------------------------------------------- */

static void on_probed(struct storage_ask *ask, const struct err *e)
{
	struct trial *t = owner_of(ask, struct trial, probe);

	t->again = true;
	if (e->code)
		end(t, e);
	else
		look(t);
}

/* What is not there is as bad as what is damaged: somebody listed it, or it was stored. */
static void judge(struct trial *t, struct err *e)
{
	if (e->code == ERR_MISSING)
		err_set(e, ERR_CORRUPT, "%s: it is gone from the store", t->of->seen.key);
	if (t->stop && e->code)
		err_set(e, ERR_CANCELED, "casmand stops or reloads");
	if (e->code != ERR_CORRUPT || t->again) {
		end(t, e);
		return;
	}
	t->probe.done = on_probed;
	storage_probe(t->parts->storage, &t->probe);
}

static enum err_code differs(const struct trial *t, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "%s: %s", t->of->seen.key, what);
}

/* --- what it is -------------------------------------------------------- */

static bool same_tags(const struct version *a, const struct version *b)
{
	scoped(heap) char *one = version_tags_text(a);
	scoped(heap) char *other = version_tags_text(b);

	return strcmp(one, other) == 0;
}

/* What was counted is compared where somebody else counted: our own metadata is what was written, and
 * count_table may name another table today. */
static enum err_code judge_object(const struct trial *t, struct err *e)
{
	const struct download *d = &t->download;
	int64_t told = t->seen.v.record_count, found = d->prove.check.record_count;

	if (t->is_own && !(d->tagged && same_tags(&d->tags, &t->own.v)))
		return differs(t, "its tags are not what was written", e);
	if (!t->is_own && t->seen.v.id[0] && !(d->tagged && strcmp(d->tags.id, t->seen.v.id) == 0))
		return differs(t, "its tags are another version's", e);
	if (!t->is_own && t->seen.described && told >= 0 && found >= 0 && told != found)
		return err_set(e, ERR_CORRUPT,
			"%s: it has %" PRId64 " records in %s, where its metadata says %" PRId64,
			t->seen.key, found, d->prove.count_table, told);
	return ERR_NONE;
}

static void on_downloaded(struct download *d, const struct err *result)
{
	struct trial *t = owner_of(d, struct trial, download);
	struct err e = *result;

	if (!e.code)
		e.code = judge_object(t, &e);
	download_end(&t->download);
	judge(t, &e);
}

static void fetch(struct trial *t)
{
	const struct engine_parts *p = t->parts;
	struct err e;

	if (spool_room(p->state, p->config, t->seen.size, &e)) {
		end(t, &e);
		return;
	}
	t->download = (struct download){.seen = &t->seen, .done = on_downloaded};
	download_start(&t->download, p, true);
}

/* --- what is told of it ------------------------------------------------ */

static bool tells_the_same(const struct version *a, const struct version *b)
{
	return strcmp(a->checksum, b->checksum) == 0 && a->size == b->size &&
		a->timestamp == b->timestamp && a->record_count == b->record_count &&
		strcmp(a->operation, b->operation) == 0;
}

static enum err_code judge_own(const struct trial *t, const char *told, struct err *e)
{
	scoped(heap) char *wrote = version_metadata(&t->own.v);

	return strcmp(told, wrote) == 0 ? ERR_NONE
					: differs(t, "its metadata is not what was written", e);
}

static enum err_code judge_others(struct trial *t, struct err *e)
{
	const struct store_request *r = &t->get;

	t->told = r->got.tagged ? r->got.tags : t->of->seen.v;
	if (version_read_metadata(&t->told, r->got.bytes, (size_t)r->got.size, e))
		return err_note(e, "%s: its metadata", t->of->seen.key);
	if (t->of->seen.described && !tells_the_same(&t->told, &t->of->seen.v))
		return differs(t, "its metadata is not what it was", e);
	t->seen.v = t->told;
	t->seen.described = true;
	return ERR_NONE;
}

static void on_told(struct store_request *r, const struct err *result)
{
	struct trial *t = owner_of(r, struct trial, get);
	struct err e = *result;

	storage_went(t->parts->storage, &e);
	if (!e.code)
		e.code = t->is_own ? judge_own(t, r->got.bytes, &e) : judge_others(t, &e);
	else if (e.code == ERR_CORRUPT)
		err_note(&e, "%s: its metadata", t->of->seen.key);
	else if (e.code == ERR_MISSING && !t->of->seen.described && !t->is_own)
		e.code = ERR_NONE; /* it never had any */
	else if (e.code == ERR_MISSING)
		differs(t, "its metadata is gone from the store", &e);
	store_request_end(r);
	if (e.code || t->stop)
		judge(t, &e);
	else
		fetch(t);
}

static void look(struct trial *t)
{
	struct store *store = storage_store(t->parts->storage);
	struct err e;

	if (t->stop)
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	else if (!store)
		err_set(&e, ERR_OFFLINE, "Storage backend not available: %s",
			storage_see(t->parts->storage).error);
	if (t->stop || !store) {
		end(t, &e);
		return;
	}
	t->seen = t->of->seen;
	t->get = (struct store_request){.verb = STORE_GET, .done = on_told};
	objkey_beside(t->get.key, t->seen.key, OBJKEY_METADATA);
	store_start(store, &t->get);
}

void trial_start(struct trial *t, const struct engine_parts *parts)
{
	const char *id = t->of->seen.v.id;
	struct err e;

	t->parts = parts;
	t->is_own = *id &&
		!state_version_get(parts->state, id, storage_id(parts->storage), &t->own, &e);
	look(t);
}

void trial_cut(struct trial *t)
{
	t->stop = true;
	download_cut(&t->download);
}
