/* live_kill KILLS - promise P7: a restore that is killed at any moment leaves the old contents or
 * the new ones, and the next restore goes through.
 *
 * Killed by ptrace(2), before a system call that touches files: the calls of a whole restore are
 * counted first, and the kills spread over them evenly.
 */
#include "common/attr.h"
#include "common/text.h"
#include "live_deed.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS                                                                                       \
	"CREATE TABLE a(n, room);"                                                                 \
	"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 40)"             \
	"INSERT INTO a SELECT %d, zeroblob(3000) FROM c"

static const struct way {
	const char *name, *before, *copy; /* before: NULL: no database */
	const char *garbage;              /* NULL: no file */
} ways[] = {
	{"rollback journal",        "PRAGMA journal_mode=DELETE", "",                      NULL    },
	{"WAL",		     "PRAGMA journal_mode=WAL",    "",                      NULL    },
	{"rollback, page size",     "PRAGMA journal_mode=DELETE", "PRAGMA page_size=1024", NULL    },
	{"WAL, another page size",  "PRAGMA journal_mode=WAL",    "PRAGMA page_size=1024", NULL    },
	{"no file",                 NULL,                         "",                      NULL    },
	{"a file, but no database", NULL,                         "",                      "<html>"},
};

static char path[100], copy[100], safety[100];

static void make(const char *file, const char *how, int number)
{
	char sql[400];
	sqlite3 *db;

	(void)snprintf(sql, sizeof(sql), "%s; " ROWS, how, number);
	REQUIRE(sqlite3_open(file, &db) == SQLITE_OK);
	REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

static void begin(const struct way *w)
{
	char clean[400];

	(void)snprintf(clean, sizeof(clean), "rm -f %s* %s* %s*", path, copy, safety);
	REQUIRE(system(clean) == 0); /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
	make(copy, w->copy, 2);
	if (w->before)
		make(path, w->before, 1);
	if (w->garbage) {
		FILE *f = fopen(path, "we");

		REQUIRE(f && fputs(w->garbage, f) >= 0 && fclose(f) == 0);
	}
}

static enum err_code restore(struct err *e)
{
	return live_deed(&(struct live_deed){path, copy, safety}, e);
}

/* --- killing ----------------------------------------------------------- */

static bool touches_files(pid_t child)
{
	static const uint64_t calls[] = {SYS_openat, SYS_write, SYS_pwrite64, SYS_fsync,
		SYS_fdatasync, SYS_ftruncate, SYS_unlink, SYS_unlinkat, SYS_rename, SYS_renameat2,
		SYS_linkat, SYS_fchown, SYS_fchmod, SYS_fallocate, SYS_close};
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	for (size_t i = 0; i < LENGTH(calls); i++)
		if (info.entry.nr == calls[i])
			return true;
	return false;
}

static pid_t stopped_child(void)
{
	int status;

	(void)fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct err e = {0};

		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP))
			_exit(3);
		_exit(restore(&e) != ERR_NONE);
	}
	REQUIRE(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	REQUIRE(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) ==
		0);
	return child;
}

/* A restore in a child, killed before its `at`-th system call on files (0: not at all); how many
 * there were. */
static unsigned traced(unsigned at)
{
	pid_t child = stopped_child();
	unsigned count = 0;
	int status = 0;

	do {
		(void)ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		if (waitpid(child, &status, 0) != child)
			break;
		if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80) &&
			touches_files(child) && ++count == at)
			(void)kill(child, SIGKILL);
	} while (WIFSTOPPED(status));
	REQUIRE(at ? WIFSIGNALED(status) : status == 0);
	return count;
}

/* --- what is left ------------------------------------------------------ */

/* The number in all 40 rows; 0: no table; -1: anything else. */
static int contents(void)
{
	sqlite3_stmt *row = NULL;
	sqlite3 *db;
	int number = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) ||
		sqlite3_prepare_v2(db,
			"SELECT CASE WHEN count(*) = 40 AND min(n) = max(n) THEN max(n) ELSE -1 "
			"END "
			"FROM a, pragma_integrity_check AS i WHERE i.integrity_check = 'ok'",
			-1, &row, NULL) != SQLITE_OK)
		number = 0;
	else if (sqlite3_step(row) == SQLITE_ROW)
		number = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

static int storm(const struct way *w, unsigned kills)
{
	unsigned olds = 0, news = 0, wrong = 0;

	begin(w);
	unsigned calls = traced(0);
	for (unsigned i = 0; i < kills; i++) {
		struct err e = {0};

		begin(w);
		(void)traced(1 + i * calls / kills);
		int found = contents();
		olds += found == (w->before ? 1 : 0);
		news += found == 2;
		if (restore(&e) || contents() != 2) {
			(void)printf("%s, kill %u: the next restore: %s\n", w->name, i, e.text);
			wrong++;
		}
	}
	wrong += olds + news != kills;
	(void)printf("%-24s %u kills in %u system calls: %u old, %u new, %u wrong\n", w->name,
		kills, calls, olds, news, wrong);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/casmand-storm-XXXXXX", clean[64];
	int kills = argc > 1 ? atoi(argv[1]) : 300, failed = 0; /* NOLINT(cert-err34-c) */

	REQUIRE(mkdtemp(folder) && kills > 0);
	(void)snprintf(path, sizeof(path), "%s/live.db", folder);
	(void)snprintf(copy, sizeof(copy), "%s/copy", folder);
	(void)snprintf(safety, sizeof(safety), "%s/safety", folder);
	digest_open();
	for (size_t i = 0; i < LENGTH(ways); i++)
		failed += storm(&ways[i], (unsigned)kills);
	digest_close();
	(void)snprintf(clean, sizeof(clean), "rm -r %s", folder);
	return system(clean) || failed; /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
}
