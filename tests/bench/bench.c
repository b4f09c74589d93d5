#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void bench_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
	_exit(1);
}

void bench_folder(char folder[BENCH_FOLDER], const char *where)
{
	int length = snprintf(
		folder, BENCH_FOLDER, "%s/casmand-bench-XXXXXX", where ? where : "/var/tmp");

	if (length >= BENCH_FOLDER || !mkdtemp(folder))
		bench_fail("cannot make a folder in %s", where);
}

void bench_clean(const char folder[BENCH_FOLDER])
{
	char command[BENCH_FOLDER + 16];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
	if (system(command))
		bench_fail("cannot remove %s", folder);
}

double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct bench_spread bench_spread(double *figures, size_t count)
{
	qsort(figures, count, sizeof(*figures), compare);
	return (struct bench_spread){(figures[(count - 1) / 2] + figures[count / 2]) / 2,
		figures[0], figures[count - 1]};
}

sqlite3 *bench_open(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db))
		bench_fail("open %s: %s", path, sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, BENCH_PATIENT);
	return db;
}

void bench_sql(sqlite3 *db, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = sqlite3_vmprintf(fmt, args);
	va_end(args);
	if (!text || sqlite3_exec(db, text, NULL, NULL, NULL))
		bench_fail("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_free(text);
}
