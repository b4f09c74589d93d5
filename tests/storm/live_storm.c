/* live_storm RESTORES - promises P7 and P8: restores into a database that three processes hold open
 * and write without pause, in each journal mode.
 *
 * A writer's transaction n puts its number and n into a table; after its commit n is told through
 * shared memory.  SQLITE_BUSY is the only error that a writer may see, and then it tries again.
 * Each restore takes a safety copy as daemon/restore.c does.  At the end every transaction that was
 * ever committed must be in a safety copy or in the file, and the file must be what it was: inode,
 * owner, mode and journal mode.
 */
#include "common/attr.h"
#include "common/text.h"
#include "daemon/io/check.h"
#include "daemon/io/digest.h"
#include "daemon/io/live.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS  3
#define PAUSE_NS 2000000L /* between two commits */
#define MOST     2000000  /* transactions of one writer */
#define TABLES   "CREATE TABLE a(writer, n); CREATE TABLE filler(x)"

struct shared {
	_Atomic long committed[WRITERS], busy;
	_Atomic bool stop;
};

/* What was found again, of each writer. */
static unsigned char found[WRITERS][MOST];

static void run(sqlite3 *db, const char *sql)
{
	char *wrong = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &wrong) == SQLITE_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", sql, wrong);
	_exit(3);
}

/* False: it was busy, and nothing of it is there. */
static bool transaction(sqlite3 *db, int writer, long n)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		"BEGIN IMMEDIATE; INSERT INTO a VALUES(%d, %ld); %s COMMIT", writer, n,
		n % 64 ? ""
		       : "DELETE FROM a WHERE n < 0; INSERT INTO filler VALUES(randomblob(9000));");
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		return true;
	if (code != SQLITE_BUSY) {
		(void)fprintf(stderr, "writer %d: %s\n", writer, sqlite3_errmsg(db));
		_exit(3);
	}
	if (!sqlite3_get_autocommit(db))
		run(db, "ROLLBACK");
	return false;
}

static _Noreturn void write_on(
	const char *path, const char *mode, int writer, struct shared *shared)
{
	char sql[64];
	sqlite3 *db;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sqlite3_open(path, &db))
		_exit(3);
	sqlite3_busy_timeout(db, 10000);
	(void)snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s; PRAGMA synchronous=OFF", mode);
	run(db, sql);
	for (long n = 1; n < MOST && !atomic_load(&shared->stop);) {
		if (transaction(db, writer, n))
			atomic_store(&shared->committed[writer], n++);
		else
			atomic_fetch_add(&shared->busy, 1);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	sqlite3_close(db);
	_exit(0);
}

static void make(const char *path, const char *how)
{
	sqlite3 *db;

	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	run(db, how);
	REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

/* NULL: the file is sound, and what is in it is noted. */
static const char *look_through(const char *path)
{
	struct sqlite3_stmt *row;
	struct check check;
	const char *wrong = NULL;
	struct err e;
	sqlite3 *db;

	if (check_copy(path, &(struct check_ask){.count_table = ""}, &check, &e) || !check.sound)
		wrong = "damaged";
	text_free(&check.tables);
	REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_prepare_v2(db, "SELECT writer, n FROM a", -1, &row, NULL) == SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW)
		found[sqlite3_column_int(row, 0)][sqlite3_column_int(row, 1)] = 1;
	sqlite3_finalize(row);
	sqlite3_close(db);
	return wrong;
}

struct storm {
	char path[200], copy[200], safety[200];
	int again;
};

static const char *restore(struct storm *s)
{
	static struct err e;
	struct live_patience p = {.wait_ms = 30000};
	struct snapshot safety = {0};
	struct live *l = NULL;
	struct err ignored;

	if (live_open(&l, s->path, &e))
		return e.text;
	bool taken = !snapshot_take(s->path, s->safety, 1000, &safety, &ignored);
	if (!live_lock(l, s->copy, &p, &e)) {
		bool again = !taken || live_moved(l, &safety);

		s->again += again;
		if (!again || !live_copy(l, s->safety, &safety, &e))
			e.code = live_write(l, &e);
	}
	live_close(l);
	return e.code ? e.text : look_through(s->safety);
}

static int await(pid_t *writers)
{
	int wrong = 0;

	for (int i = 0; i < WRITERS; i++) {
		int status = 0;

		(void)waitpid(writers[i], &status, 0);
		wrong += status != 0;
	}
	return wrong;
}

static long lost(struct shared *shared)
{
	long count = 0;

	for (int i = 0; i < WRITERS; i++)
		for (long n = 1; n <= atomic_load(&shared->committed[i]); n++)
			count += !found[i][n];
	return count;
}

static void lay_out(struct storm *s, const char *folder, const char *mode)
{
	char how[100];

	(void)snprintf(s->path, sizeof(s->path), "%s/%s.db", folder, mode);
	(void)snprintf(s->copy, sizeof(s->copy), "%s/%s.copy", folder, mode);
	(void)snprintf(s->safety, sizeof(s->safety), "%s/%s.safety", folder, mode);
	(void)snprintf(how, sizeof(how), "PRAGMA journal_mode=%s; " TABLES, mode);
	make(s->copy, TABLES);
	make(s->path, how);
}

static int storm(const char *folder, const char *mode, int restores)
{
	struct shared *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stat before, after;
	pid_t writers[WRITERS];
	struct storm s = {0};
	const char *why = NULL;

	REQUIRE(shared != MAP_FAILED);
	memset(found, 0, sizeof(found));
	lay_out(&s, folder, mode);
	REQUIRE(stat(s.path, &before) == 0);
	(void)fflush(NULL);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			write_on(s.path, mode, i, shared);
	}
	for (int i = 0; i < restores && !why; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 5 * PAUSE_NS}, NULL);
		why = restore(&s);
	}
	atomic_store(&shared->stop, true);
	int broken = await(writers);
	if (!why)
		why = look_through(s.path);
	REQUIRE(stat(s.path, &after) == 0);
	if (after.st_ino != before.st_ino || after.st_mode != before.st_mode)
		why = "another inode or mode";
	long missing = lost(shared);
	(void)printf(
		"%-8s %d restores, %d of them with the safety copy taken under the lock, while "
		"%ld + %ld + %ld transactions were committed: %ld lost, %ld busy%s%s\n",
		mode, restores, s.again, shared->committed[0], shared->committed[1],
		shared->committed[2], missing, shared->busy, why ? ": " : "", why ? why : "");
	(void)munmap(shared, sizeof(*shared));
	return broken || missing || why;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = {"DELETE", "TRUNCATE", "PERSIST", "WAL"};
	char folder[] = "/tmp/casmand-storm-XXXXXX", clean[64];
	int restores = argc > 1 ? atoi(argv[1]) : 200, failed = 0; /* NOLINT(cert-err34-c) */

	REQUIRE(mkdtemp(folder));
	digest_open();
	for (size_t i = 0; i < LENGTH(modes); i++)
		failed += storm(folder, modes[i], restores);
	digest_close();
	(void)snprintf(clean, sizeof(clean), "rm -r %s", folder);
	return system(clean) || failed; /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
}
