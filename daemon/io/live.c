#include "daemon/io/live.h"

#include "common/span.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/holder.h"
#include "daemon/io/look.h"
#include "daemon/io/pages.h"
#include "daemon/io/sql.h"
#include "daemon/io/walright.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LOCK_TRY 10000000L /* ns between two tries where SQLite itself does not wait */

/* Bytes of a database's header, https://www.sqlite.org/fileformat2.html */
#define PAGE_SIZE    16 /* two: big-endian */
#define JOURNAL_MODE 18 /* two: write and read version, 1 rollback, 2 WAL */
#define ENCODING     56 /* four: big-endian; 0: no table yet */

struct live {
	char *path;
	/* In WAL mode: a connection that is kept, whose data_version tells of others' commits. */
	struct sql *witness;
	int64_t version;
	struct sql *to, *from;
	sqlite3_backup *backup;
	unsigned char header[FOOTPRINT_HEADER]; /* of the live file, before and under the lock */
	unsigned char wanted[FOOTPRINT_HEADER]; /* of the copy */
	bool logged;                            /* SQLite uses a -wal */
	bool turned;                            /* ... but did, until we came */
};

static bool other_page_size(const struct live *l)
{
	return memcmp(l->header + PAGE_SIZE, l->wanted + PAGE_SIZE, 2) != 0;
}

/* SQLite's own rule (pager.c, pagerOpenWalIfPresent): a -wal that is there is used, whatever the
 * header says. */
static bool uses_log(const struct live *l)
{
	struct text beside = {0};

	text_add(&beside, "%s-wal", l->path);
	bool there = access(beside.at, F_OK) == 0;
	text_free(&beside);
	return there || l->header[JOURNAL_MODE + 1] == 2;
}

static enum err_code read_header(struct live *l, struct sql *s, struct err *e)
{
	sqlite3_file *file = NULL;

	sqlite3_file_control(sql_handle(s), "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file);
	int code = file->pMethods->xRead(file, l->header, sizeof(l->header), 0);
	if (code && code != SQLITE_IOERR_SHORT_READ) /* an empty file: SQLite gives zeros */
		return sql_failed(s, code, e, "read %s", l->path);
	l->logged = uses_log(l);
	return ERR_NONE;
}

/* --- commits of others ------------------------------------------------- */

static enum err_code data_version(struct live *l, int64_t *version, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(l->witness, e, "PRAGMA data_version", "");

	if (!sql_next(l->witness, row, e))
		return e->code ? e->code : err_set(e, ERR_FAILED, "no data_version");
	*version = sql_int(row, 0);
	sql_reset(row);
	return ERR_NONE;
}

static enum err_code call_witness(struct live *l, struct err *e)
{
	if (walright_check(l->path, e) || sql_open(&l->witness, l->path, SQL_READ, e))
		return e->code;
	return data_version(l, &l->version, e);
}

enum err_code live_open(struct live **out, const char *path, struct err *e)
{
	const struct footprint never = {0};
	struct live *l = text_room(1, sizeof(*l));
	struct footprint now;

