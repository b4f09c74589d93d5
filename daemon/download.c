#include "daemon/download.h"

#include "common/text.h"
#include "daemon/io/live_made.h"

#include <string.h>
#include <unistd.h>

char *download_path(const struct state *state, const char *name, const char *suffix)
{
	struct text path = {0};

	text_add(&path, "%s/spool/%s%s", state_folder(state), name, suffix);
	return text_take(&path);
}

static enum err_code prove_on_pool(struct work *w, struct err *e)
{
	struct download *d = owner_of(w, struct download, job);
	char checksum[DIGEST_TEXT];

	if (d->spooled && live_made_keep(d->spooled, d->copy, checksum, e))
		return e->code;
	return prove(&d->prove, e);
}

static void on_proven(struct work *w, const struct err *result)
{
	struct download *d = owner_of(w, struct download, job);
	struct err e = *result;

	if (e.code == ERR_CORRUPT)
		err_note(&e, "%s", d->seen->key);
	d->done(d, &e);
}

static void prove_it(struct download *d)
{
	const struct config_database *c = config_find(d->parts->config, d->seen->v.db_name);

	/* The engine may go while this is under way.  Another machine's database has none here. */
	d->count_table = text_copy(c ? c->count_table : "");
	d->prove = (struct prove){.path = d->copy,
		.v = &d->seen->v,
		.described = d->seen->described,
		.count_table = d->count_table,
		.stop = &d->stop};
	d->job = (struct work){.run = prove_on_pool, .done = on_proven};
	work_start(d->parts->loop, &d->job);
	if (d->moved)
		d->moved(d, true);
}

static void on_fetched(struct store_request *request, const struct err *result)
{
	struct download *d = owner_of(request, struct download, request);
	struct err e = *result;

	storage_went(d->parts->storage, &e);
	d->fetched = !e.code;
	d->tagged = request->got.tagged;
	d->tags = request->got.tags;
	store_request_end(request);
	if (!e.code && atomic_load(&d->stop))
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
	if (e.code)
		d->done(d, &e);
	else
		prove_it(d);
}

/* Where its file still waits here, or a moment ago did. */
static char *find_spooled(const struct engine_parts *p, const struct version *wanted)
{
	struct state_version v;
	char *path = NULL;
	struct err e;

	if (!wanted->id[0] ||
		state_version_get(p->state, wanted->id, storage_id(p->storage), &v, &e))
		return NULL;
	if (v.spooled)
		path = download_path(p->state, wanted->id, "");
	state_version_end(&v);
	return path;
}

static void fetch(struct download *d)
{
	struct store *store = storage_store(d->parts->storage);
	struct err e;

	if (!store) {
		err_set(&e, ERR_OFFLINE, "Storage backend not available: %s",
			storage_see(d->parts->storage).error);
		d->done(d, &e);
		return;
	}
	d->request =
		(struct store_request){.verb = STORE_FETCH, .file = d->copy, .done = on_fetched};
	memcpy(d->request.key, d->seen->key, sizeof(d->request.key));
	store_start(store, &d->request);
	if (d->moved)
		d->moved(d, false);
}

void download_start(struct download *d, const struct engine_parts *parts, bool from_store)
{
	char name[VERSION_ID + 1];

	digest_random_id(name);
	d->parts = parts;
	d->copy = download_path(parts->state, name, ".tmp");
	d->spooled = from_store ? NULL : find_spooled(parts, &d->seen->v);
	if (d->spooled)
		prove_it(d);
	else
		fetch(d);
}

void download_cut(struct download *d)
{
	atomic_store(&d->stop, true);
}

void download_end(struct download *d)
{
	if (d->copy)
		(void)unlink(d->copy);
	text_free(&d->prove.check.tables);
	free(d->copy);
	free(d->spooled);
	free(d->count_table);
	*d = (struct download){0};
}
