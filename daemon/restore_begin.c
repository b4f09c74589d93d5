#include "common/text.h"
#include "daemon/io/disk.h"
#include "daemon/io/live_made.h"
#include "daemon/restore_inner.h"

#include <fcntl.h>
#include <string.h>

/* --- fetching and proving ---------------------------------------------- */

static enum err_code prove_on_pool(struct work *w, struct err *e)
{
	struct restore *r = owner_of(w, struct restore, job);
	char checksum[DIGEST_TEXT];

	if (r->spooled && live_made_keep(r->spooled, r->copy, checksum, e))
		return e->code;
	return prove(&r->prove, e);
}

/* Whoever asked writes the file, as himself: no right of ours is lent. */
static void hand_over(struct restore *r)
{
	struct err e;
	int fd = disk_open_file(AT_FDCWD, r->copy, &e);

	if (fd < 0) {
		restore_fail(r, &e);
		return;
	}
	r->want.pass(r->want.arg, fd);
	restore_succeed(r, NULL, NULL);
}

static void on_proven(struct work *w, const struct err *result)
{
	struct restore *r = owner_of(w, struct restore, job);
	struct err e = *result;

	if (r->abandoned) {
		restore_stopped(r);
		return;
	}
	if (e.code == ERR_CORRUPT)
		err_note(&e, "%s", r->chosen.seen.key);
	if (!e.code && r->want.hand_over)
		hand_over(r);
	else if (e.code || restore_hold(r, &e))
		restore_fail(r, &e);
}

static void prove_it(struct restore *r)
{
	const struct config_database *d = config_find(restore_parts(r)->config, r->database);

	/* The engine may go while this is under way.  Another machine's database has none here. */
	r->count_table = text_copy(d ? d->count_table : "");
	r->stage = PROVING;
	restore_progress(r, "proving");
	r->prove = (struct prove){.path = r->copy,
		.v = &r->chosen.seen.v,
		.described = r->chosen.seen.described,
		.count_table = r->count_table,
		.stop = &r->stop};
	r->job = (struct work){.run = prove_on_pool, .done = on_proven};
	work_start(restore_parts(r)->loop, &r->job);
}

static void on_fetched(struct store_request *request, const struct err *result)
{
	struct restore *r = owner_of(request, struct restore, fetch);
	struct err e = *result;

	storage_went(restore_parts(r)->storage, &e);
	store_request_end(request);
	if (r->abandoned)
		restore_stopped(r);
	else if (e.code)
		restore_fail(r, &e);
	else
		prove_it(r);
}

static void fetch(struct restore *r)
{
	struct store *store = storage_store(restore_parts(r)->storage);
	struct err e;

	if (!store) {
		err_set(&e, ERR_OFFLINE, "Storage backend not available: %s",
			storage_see(restore_parts(r)->storage).error);
		restore_fail(r, &e);
		return;
	}
	r->stage = FETCHING;
	restore_progress(r, "downloading");
	r->fetch = (struct store_request){.verb = STORE_FETCH, .file = r->copy, .done = on_fetched};
	memcpy(r->fetch.key, r->chosen.seen.key, sizeof(r->fetch.key));
	store_start(store, &r->fetch);
}

/* --- choosing ---------------------------------------------------------- */

char *restore_in_spool(const struct restore *r, const char *name, const char *suffix)
{
	struct text path = {0};

	text_add(&path, "%s/spool/%s%s", state_folder(restore_parts(r)->state), name, suffix);
	return text_take(&path);
}

static void begin(struct restore *r)
{
	const struct engine_parts *p = restore_parts(r);
	const struct state_seen *seen = &r->chosen.seen;
	char name[VERSION_ID + 1];
	struct state_version v;
	struct err e;

	digest_random_id(name);
	r->copy = restore_in_spool(r, name, ".tmp");
	if (seen->v.id[0] &&
		!state_version_get(p->state, seen->v.id, storage_id(p->storage), &v, &e)) {
		if (v.spooled)
			r->spooled = restore_in_spool(r, seen->v.id, "");
		state_version_end(&v);
	}
	if (r->spooled)
		prove_it(r);
	else
		fetch(r);
}

static void chosen(struct restore *r)
{
	const struct state_seen *seen = &r->chosen.seen;
	struct err e = {0};

	free(r->database);
	r->database = text_copy(seen->v.db_name);
	if (!r->want.hand_over && !config_find(restore_parts(r)->config, r->database))
		err_set(&e, ERR_UNKNOWN_DB, "no database is called \"%.40s\" in the configuration",
			r->database);
	else if (seen->refused[0])
		err_set(&e, ERR_CORRUPT, "%s: the version is refused: %s", seen->key,
			seen->refused);
	else if (r->chosen.state == COPY_BAD)
		err_set(&e, ERR_CORRUPT, "%s: the version is bad", seen->key);
	if (e.code)
		restore_fail(r, &e);
	else if (r->want.dry_run)
		restore_foretell(r);
	else
		begin(r);
}

static enum err_code choose(struct restore *r, struct err *e)
{
	const struct engine_parts *p = restore_parts(r);

	return choose_version(p->state, storage_id(p->storage), &r->want.which, &r->chosen, e);
}

static void on_listed(struct sweep_ask *ask, const struct err *listed)
{
	struct restore *r = owner_of(ask, struct restore, listing);
	struct err e;

	if (r->abandoned) {
		restore_stopped(r);
		return;
	}
	if (!choose(r, &e)) {
		chosen(r);
		return;
	}
	if (e.code == ERR_MISSING && listed->code)
		err_set(&e, ERR_OFFLINE, "it is not here, and the store was not reached: %s",
			listed->text);
	restore_fail(r, &e);
}

static char *copy_or_null(const char *text)
{
	return text ? text_copy(text) : NULL;
}

void restore_start(struct restores *all, struct engine *engine, const struct restore_want *want)
{
	struct restore *r;
	struct err e;

	if (all->now) {
		err_set(&e, ERR_BUSY, "a restore of %s is under way: try again when it is done",
			all->now->database);
		want->done(want->arg, NULL, &e);
		return;
	}
	r = all->now = text_room(1, sizeof(*r));
	r->all = all;
	r->engine = engine;
	r->want = *want;
	r->want.which.key = r->key = copy_or_null(want->which.key);
	r->database = text_copy(want->which.database ? want->which.database : "");
	r->want.which.database = want->which.database ? r->database : NULL;
	/* By key it is what it is; which is the newest, the store has to say. */
	if (r->key && !choose(r, &e)) {
		chosen(r);
		return;
	}
	r->listing.done = on_listed;
	sweep_list(restore_parts(r)->sweep, &r->listing);
}

/* --- the whole --------------------------------------------------------- */

struct restores *restores_open(void)
{
	return text_room(1, sizeof(struct restores));
}

void restores_close(struct restores *all)
{
	REQUIRE(!all->now);
	free(all);
}

void restores_abandon(struct restores *all)
{
	struct restore *r = all->now;

	if (!r)
		return;
	r->abandoned = true;
	atomic_store(&r->stop, true);
	if (r->stage == PUBLISHING)
		restore_succeed(r, NULL, "casmand stops or reloads: it is published afterwards");
}
