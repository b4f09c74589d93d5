#include "common/text.h"
#include "daemon/io/digest.h"
#include "daemon/io/disk.h"
#include "daemon/io/state_inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Each step takes a database of the version before it to its own; user_version says where it is. */
static const char *const migrations[] = {
	"CREATE TABLE fact(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE database("
	"  name TEXT PRIMARY KEY, watched INTEGER NOT NULL DEFAULT 0, base TEXT NOT NULL DEFAULT "
	"'',"
	"  sequence INTEGER NOT NULL DEFAULT 0, newest_key INTEGER, dirty INTEGER NOT NULL DEFAULT "
	"0,"
	"  posted INTEGER NOT NULL DEFAULT 0, first_change_at INTEGER, last_capture_at INTEGER,"
	"  last_change_version_at INTEGER, footprint TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
	"CREATE TABLE scan("
	"  number INTEGER PRIMARY KEY, count INTEGER NOT NULL, database TEXT, note TEXT, uid TEXT,"
	"  source TEXT NOT NULL, at INTEGER NOT NULL);"
	"CREATE INDEX scan_uid ON scan(uid) WHERE uid IS NOT NULL;"
	"CREATE TABLE version("
	"  id TEXT PRIMARY KEY, db_name TEXT NOT NULL, machine TEXT NOT NULL, host TEXT NOT NULL,"
	"  sequence INTEGER NOT NULL, timestamp INTEGER NOT NULL, key_moment INTEGER NOT NULL,"
	"  checksum TEXT NOT NULL, content TEXT NOT NULL, size INTEGER NOT NULL, record_count "
	"INTEGER,"
	"  operation TEXT, base TEXT NOT NULL, ancestors TEXT NOT NULL, past TEXT NOT NULL,"
	"  tables TEXT, scans INTEGER NOT NULL, suspect INTEGER NOT NULL, why TEXT NOT NULL,"
	"  safety INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0, spooled INTEGER NOT NULL)"
	"  WITHOUT ROWID;"
	"CREATE UNIQUE INDEX version_sequence ON version(db_name, sequence);"
	"CREATE INDEX version_spooled ON version(spooled) WHERE spooled;"
	"CREATE TABLE store(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, listed_at INTEGER);"
	"CREATE TABLE place(place TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE copy("
	"  version TEXT NOT NULL, store INTEGER NOT NULL, state TEXT NOT NULL, key TEXT NOT NULL,"
	"  error TEXT NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY(version, store)) WITHOUT "
	"ROWID;"
	"CREATE TABLE seen("
	"  store INTEGER NOT NULL, key TEXT NOT NULL, db_name TEXT NOT NULL, size INTEGER NOT NULL,"
	"  modified INTEGER NOT NULL, described INTEGER NOT NULL, refused TEXT NOT NULL,"
	"  id TEXT NOT NULL, machine TEXT NOT NULL, host TEXT NOT NULL, sequence INTEGER NOT NULL,"
	"  timestamp INTEGER NOT NULL, checksum TEXT NOT NULL, content TEXT NOT NULL,"
	"  record_count INTEGER, operation TEXT, base TEXT NOT NULL, ancestors TEXT NOT NULL,"
	"  past TEXT NOT NULL, round INTEGER NOT NULL, PRIMARY KEY(store, key)) WITHOUT ROWID;",

	/* What became of a version whose file left the spool for another reason than that it is
	 * stored; and what happened. */
	"ALTER TABLE version ADD COLUMN fate TEXT NOT NULL DEFAULT '';"
	"UPDATE version SET spooled = 0, fate = 'bad' WHERE spooled"
	"  AND id IN (SELECT version FROM copy WHERE state = 'bad');"
	"CREATE INDEX seen_python ON seen(store, db_name) WHERE described AND id = '';"
	"CREATE TABLE history("
	"  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, db_name TEXT,"
	"  version TEXT, key TEXT, text TEXT);",
	/* Alerts that are raised, and what has to be told of them (channels: bits). */
	"CREATE TABLE alert("
	"  condition TEXT NOT NULL, database TEXT NOT NULL, words TEXT NOT NULL, at INTEGER NOT "
	"NULL,"
	"  PRIMARY KEY(condition, database)) WITHOUT ROWID;"
	"CREATE TABLE notice("
	"  number INTEGER PRIMARY KEY AUTOINCREMENT, begins INTEGER NOT NULL, condition TEXT NOT "
	"NULL,"
	"  database TEXT NOT NULL, words TEXT NOT NULL, at INTEGER NOT NULL, channels INTEGER NOT "
	"NULL);",
	/* The version that was written into a database, which may be another machine's. */
	"CREATE TABLE base(db_name TEXT PRIMARY KEY, identity TEXT, version TEXT, restored)",
	/* What was asked of each store in each month, and what lies there: see quota.h. */
	"CREATE TABLE quota("
	"  store INTEGER NOT NULL, month INTEGER NOT NULL, class_a INTEGER NOT NULL,"
	"  class_b INTEGER NOT NULL, free INTEGER NOT NULL, bytes INTEGER, first_bytes INTEGER,"
	"  first_at INTEGER, PRIMARY KEY(store, month)) WITHOUT ROWID;",
	/* Versions that stay whatever retention says: because a person said so (''), or because of a
	 * suspect one, whose predecessor it is.  Anybody's: by id, or by key where it has none. */
	"CREATE TABLE pin(version TEXT NOT NULL, because TEXT NOT NULL, PRIMARY KEY(version, "
	"because))"
	"  WITHOUT ROWID;"
	"ALTER TABLE version DROP COLUMN pinned;",
	/* What was found of versions in the store; and work that comes back every few weeks. */
	"CREATE TABLE proof("
	"  number INTEGER PRIMARY KEY AUTOINCREMENT, store INTEGER NOT NULL, key TEXT NOT NULL,"
	"  db_name TEXT NOT NULL, version TEXT NOT NULL, checksum TEXT NOT NULL, at INTEGER NOT "
	"NULL,"
	"  timestamp INTEGER NOT NULL, bad TEXT NOT NULL, UNIQUE(store, key));"
	"CREATE INDEX proof_database ON proof(store, db_name, number);"
	"CREATE TABLE upkeep("
	"  store INTEGER NOT NULL, what TEXT NOT NULL, since INTEGER, last_at INTEGER,"
	"  under_way INTEGER NOT NULL, cursor TEXT NOT NULL, touched INTEGER NOT NULL,"
	"  moved INTEGER NOT NULL, kept INTEGER NOT NULL, failed INTEGER NOT NULL,"
	"  class_a INTEGER NOT NULL, class_b INTEGER NOT NULL, PRIMARY KEY(store, what))"
	"  WITHOUT ROWID;",
	/* Of another machine's version that the contents are: it covers scans as our own do. */
	"ALTER TABLE base ADD COLUMN scans INTEGER NOT NULL DEFAULT 0",
	/* Versions whose deletion was begun: see leaving.h. */
	"CREATE TABLE leaving("
	"  store INTEGER NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, orphan INTEGER NOT "
	"NULL,"
	"  PRIMARY KEY(store, key)) WITHOUT ROWID;"
	"CREATE INDEX copy_key ON copy(store, key);",
};

