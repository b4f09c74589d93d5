#include "writer.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct writer_shared {
	_Atomic long commits;
	_Atomic double longest;
	_Atomic bool stop;
};

static void note(struct writer_shared *s, double took)
{
	double longest = atomic_load(&s->longest);

	while (took > longest && !atomic_compare_exchange_weak(&s->longest, &longest, took))
		;
	atomic_fetch_add(&s->commits, 1);
}

static _Noreturn void write_on(
	struct writer_shared *s, const char *path, const char *mode, const char *synchronous)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sqlite3 *db = bench_open(path);
	bench_sql(db, "PRAGMA journal_mode=%s; PRAGMA synchronous=%s", mode, synchronous);
	bench_sql(db, "CREATE TABLE IF NOT EXISTS tick(n); INSERT INTO tick VALUES(0)");
	while (!atomic_load(&s->stop)) {
		double begun = bench_now();

		bench_sql(db, "UPDATE tick SET n = n + 1");
		note(s, bench_now() - begun);
	}
	sqlite3_close(db);
	_exit(0);
}

/* Until so many more commits have ended. */
static void await(struct writer *w, long more)
{
	long wanted = atomic_load(&w->shared->commits) + more;

	while (atomic_load(&w->shared->commits) < wanted)
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

void writer_start(
	struct writer *w, const char *path, const char *journal_mode, const char *synchronous)
{
	w->shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->shared == MAP_FAILED)
		bench_fail("no memory");
	w->pid = fork();
	if (w->pid == 0)
		write_on(w->shared, path, journal_mode, synchronous);
	await(w, 10);
}

void writer_stop(struct writer *w)
{
	int status = 0;

	atomic_store(&w->shared->stop, true);
	waitpid(w->pid, &status, 0);
	if (status)
		bench_fail("the writer ended with status %x", status);
	(void)munmap(w->shared, sizeof(*w->shared));
}

void writer_window(struct writer *w)
{
	await(w, 1);
	atomic_store(&w->shared->longest, 0);
}

double writer_longest(struct writer *w)
{
	await(w, 1);
	return atomic_load(&w->shared->longest);
}
