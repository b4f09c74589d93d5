#include "daemon/io/snapshot.h"

#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/look.h"
#include "daemon/io/pages.h"
#include "daemon/io/sql.h"
#include "daemon/io/walright.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define TRIES      20        /* for a WAL database that changes its ways under our eyes */
#define CLOCK_TICK 10000000L /* ns: file times move in steps of at most this */
#define HOT_TRIES  4         /* before a journal is believed to be hot ... */
#define HOT_PAUSE  20000000L /* ... and ns between them */

/* What is asked, and where it stands. */
struct take {
	const char *path, *to;
	int out;
	uint64_t until; /* alarm_now(): no waiting for locks any longer */
	struct snapshot *got;
};

static bool retry_later(const struct footprint *was, const struct footprint *is)
{
	return was->inode != is->inode || was->size != is->size || was->modified != is->modified ||
		was->wal != is->wal || is->log;
}

static enum err_code open_theirs(struct sql **s, struct take *t, struct err *e)
{
	if (sql_open(s, t->path, SQL_READ, e))
		return e->code;
	sql_patient(*s, t->until, NULL);
	return ERR_NONE;
}

/* Rollback modes: the read lock is taken by a statement that does not look at the schema, so that a
 * damaged one can still be kept.  The first copy may be torn; it is there for its pages of both
 * files: the second only goes over them in memory, and that is how long a writer waits. */
static enum err_code copy_locked(struct take *t, struct err *e)
{
	scoped(sql) struct sql *s = NULL;
	struct footprint is;

	if (open_theirs(&s, t, e))
		return e->code;
	(void)pages_raw(s, t->path, t->out, e);
	if (sql_do(s, "BEGIN; PRAGMA user_version", e)) {
		if (e->code == ERR_RECOVERY)
			return err_set(e, ERR_RECOVERY,
				"%s waits for its application to recover from a crash (hot "
				"journal)",
				t->path);
		return e->code == ERR_BUSY ? pages_locked(t->path, e) : e->code;
	}
	if (look_at(t->path, &t->got->footprint, &is, e))
		return e->code;
	if (is.wal || is.inode != t->got->footprint.inode)
		return err_set(e, ERR_BUSY, "%s was replaced, or turned to WAL mode", t->path);
	t->got->footprint = is;
	return pages_raw(s, t->path, t->out, e);
}

/* WAL without frames: the file is the whole database.  Times of files stand still for a tick, so it
 * must not have been written in this one (as git's racy index). */
static enum err_code copy_quiet(const struct take *t, struct err *e)
{
	const struct footprint *was = &t->got->footprint;
	scoped(sql) struct sql *s = NULL;
	struct footprint is;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - was->modified;
	if (age < 2 * CLOCK_TICK)
		nanosleep(&(struct timespec){.tv_nsec = 2 * CLOCK_TICK}, NULL);
	if (look_at(t->path, was, &is, e) || sql_open(&s, t->path, SQL_IMMUTABLE, e))
		return e->code;
	if (retry_later(was, &is) || pages_raw(s, t->path, t->out, e) ||
		look_at(t->path, was, &is, e))
		return e->code ? e->code : err_set(e, ERR_BUSY, "%s was written", t->path);
	return retry_later(was, &is) ? err_set(e, ERR_BUSY, "%s was written", t->path) : ERR_NONE;
}

/* WAL with frames: SQLite knows which are committed. */
static enum err_code copy_logged(struct take *t, struct err *e)
{
	scoped(sql) struct sql *s = NULL;

	if (walright_check(t->path, e) || open_theirs(&s, t, e))
		return e->code;
	return pages_logged(s, t->path, t->to, e);
}

static enum err_code copy(struct take *t, struct err *e)
{
	const struct footprint *f = &t->got->footprint;

	if (!f->wal)
		return copy_locked(t, e);
	return f->log ? copy_logged(t, e) : copy_quiet(t, e);
}

static enum err_code try_once(struct take *t, struct err *e)
{
	const struct footprint never = {0};

	t->got->began = alarm_clock();
	if (look_at(t->path, &never, &t->got->footprint, e))
		return e->code;
	if (!t->got->footprint.present)
		return err_set(e, ERR_MISSING, "%s is not there", t->path);
	if (t->got->footprint.empty)
		return err_set(e, ERR_MISSING, "%s has no table yet (0 bytes)", t->path);
	t->out = open(t->to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->out < 0)
		return err_sys(e, "make %s", t->to);
	if (!copy(t, e))
		e->code = digest_file(t->out, &t->got->size, t->got->checksum, t->got->content, e);
	close(t->out);
	return e->code;
}

/* SQLite looks first whether somebody is writing, then at the journal: a writer that begins between the
 * two (PERSIST keeps the file) leaves a journal that looks hot, for a moment. */
static bool may_be_alive(int *hot_tries)
{
	if (++*hot_tries >= HOT_TRIES)
		return false;
	nanosleep(&(struct timespec){.tv_nsec = HOT_PAUSE}, NULL);
	return true;
}

enum err_code snapshot_take(
	const char *path, const char *to, int wait_ms, struct snapshot *out, struct err *e)
{
	struct take t = {
		.path = path, .to = to, .until = alarm_now() + (uint64_t)wait_ms, .got = out};
	int hot_tries = 0;

	for (int i = 0; i < TRIES; i++) {
		e->code = ERR_NONE;
		if (!try_once(&t, e))
			return ERR_NONE;
		if (e->code == ERR_RECOVERY && may_be_alive(&hot_tries))
			continue;
		if (e->code != ERR_BUSY || alarm_now() >= t.until)
			break;
	}
	(void)unlink(to);
	return e->code;
}
