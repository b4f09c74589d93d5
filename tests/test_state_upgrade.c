/* A state.db that the first casmand left is taken over: all that it knew is known. */
#include "daemon/io/history.h"
#include "state_world.h"

#include <sqlite3.h>
#include <stdio.h>

/* The first schema, as it was; never to be changed.  Then what it held: parts.db has a version that
 * is stored, one that waits and one that was found damaged; assembled.db one that was being sent. */
static const char first_schema[] =
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
	"  past TEXT NOT NULL, round INTEGER NOT NULL, PRIMARY KEY(store, key)) WITHOUT ROWID;"
	"PRAGMA user_version=1;"

	"INSERT INTO fact VALUES('machine', '0123456789abcdef0123456789abcdef');"
	"INSERT INTO database(name, watched, base, sequence) VALUES('parts.db', 1, 'p3', 3);"
	"INSERT INTO database(name, watched, base, sequence) VALUES('assembled.db', 1, 'a1', 1);"
	"INSERT INTO scan VALUES(5, 5, 'parts.db', 'note', 'gun', 'socket', 1);"
	"INSERT INTO scan VALUES(7, 2, 'parts.db', NULL, NULL, 'socket', 2);"
	"INSERT INTO store VALUES(1, 'file:1', 77);"
	"INSERT INTO place VALUES('/mnt/store', 'file:1');"
	"INSERT INTO version SELECT 'p' || n, 'parts.db', 'm', 'h', n, n, n, '', '', 10, NULL, "
	"NULL,"
	"  '', '', '', '', 3 + n, 0, '', 0, 0, n > 1"
	"  FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3);"
	"INSERT INTO version VALUES('a1', 'assembled.db', 'm', 'h', 1, 1, 1, '', '', 10, NULL, "
	"NULL,"
	"  '', '', '', '', 0, 0, '', 0, 0, 1);"
	"INSERT INTO copy VALUES('p1', 1, 'stored', 'k', '', 1);"
	"INSERT INTO copy VALUES('p3', 1, 'bad', 'k', 'damaged', 1);"
	"INSERT INTO copy VALUES('a1', 1, 'sending', 'k', '', 1);"
	"INSERT INTO seen VALUES(1, 'k', 'parts.db', 1, 1, 1, '', 'p1', 'm', 'h', 1, 1, '', '',"
	"  NULL, NULL, '', '', '', 1);";

static struct state *opened(const struct scratch *folder)
{
	struct state *s;
	char path[128];
	sqlite3 *db;
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/state.db", folder->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, first_schema, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	if (state_open(&s, folder->path, &e))
		fail_msg("%s", e.text);
	return s;
}

static void state_is(struct state *s, const char *id, enum copy_state state, bool spooled)
{
	struct state_version v;
	struct err e;

	assert_int_equal(state_version_get(s, id, 1, &v, &e), ERR_NONE);
	assert_int_equal(v.state, state);
	assert_int_equal(v.spooled, spooled);
	state_version_end(&v);
}

static void count_row(void *arg, const struct history_row *row)
{
	(void)row;
	++*(int *)arg;
}

static void p1_p4_the_first_casmands_state_is_taken_over_with_all_it_knew(void **at)
{
	struct state *s = opened(*at);
	struct state_tally t;
	struct state_ids ids;
	int events = 0;
	struct history_page page = {
		.limit = 10, .before = INT64_MAX, .each = count_row, .arg = &events};
	int64_t listed_at;
	struct err e;

	assert_string_equal(state_machine(s), "0123456789abcdef0123456789abcdef");
	assert_int_equal(state_scans_tally(s, 1, &t, &e), ERR_NONE);
	assert_int_equal(t.total, 7);
	assert_int_equal(t.since_backup, 2); /* p2 covers five; p3 is lost */
	assert_int_equal(t.unprotected, 7);
	state_is(s, "p1", COPY_STORED, false);
	state_is(s, "p2", COPY_CAPTURED, true);
	state_is(s, "p3", COPY_BAD, false);
	state_is(s, "a1", COPY_SENDING, true);
	assert_int_equal(state_queue(s, 1, &ids, &e), ERR_NONE);
	assert_int_equal(ids.count, 2);
	state_ids_end(&ids);
	assert_int_equal(state_listed_at(s, 1, &listed_at, &e), ERR_NONE);
	assert_int_equal(listed_at, 77);
	assert_true(state_seen_known(s, 1, "k", 1, 1));
	assert_int_equal(history_read(s, &page, &e), ERR_NONE);
	assert_int_equal(events, 0);
	assert_int_equal(history_add(s, HISTORY_STARTED, NULL, NULL, &e), ERR_NONE);
	state_close(s);
}

static void it_is_taken_over_once(void **at)
{
	const struct scratch *folder = *at;
	struct state *s = opened(folder);
	struct err e;

	state_close(s);
	assert_int_equal(state_open(&s, folder->path, &e), ERR_NONE);
	state_is(s, "p3", COPY_BAD, false);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(p1_p4_the_first_casmands_state_is_taken_over_with_all_it_knew),
		IN_SCRATCH(it_is_taken_over_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
