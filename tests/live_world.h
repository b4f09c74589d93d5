/* live_world.h - a live database, the copy that shall replace its contents, and an application that
 * has it open: a process of its own, told what to do statement by statement.
 */
#pragma once

#include "common/attr.h"
#include "daemon/io/live.h"
#include "tests/scratch.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>

#define LIVE_ROOM 512

struct app {
	pid_t pid;
	int line;
};

struct live_answer {
	int code;
	char text[120]; /* the first value of the first row */
};

static inline int app_first_row(void *arg, int columns, char **values, char **names)
{
	struct live_answer *a = arg;

	(void)names;
	if (!a->text[0] && columns && values[0])
		(void)snprintf(a->text, sizeof(a->text), "%s", values[0]);
	return 0;
}

static inline _Noreturn void app_obey(int line, const char *path, int busy_ms)
{
	char sql[LIVE_ROOM];
	sqlite3 *db = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sqlite3_open(path, &db))
		_exit(3);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, busy_ms);
	while (read(line, sql, sizeof(sql)) == sizeof(sql)) {
		struct live_answer a = {0};

		a.code = sqlite3_exec(db, sql, app_first_row, &a, NULL);
		if (write(line, &a, sizeof(a)) != sizeof(a))
			break;
	}
	sqlite3_close(db);
	_exit(0);
}

static inline void app_open(struct app *app, const char *path, int busy_ms)
{
	int ends[2];

	(void)fflush(NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	app->pid = fork();
	assert_true(app->pid >= 0);
	if (app->pid == 0) {
		(void)close(ends[0]);
		app_obey(ends[1], path, busy_ms);
	}
	(void)close(ends[1]);
	app->line = ends[0];
}

static inline struct live_answer app_do(struct app *app, const char *sql)
{
	char room[LIVE_ROOM] = "";
	struct live_answer a;

	(void)snprintf(room, sizeof(room), "%s", sql);
	assert_int_equal(write(app->line, room, sizeof(room)), sizeof(room));
	assert_int_equal(read(app->line, &a, sizeof(a)), sizeof(a));
	return a;
}

#define app_does(app, sql) assert_int_equal(app_do(app, sql).code, SQLITE_OK)
#define app_sees(app, sql, wanted)                                                                 \
	do {                                                                                       \
		struct live_answer answer_ = app_do(app, sql);                                     \
		assert_int_equal(answer_.code, SQLITE_OK);                                         \
		assert_string_equal(answer_.text, wanted);                                         \
	} while (0)

static inline void app_close(struct app *app)
{
	int status;

	assert_int_equal(close(app->line), 0);
	assert_int_equal(waitpid(app->pid, &status, 0), app->pid);
	assert_int_equal(status, 0);
}

/* As a crash would end it: nothing is rolled back or removed. */
static inline void app_kill(struct app *app)
{
	assert_int_equal(kill(app->pid, SIGKILL), 0);
	assert_int_equal(waitpid(app->pid, NULL, 0), app->pid);
	assert_int_equal(close(app->line), 0);
}

/* --- databases --------------------------------------------------------- */

struct live_world {
	struct scratch scratch;
	char path[SCRATCH_PATH], copy[SCRATCH_PATH], safety[SCRATCH_PATH];
};

/* Runs SQL on a file that nobody else has. */
static inline void live_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline const char *live_asks(const char *path, const char *sql)
{
	static struct live_answer a;
	sqlite3 *db;

	a = (struct live_answer){0};
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, app_first_row, &a, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return a.text;
}

/* 300 rows in the copy, named "then"; no live database yet. */
static inline void live_world_open(struct live_world *w, const char *how)
{
	char sql[LIVE_ROOM];

	scratch_open(&w->scratch);
	(void)snprintf(w->path, sizeof(w->path), "%s/parts.db", w->scratch.path);
	(void)snprintf(w->copy, sizeof(w->copy), "%s/copy", w->scratch.path);
	(void)snprintf(w->safety, sizeof(w->safety), "%s/safety", w->scratch.path);
	(void)snprintf(sql, sizeof(sql),
		"%s; CREATE TABLE parts(n INTEGER PRIMARY KEY, name TEXT, room BLOB);"
		"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300)"
		"INSERT INTO parts SELECT n, 'then', zeroblob(100) FROM c",
		how);
	live_sql(w->copy, sql);
}

static inline void live_world_close(struct live_world *w)
{
	scratch_close(&w->scratch);
}

#define LIVE_TABLE                                                                                 \
	"CREATE TABLE parts(n INTEGER PRIMARY KEY, name TEXT, room BLOB);"                         \
	"INSERT INTO parts VALUES(1, 'now', zeroblob(20000)), (2, 'now', zeroblob(20000))"

/* The application makes the live database: two rows, named "now". */
static inline void live_begin(struct live_world *w, struct app *app, const char *mode)
{
	char sql[LIVE_ROOM];

	app_open(app, w->path, 10000);
	(void)snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s; " LIVE_TABLE, mode);
	app_does(app, sql);
}

static inline struct live_patience live_patience(int wait_ms)
{
	return (struct live_patience){.wait_ms = wait_ms};
}

/* All of it; *again tells whether the safety copy had to be taken again under the lock. */
static inline enum err_code live_restore(struct live_world *w, bool *again, struct err *e)
{
	struct live_patience p = live_patience(10000);
	struct snapshot safety = {0};
	struct live *l = NULL;
	struct err ignored;

	if (live_open(&l, w->path, e))
		return e->code;
	bool taken = !snapshot_take(w->path, w->safety, 1000, &safety, &ignored);
	if (!live_lock(l, w->copy, &p, e)) {
		*again = !taken || live_moved(l, &safety);
		if (!*again || !live_copy(l, w->safety, &safety, e))
			e->code = live_write(l, e);
	}
	live_close(l);
	return e->code;
}