enum err_code state_begin(struct state *s, struct err *e)
{
	return sql_run(s->sql, e, "BEGIN IMMEDIATE", "");
}

enum err_code state_end(struct state *s, struct err *e)
{
	if (e->code == ERR_NONE && sql_run(s->sql, e, "COMMIT", "") == ERR_NONE)
		return ERR_NONE;
	struct err second; /* what SQLite rolled back by itself needs no ROLLBACK */
	if (sql_do(s->sql, "ROLLBACK", &second))
		second.code = ERR_NONE;
	return err_note(e, "write state.db");
}

static enum err_code schema_version(struct state *s, int64_t *version, struct err *e)
{
	struct sqlite3_stmt *row = sql_query(s->sql, e, "PRAGMA user_version", "");

	while (sql_next(s->sql, row, e))
		*version = sql_int(row, 0);
	return e->code;
}

static enum err_code migrate(struct state *s, struct err *e)
{
	int64_t version = 0;

	if (schema_version(s, &version, e))
		return e->code;
	if (version > (int64_t)LENGTH(migrations))
		return err_set(e, ERR_CONFIG,
			"state.db is of a newer casmand (schema %" PRId64 "): install that one",
			version);
	for (; version < (int64_t)LENGTH(migrations); version++) {
		char now[40];

		(void)snprintf(now, sizeof(now), "PRAGMA user_version=%d", (int)version + 1);
		if (state_begin(s, e))
			return e->code;
		e->code = sql_do(s->sql, migrations[version], e);
		if (!e->code)
			e->code = sql_do(s->sql, now, e);
		if (state_end(s, e))
			return e->code;
	}
	return ERR_NONE;
}

static enum err_code machine_id(struct state *s, struct err *e)
{
	char fresh[VERSION_ID + 1];

