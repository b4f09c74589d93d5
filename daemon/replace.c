#include "daemon/replace.h"

#include "common/scoped.h"
#include "common/text.h"
#include "daemon/capture.h"
#include "daemon/io/alarm.h"
#include "daemon/io/disk.h"
#include "daemon/io/live_made.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define COPY_WAIT_MS 1000 /* for the first safety copy; under the lock there is another chance */

/* --- the safety copy --------------------------------------------------- */

static void spooled(const struct replace *r, const char *suffix, struct text *path)
{
	text_add(path, "%s/%s%s", r->spool, r->id, suffix);
}

static enum err_code check_and_keep(struct replace *r, const char *path, struct err *e)
{
	const struct check_ask ask = {.count_table = r->count_table, .stop = r->patience.stop};
	struct text name = {0};

	text_free(&r->check.tables);
	if (check_copy(path, &ask, &r->check, e))
		return err_note(e, "check the safety copy");
	text_add(&name, "%s.tmp", r->id);
	e->code = capture_keep(r->spool, name.at, r->id, e);
	text_free(&name);
	r->kept = !e->code;
	return e->code;
}

/* What was copied to `path`: is it a version already, or is it to become one? */
static enum err_code settle(struct replace *r, const char *path, struct err *e)
{
	if (r->snapshot.size && strcmp(r->snapshot.content, r->safe_content) != 0)
		(void)check_and_keep(r, path, e);
	if (!r->kept)
		(void)unlink(path);
	return e->code;
}

/* The lock is not ours yet: what goes wrong here is tried again under it. */
static bool copy_early(struct replace *r, const char *path)
{
	struct err e = {0};

	if (r->unsafe)
		return true;
	return !snapshot_take(r->path, path, COPY_WAIT_MS, &r->snapshot, &e) &&
		!settle(r, path, &e);
}

static void drop_kept(struct replace *r)
{
	struct text path = {0};

	if (r->kept) {
		spooled(r, "", &path);
		(void)unlink(path.at);
		text_free(&path);
	}
	r->kept = false;
}

static enum err_code copy_again(struct replace *r, const char *path, struct err *e)
{
	drop_kept(r);
	if (!live_copy(r->live, path, &r->snapshot, e))
		(void)settle(r, path, e);
	return e->code ? err_note(e, "the safety version cannot be made") : ERR_NONE;
}

static enum err_code lock(struct replace *r, const char *path, struct err *e)
{
	bool early = copy_early(r, path);

	if (live_lock(r->live, r->copy, &r->patience, e))
		return e->code;
	r->recodes = live_recodes(r->live);
	if (r->unsafe || (early && !live_moved(r->live, &r->snapshot)))
		return e->code = ERR_NONE;
	return copy_again(r, path, e);
}

/* --- what is no database ----------------------------------------------- */

static bool has_beside(const char *path, const char *suffix)
{
	struct text beside = {0};

	text_add(&beside, "%s%s", path, suffix);
	bool there = access(beside.at, F_OK) == 0;
	text_free(&beside);
	return there;
}

/* The version is its bytes alone; files that lay beside it stay with a second name of them, for who
 * wants to save what is in them. */
static enum err_code keep_with_what_lies_beside(struct replace *r, const char *to, struct err *e)
{
	scoped(fd) int spool = disk_open_folder(r->spool, e);
	struct text kept = {0};

	if (spool < 0)
		return e->code;
	text_add(&kept, "%s/../damaged", r->spool);
	e->code = disk_make_folders(kept.at, 0700, e);
	text_add(&kept, "/%s", r->id);
	if (!e->code && !live_made_keep(r->path, kept.at, r->was, e)) {
		if (link(kept.at, to))
			err_sys(e, "link %s", to);
		else
			e->code = disk_sync(spool, r->spool, e);
		if (!has_beside(kept.at, "-wal") && !has_beside(kept.at, "-journal"))
			(void)unlink(kept.at);
	}
	text_free(&kept);
	return e->code;
}

/* Its bytes are kept as they are: who knows what is in them. */
static enum err_code keep_garbage(struct replace *r, struct err *e)
{
	struct text path = {0};

	drop_kept(r);
	r->garbage = true;
	r->snapshot.began = alarm_clock();
	spooled(r, "", &path);
	if (!keep_with_what_lies_beside(r, path.at, e)) {
		scoped(fd) int fd = disk_open_file(AT_FDCWD, path.at, e);
		if (fd >= 0)
			e->code = digest_file(fd, &r->snapshot.size, r->snapshot.checksum,
				r->snapshot.content, e);
	}
	r->kept = !e->code;
	text_free(&path);
	text_free(&r->check.tables);
	r->check = (struct check){.record_count = VERSION_NO_COUNT};
	text_cut(r->check.problem, sizeof(r->check.problem), "it was no SQLite database");
	if (r->unsafe)
		drop_kept(r);
	return e->code;
}

/* --- jobs -------------------------------------------------------------- */

static enum err_code begin_on_pool(struct work *w, struct err *e)
{
	struct replace *r = owner_of(w, struct replace, work);
	struct text path = {0};

	spooled(r, ".tmp", &path);
	if (!live_open(&r->live, r->path, e))
		(void)lock(r, path.at, e);
	text_free(&path);
	if (!e->code)
		return ERR_NONE;
	live_close(r->live);
	r->live = NULL;
	if (e->code == ERR_CORRUPT)
		return keep_garbage(r, e);
	return e->code == ERR_MISSING ? (e->code = ERR_NONE) : e->code;
}

static enum err_code write_on_pool(struct work *w, struct err *e)
{
	struct replace *r = owner_of(w, struct replace, work);

	if (r->live) {
		e->code = live_write(r->live, e);
		live_close(r->live);
		r->live = NULL;
		return e->code;
	}
	return live_made(r->path, r->copy, r->garbage ? r->was : NULL, e);
}

static void on_loop(struct work *w, const struct err *e)
{
	struct replace *r = owner_of(w, struct replace, work);

	r->done(r, e);
}

void replace_begin(struct uv_loop_s *loop, struct replace *r)
{
	r->work = (struct work){.run = begin_on_pool, .done = on_loop};
	work_start(loop, &r->work);
}

void replace_write(struct uv_loop_s *loop, struct replace *r)
{
	r->work = (struct work){.run = write_on_pool, .done = on_loop};
	work_start(loop, &r->work);
}

void replace_end(struct replace *r)
{
	live_close(r->live);
	r->live = NULL;
	drop_kept(r);
	text_free(&r->check.tables);
}
