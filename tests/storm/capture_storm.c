/* capture_storm CAPTURES - promise P2: captures of a database that another process writes without
 * pause, in each journal mode.
 *
 * The writer commits every few milliseconds.  Transaction n puts n into two tables; every 16th is
 * so large that its pages spill before the commit.  After each commit n is told through shared
 * memory. Each capture must be sound, hold both tables alike (no half transaction), without a gap,
 * and hold at least what was committed before it began.
 */
#include "common/attr.h"
#include "daemon/io/check.h"
#include "daemon/io/digest.h"
#include "daemon/io/snapshot.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 5000000 /* between two commits */
#define SPILL    300     /* rows of a kilobyte: more than the writer's cache of 20 pages */

struct shared {
	_Atomic long committed;
	_Atomic bool stop;
};

static void run(sqlite3 *db, const char *sql)
{
	char *wrong = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &wrong) == SQLITE_OK)
		return;
	(void)fprintf(stderr, "writer: %s: %s\n", sql, wrong);
	_exit(3);
}

static void transaction(sqlite3 *db, long n)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "BEGIN IMMEDIATE; INSERT INTO a VALUES(%ld)", n);
	run(db, sql);
	for (int i = 0; n % 16 == 0 && i < SPILL; i++)
		run(db, "INSERT INTO filler VALUES(randomblob(1000))");
	(void)snprintf(sql, sizeof(sql), "INSERT INTO b VALUES(%ld);%s COMMIT", n,
		n % 64 == 0 ? "DELETE FROM filler;" : "");
	run(db, sql);
}

static void write_on(const char *path, const char *mode, struct shared *shared)
{
	char sql[64];
	sqlite3 *db;

	if (sqlite3_open(path, &db))
		_exit(3);
	sqlite3_busy_timeout(db, 10000);
	(void)snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s", mode);
	run(db, sql);
	run(db,
		"PRAGMA auto_vacuum=FULL; PRAGMA cache_size=20; PRAGMA synchronous=OFF; CREATE "
		"TABLE a(n); CREATE TABLE "
		"b(n);"
		"CREATE TABLE filler(x)");
	for (long n = 1; !atomic_load(&shared->stop); n++) {
		transaction(db, n);
		atomic_store(&shared->committed, n);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	sqlite3_close(db);
	_exit(0);
}

static long number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = NULL;
	long n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK &&
		sqlite3_step(row) == SQLITE_ROW)
		n = (long)sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return n;
}

/* NULL: the copy is as promised. */
static const char *wrong_with(const char *copy, long before)
{
	static char words[300];
	struct check check;
	struct stat st;
	struct err e;
	sqlite3 *db;

	words[0] = '\0';
	if (check_copy(copy, &(struct check_ask){.count_table = "a"}, &check, &e))
		return "it cannot be checked";
	text_free(&check.tables);
	if (!check.sound) {
		(void)snprintf(words, sizeof(words), "damaged: %s", check.problem);
		return words;
	}
	if (sqlite3_open_v2(copy, &db, SQLITE_OPEN_READONLY, NULL))
		return "it cannot be opened";
	long a = number(db, "SELECT coalesce(max(n), 0) FROM a"),
	     b = number(db, "SELECT coalesce(max(n), 0) FROM b");
	long rows = number(db, "SELECT count(*) FROM a");
	long length = number(
		db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
	sqlite3_close(db);
	if (a != b || rows != a || a < before)
		(void)snprintf(words, sizeof(words), "a %ld, b %ld, %ld rows, committed before %ld",
			a, b, rows, before);
	else if (stat(copy, &st) || st.st_size != length)
		(void)snprintf(words, sizeof(words), "%ld bytes, where its pages have %ld",
			(long)st.st_size, length);
	return words[0] ? words : NULL;
}

static int storm(const char *folder, const char *mode, int captures)
{
	struct shared *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[200], copy[200];
	struct snapshot got;
	int wrong = 0, busy = 0;
	struct err e = {0};

	REQUIRE(shared != MAP_FAILED);
	(void)snprintf(path, sizeof(path), "%s/%s.db", folder, mode);
	(void)snprintf(copy, sizeof(copy), "%s/%s.copy", folder, mode);
	(void)fflush(NULL);
	pid_t writer = fork();
	if (writer == 0)
		write_on(path, mode, shared);
	while (atomic_load(&shared->committed) < 3)
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	for (int done = 0; done < captures;) {
		long before = atomic_load(&shared->committed);

		if (snapshot_take(path, copy, 10000, &got, &e)) {
			busy += e.code == ERR_BUSY;
			wrong += e.code != ERR_BUSY;
			if (e.code != ERR_BUSY || busy > captures) {
				(void)printf("%s: %s\n", mode, e.text);
				break;
			}
			continue;
		}
		const char *why = wrong_with(copy, before);
		if (why)
			(void)printf("%s: capture %d: %s\n", mode, done, why);
		wrong += why != NULL;
		done++;
	}
	long commits = atomic_load(&shared->committed);
	atomic_store(&shared->stop, true);
	int status = 0;
	(void)waitpid(writer, &status, 0);
	(void)printf("%-8s %d captures while %ld transactions were committed: %d wrong, %d busy\n",
		mode, captures, commits, wrong, busy);
	(void)munmap(shared, sizeof(*shared));
	return wrong || status || busy > captures;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = {"DELETE", "TRUNCATE", "PERSIST", "WAL"};
	char folder[] = "/tmp/casmand-storm-XXXXXX", clean[64];
	int captures = argc > 1 ? atoi(argv[1]) : 200, failed = 0; /* NOLINT(cert-err34-c) */

	REQUIRE(mkdtemp(folder));
	digest_open();
	for (size_t i = 0; i < LENGTH(modes); i++)
		failed += storm(folder, modes[i], captures);
	digest_close();
	(void)snprintf(clean, sizeof(clean), "rm -r %s", folder);
	return system(clean) || failed; /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
}
