/* bench.h - what the measuring programs share: a folder on the disk that is measured, a clock,
 * medians, SQLite without error codes.
 *
 * They are run by hand.  Whatever goes wrong ends the program with a sentence: the figures of half
 * a run are worth nothing.
 */
#pragma once

#include "common/attr.h"

#include <sqlite3.h>
#include <stddef.h>

#define BENCH_FOLDER  64    /* bytes of its path; short, because a socket's path has 107 */
#define BENCH_PATIENT 10000 /* ms that SQLite waits for a lock, as a careful application would */

_Noreturn void bench_fail(const char *fmt, ...) printf_like(1, 2);

/* Makes WHERE/casmand-bench-XXXXXX (WHERE NULL: /var/tmp), and takes it away with all in it. */
void bench_folder(char folder[BENCH_FOLDER], const char *where);
void bench_clean(const char folder[BENCH_FOLDER]);

double bench_now(void); /* seconds */

struct bench_spread {
	double median, lowest, highest;
};
struct bench_spread bench_spread(double *figures, size_t count); /* sorts them */

sqlite3 *bench_open(const char *path);
void bench_sql(sqlite3 *db, const char *fmt, ...) printf_like(2, 3);
