#include "common/text.h"
#include "daemon/io/disk.h"
#include "daemon/restore_inner.h"

#include <fcntl.h>
#include <string.h>

/* --- downloading ------------------------------------------------------- */

/* Whoever asked writes the file, as himself: no right of ours is lent. */
static void hand_over(struct restore *r)
{
	struct err e;
	int fd = disk_open_file(AT_FDCWD, r->download.copy, &e);

	if (fd < 0) {
		restore_fail(r, &e);
		return;
	}
	r->want.pass(r->want.arg, fd);
	restore_succeed(r, NULL, NULL);
}

static void on_downloaded(struct download *d, const struct err *result)
{
	struct restore *r = owner_of(d, struct restore, download);
	struct err e = *result;

	if (e.code && r->stage == FETCHING)
		err_note(
			&e, "%s cannot be downloaded, and nothing was changed", r->chosen.seen.key);
	if (r->abandoned)
		restore_stopped(r);
	else if (!e.code && r->want.hand_over)
		hand_over(r);
	else if (e.code || restore_hold(r, &e))
		restore_fail(r, &e);
}

static void on_moved(struct download *d, bool here)
{
	struct restore *r = owner_of(d, struct restore, download);

	r->stage = here ? PROVING : FETCHING;
	restore_progress(r, here ? "proving" : "downloading");
}

static void begin(struct restore *r)
{
	r->stage = FETCHING;
	r->download = (struct download){
		.seen = &r->chosen.seen, .moved = on_moved, .done = on_downloaded};
	download_start(&r->download, restore_parts(r), false);
}

/* --- choosing ---------------------------------------------------------- */

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

const char *restores_key(const struct restores *all)
{
	return all->now ? all->now->chosen.seen.key : "";
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

bool restores_busy(const struct restores *all)
{
	return all->now;
}

void restores_abandon(struct restores *all)
{
	struct restore *r = all->now;

	if (!r)
		return;
	r->abandoned = true;
	atomic_store(&r->stop, true);
	download_cut(&r->download);
	if (r->stage == PUBLISHING)
		restore_succeed(r, NULL, "casmand stops or reloads: it is published afterwards");
}