	digest_random_id(fresh);
	if (sql_run(s->sql, e, "INSERT OR IGNORE INTO fact VALUES('machine', ?)", "t", fresh))
		return e->code;
	struct sqlite3_stmt *row =
		sql_query(s->sql, e, "SELECT value FROM fact WHERE name = 'machine'", "");
	while (sql_next(s->sql, row, e))
		if (!text_fit(s->machine, sizeof(s->machine), sql_text(row, 0)))
			return err_set(e, ERR_CORRUPT, "the machine's id in state.db is damaged");
	return e->code;
}

/* Nothing of somebody else's lies in it: it was a state folder before, or is an empty one. */
static bool is_own(int folder)
{
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;
	bool empty = list;

	if (!list && again >= 0)
		close(again);
	while (empty && (entry = readdir(list))) /* NOLINT(concurrency-mt-unsafe): our own stream */
		empty = entry->d_name[0] == '.' || strcmp(entry->d_name, "lost+found") == 0;
	if (list)
		closedir(list);
	return empty || faccessat(folder, "casmand.lock", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Versions and counts are nobody else's.  A folder that was made otherwise is mended, unless it
 * looks as if state_dir named a wrong one. */
static enum err_code make_private(const struct state *s, int folder, struct err *e)
{
	struct stat st;

	if (fstat(folder, &st))
		return err_sys(e, "look at %s", s->folder);
	if (!(st.st_mode & (S_IRWXG | S_IRWXO)))
		return ERR_NONE;
	if (!is_own(folder))
		return err_set(e, ERR_REFUSED,
			"others may enter %s, and it holds things that are not casmand's. Mend: "
			"give state_dir a folder of its own, or chmod 700 %s",
			s->folder, s->folder);
	return fchmod(folder, 0700) ? err_sys(e, "chmod 700 %s", s->folder) : ERR_NONE;
}

/* The lock lives as long as the descriptor; the pid in the file is for people. */
static enum err_code lock(struct state *s, struct err *e)
{
	char pid[32] = "";

	scoped(fd) int folder = disk_open_folder(s->folder, e);
	if (folder < 0 || make_private(s, folder, e))
		return e->code;
	s->lock = openat(folder, "casmand.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return err_sys(e, "make %s/casmand.lock", s->folder);
	if (flock(s->lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return err_sys(e, "lock %s/casmand.lock", s->folder);
		(void)!pread(s->lock, pid, sizeof(pid) - 1, 0);
		pid[strcspn(pid, "\n")] = '\0';
		return err_set(e, ERR_BUSY, "another casmand (pid %s) works on %s", pid, s->folder);
	}
	int length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(s->lock, 0) || pwrite(s->lock, pid, (size_t)length, 0) != length)
		return err_sys(e, "write %s/casmand.lock", s->folder);
	return ERR_NONE;
}

/* What a person can do about a state.db that cannot be used. */
static const char *mend_of(enum err_code code)
{
	if (code == ERR_CORRUPT)
		return " is damaged (move it and the spool beside it away, and casmand begins "
		       "anew)";
	return code == ERR_FULL ? ": its disk is full (make room: df -h)" : "";
}

static enum err_code open_database(struct state *s, struct err *e)
{
	struct text path = {0};

	text_add(&path, "%s/state.db", s->folder);
	scoped(heap) char *name = text_take(&path);
	if (sql_open(&s->sql, name, SQL_OWN, e))
		return e->code;
	/* Exclusive: nobody else has it open, and the wal-index then needs no shared memory. */
	if (sql_do(s->sql,
		    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
		    "PRAGMA synchronous=FULL",
		    e) ||
		migrate(s, e) || machine_id(s, e))
		return err_note(e, "%s%s", name, mend_of(e->code));
	return ERR_NONE;
}

enum err_code state_open(struct state **out, const char *folder, struct err *e)
{
	struct state *s = text_room(1, sizeof(*s));

	*out = NULL;
	s->lock = -1;
	if (!disk_make_folders(folder, 0700, e)) {
		s->folder = realpath(folder, NULL);
		if (!s->folder)
			err_sys(e, "open %s", folder);
		else if (!lock(s, e) && !open_database(s, e)) {
			*out = s;
			return ERR_NONE;
		}
	}
	state_close(s);
	return err_note(e, "state folder");
}

void state_close(struct state *s)
{
	if (!s)
		return;
	sql_close(s->sql);
	if (s->lock >= 0)
		close(s->lock);
	free(s->folder);
	free(s);
}

const char *state_folder(const struct state *s)
{
	return s->folder;
}

const char *state_machine(const struct state *s)
{
	return s->machine;
}