	l->path = text_copy(path);
	e->code = ERR_NONE;
	if (!look_at(path, &never, &now, e) && !now.present)
		err_set(e, ERR_MISSING, "%s is not there", path);
	/* One that is locked by an application with locking_mode=EXCLUSIVE is waited for later. */
	if (!e->code && now.wal && call_witness(l, e) == ERR_BUSY) {
		sql_close(l->witness);
		l->witness = NULL;
		e->code = ERR_NONE;
	}
	if (e->code)
		live_close(l);
	else
		*out = l;
	return e->code;
}

bool live_moved(struct live *l, const struct snapshot *since)
{
	struct footprint now = {0};
	struct stat st;
	int64_t version = 0;
	struct err e;

	if (stat(l->path, &st) || st.st_ino != since->footprint.inode)
		return true;
	if (l->logged)
		return !l->witness || data_version(l, &version, &e) || version != l->version;
	return since->footprint.wal || !footprint_header(&now, l->header) ||
		now.counter != since->footprint.counter ||
		(uint64_t)st.st_size != since->footprint.size;
}

/* --- the lock ---------------------------------------------------------- */

static void let_go(struct live *l)
{
	if (l->backup)
		(void)sqlite3_backup_finish(
			l->backup); /* which rolls back what was not committed */
	l->backup = NULL;
	if (l->turned) /* the lock is kept since: what can fail is the disk */
		sqlite3_exec(sql_handle(l->to), "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	l->turned = false;
	sql_close(l->from);
	sql_close(l->to);
	l->from = l->to = NULL;
}

static enum err_code open_to(
	struct live *l, const struct live_patience *p, uint64_t until, struct err *e)
{
	if (sql_open(&l->to, l->path, SQL_WRITE, e))
		return e->code;
	if (sqlite3_db_readonly(sql_handle(l->to), "main") == 1)
		return err_set(e, ERR_DENIED,
			"%s may not be written by casmand (owner and mode of the file; under "
			"systemd: ReadWritePaths=)",
			l->path);
	sql_patient(l->to, until, p->stop);
	if (read_header(l, l->to, e) || (l->logged && walright_check(l->path, e)))
		return e->code;
	/* A damaged schema is what one restores from: the pragmas must not fail on it. */
	return sql_do(l->to, "PRAGMA writable_schema=ON; PRAGMA synchronous=EXTRA", e);
}

/* Out of WAL mode, and nobody else has it open from here on. */
static enum err_code turn(struct live *l, struct err *e)
{
	sql_close(l->witness);
	l->witness = NULL;
	if (sql_do(l->to, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE", e))
		return e->code;
	l->turned = true;
	return read_header(l, l->to, e);
}

/* Under the lock: is it still the file, in the mode, that the copy was made ready for? */
static enum err_code still(struct live *l, struct err *e)
{
	int moved = 0;

	sqlite3_file_control(sql_handle(l->to), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (read_header(l, l->to, e))
		return e->code;
	if (moved || l->logged != (l->wanted[JOURNAL_MODE] == 2) ||
		(l->logged && other_page_size(l)))
		return err_set(
			e, ERR_BUSY, "%s was replaced, or changed its journal mode", l->path);
	return ERR_NONE;
}

/* The header of the copy, in whose first page the journal mode comes along. */
static enum err_code prepare(struct live *l, const char *path, struct err *e)
{
	static const unsigned char rollback[] = {1, 1}, wal[] = {2, 2};
	scoped(fd) int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 ||
		pwrite(fd, l->logged ? wal : rollback, sizeof(wal), JOURNAL_MODE) != sizeof(wal) ||
		pread(fd, l->wanted, FOOTPRINT_HEADER, 0) != FOOTPRINT_HEADER)
		return err_sys(e, "prepare %s", path);
	return ERR_NONE;
}

static enum err_code lock(struct live *l, const char *copy, struct err *e)
{
	if (prepare(l, copy, e))
		return e->code;
	if (l->logged && other_page_size(l) && (turn(l, e) || prepare(l, copy, e)))
		return e->code;
	if (sql_open(&l->from, copy, SQL_IMMUTABLE, e))
		return e->code;
	l->backup = sqlite3_backup_init(sql_handle(l->to), "main", sql_handle(l->from), "main");
	if (!l->backup)
		return sql_failed(
			l->to, sqlite3_extended_errcode(sql_handle(l->to)), e, "lock %s", l->path);
	int code = sqlite3_backup_step(l->backup, 0); /* no page yet, but the lock */
	return code ? sql_failed(l->to, code, e, "lock %s", l->path) : still(l, e);
}

static enum err_code busy(const struct live *l, const struct live_patience *p, struct err *e)
{
	char holder[HOLDER_ROOM], waited[SPAN_TEXT];

	span_time(waited, (uint64_t)p->wait_ms);
	if (holder_of(l->path, holder))
		return err_set(
			e, ERR_BUSY, "%s is locked by %s, still after %s", l->path, holder, waited);
	return err_set(
		e, ERR_BUSY, "%s is locked by another program, still after %s", l->path, waited);
}

enum err_code live_lock(
	struct live *l, const char *copy, const struct live_patience *p, struct err *e)
{
	uint64_t until = alarm_now() + (uint64_t)p->wait_ms;

	for (;;) {
		e->code = ERR_NONE;
		if (!open_to(l, p, until, e) && !lock(l, copy, e))
			return ERR_NONE;
		let_go(l);
		if (e->code != ERR_BUSY)
			return e->code;
		if (p->stop && atomic_load(p->stop))
			return err_set(e, ERR_CANCELED, "casmand ends");
		if (alarm_now() >= until)
			return busy(l, p, e);
		nanosleep(&(struct timespec){.tv_nsec = LOCK_TRY}, NULL);
	}
}

bool live_recodes(const struct live *l)
{
	static const unsigned char none[4];

	return memcmp(l->header + ENCODING, none, 4) != 0 &&
		memcmp(l->header + ENCODING, l->wanted + ENCODING, 4) != 0;
}

/* --- under the lock ---------------------------------------------------- */

static enum err_code copy_raw(struct live *l, const char *to, struct err *e)
{
	scoped(fd) int out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (out < 0)
		return err_sys(e, "make %s", to);
	return pages_raw(l->to, l->path, out, e);
}

static enum err_code copy_logged(struct live *l, const char *to, struct err *e)
{
	if (!l->witness && call_witness(l, e))
		return e->code;
	(void)unlink(to); /* an older one must not be mixed with this */
	return pages_logged(l->witness, l->path, to, e);
}

enum err_code live_copy(struct live *l, const char *to, struct snapshot *out, struct err *e)
{
	const struct footprint never = {0};

	out->began = alarm_clock();
	e->code = ERR_NONE;
	if (!(l->logged ? copy_logged(l, to, e) : copy_raw(l, to, e)) &&
		!look_at(l->path, &never, &out->footprint, e)) {
		scoped(fd) int fd = open(to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0)
			err_sys(e, "open %s", to);
		else
			e->code = digest_file(fd, &out->size, out->checksum, out->content, e);
	}
	if (e->code)
		(void)unlink(to);
	return e->code;
}

enum err_code live_write(struct live *l, struct err *e)
{
	int code = sqlite3_backup_step(l->backup, -1);

	(void)sqlite3_backup_finish(l->backup);
	l->backup = NULL;
	if (code != SQLITE_DONE)
		return sql_failed(l->to, code, e, "write %s", l->path);
	if (!l->turned)
		return ERR_NONE;
	l->turned = false;
	if (sql_do(l->to, "PRAGMA journal_mode=WAL", e))
		return err_note(
			e, "%s has the new contents, but is not in WAL mode any more", l->path);
	return ERR_NONE;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	let_go(l);
	sql_close(l->witness);
	free(l->path);
	free(l);
}

enum err_code live_recover(
	const char *path, bool logged, const struct live_patience *p, struct err *e)
{
	scoped(sql) struct sql *s = NULL;

	if (sql_open(&s, path, SQL_WRITE, e))
		return e->code;
	sql_patient(s, alarm_now() + (uint64_t)p->wait_ms, p->stop);
	if (sql_do(s, "BEGIN; PRAGMA user_version; COMMIT", e))
		return e->code;
	return logged ? sql_do(s, "PRAGMA journal_mode=WAL", e) : ERR_NONE;
}
