/* bench_scans CASMAND [FOLDER] - how many scans casmand acknowledges in a second.
 *
 *   meson setup build/release --buildtype=release && ninja -C build/release
 *   build/release/tests/bench/bench_scans build/release/daemon/casmand
 *
 * A scan is acknowledged when it is on the disk (promise P1), so the disk is the measure: in each
 * round SQLite commits in a loop on the same disk (WAL, synchronous=FULL, one small row each), then
 * 1 connection, then 32 connections post scans: each posts one, waits for its answer, posts the
 * next.  Ratios are taken within a round.  At the end all scans answered must have been counted.
 *
 * Good: 1 connection is at least half as fast as SQLite's loop; 32 are 10 times as fast as 1.  What
 * bounds the 32 is the daemon's one thread: see its share of a processor.
 *
 * FOLDER: on the disk to measure (/var/tmp).
 */
#include "casmand.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS  21
#define SECONDS 0.3 /* of each measurement */
#define MANY    32  /* connections */
#define ANSWER  512 /* bytes; a receipt has about 100 */

struct round {
	double sqlite, one, many, cpu; /* per second; share of a processor */
};

/* --- what the disk can do ----------------------------------------------------------------------
 */

static double commits(sqlite3 *db)
{
	double begun = bench_now(), passed;
	sqlite3_stmt *insert;
	long count = 0;

	if (sqlite3_prepare_v2(db, "INSERT INTO scan(note) VALUES(?)", -1, &insert, NULL))
		bench_fail("%s", sqlite3_errmsg(db));
	do {
		sqlite3_bind_int64(insert, 1, count);
		if (sqlite3_step(insert) != SQLITE_DONE)
			bench_fail("%s", sqlite3_errmsg(db));
		sqlite3_reset(insert);
		count++;
	} while ((passed = bench_now() - begun) < SECONDS);
	sqlite3_finalize(insert);
	return (double)count / passed;
}

static sqlite3 *loop_database(const char *folder)
{
	char path[BENCH_FOLDER + 16];

	(void)snprintf(path, sizeof(path), "%s/loop.db", folder);
	sqlite3 *db = bench_open(path);
	bench_sql(db,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"CREATE TABLE scan(id INTEGER PRIMARY KEY, note)");
	return db;
}

/* --- scans -------------------------------------------------------------------------------------
 */

struct poster {
	int fd;
	char answer[ANSWER];
	size_t length;
};

static void post(const struct poster *p)
{
	static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"scan\","
				      "\"params\":{\"database\":\"parts.db\"}}\n";

	if (write(p->fd, request, sizeof(request) - 1) != sizeof(request) - 1)
		bench_fail("cannot write to casmand: %s", strerror(errno));
}

/* True: the answer is whole. */
static bool hear(struct poster *p)
{
	ssize_t got = read(p->fd, p->answer + p->length, ANSWER - 1 - p->length);

	if (got <= 0)
		bench_fail("casmand hung up");
	p->length += (size_t)got;
	p->answer[p->length] = '\0';
	if (p->answer[p->length - 1] != '\n')
		return false;
	p->length = 0;
	if (!strstr(p->answer, "\"state\":\"counted\""))
		bench_fail("answered: %s", p->answer);
	return true;
}

static long turn(int epoll, bool again)
{
	struct epoll_event events[MANY];
	int count = epoll_wait(epoll, events, MANY, -1);
	long answers = 0;

	for (int i = 0; i < count; i++) {
		struct poster *p = events[i].data.ptr;

		if (!hear(p))
			continue;
		answers++;
		if (again)
			post(p);
	}
	return answers;
}

/* Scans per second; adds all that were answered to *total. */
static double scans(const struct casmand *d, size_t posters, long *total)
{
	struct poster *all = calloc(posters, sizeof(*all));
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	size_t owed = posters;
	long count = 0;
	double passed;

	for (size_t i = 0; i < posters; i++) {
		all[i].fd = casmand_connect(d);
		epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd,
			&(struct epoll_event){.events = EPOLLIN, .data.ptr = &all[i]});
	}
	double begun = bench_now();
	for (size_t i = 0; i < posters; i++)
		post(&all[i]);
	while ((passed = bench_now() - begun) < SECONDS)
		count += turn(epoll, true);
	*total += count;
	while (owed > 0) {
		size_t answers = (size_t)turn(epoll, false);

		owed -= answers;
		*total += (long)answers;
	}
	for (size_t i = 0; i < posters; i++)
		close(all[i].fd);
	close(epoll);
	free(all);
	return (double)count / passed;
}

static void expect_counted(const struct casmand *d, long total)
{
	struct poster p = {.fd = casmand_connect(d)};
	char wanted[64];

	post(&p);
	while (!hear(&p))
		;
	(void)snprintf(wanted, sizeof(wanted), "\"scan\":%ld,", total + 1);
	if (!strstr(p.answer, wanted))
		bench_fail("%ld scans were answered, but the next one is %s", total, p.answer);
	close(p.fd);
}

/* --- the report --------------------------------------------------------------------------------
 */

static void show(const char *what, double *figures, const char *unit)
{
	struct bench_spread s = bench_spread(figures, ROUNDS);

	(void)printf("%-34s %9.2f %9.2f %9.2f  %s\n", what, s.median, s.lowest, s.highest, unit);
}

static void report(const struct round *rounds)
{
	double of[7][ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		const struct round *r = &rounds[i];

		of[0][i] = r->sqlite;
		of[1][i] = r->one;
		of[2][i] = r->many;
		of[3][i] = r->one / r->sqlite;
		of[4][i] = r->many / r->one;
		of[5][i] = 100 * r->cpu;
		of[6][i] = 1e6 * r->cpu / r->many;
	}
	(void)printf("%-34s %9s %9s %9s\n", "", "median", "lowest", "highest");
	show("SQLite commits in a loop", of[0], "a second");
	show("scans from 1 connection", of[1], "a second");
	show("scans from 32 connections", of[2], "a second");
	show("1 connection / SQLite", of[3], "(good: 0.5 and more)");
	show("32 connections / 1", of[4], "(good: 10 and more)");
	show("casmand's processor, from 32", of[5], "% of one");
	show("  and for each scan", of[6], "microseconds");
}

int main(int argc, char **argv)
{
	struct round rounds[ROUNDS];
	char folder[BENCH_FOLDER];
	struct casmand d;
	long total = 0;

	if (argc < 2)
		bench_fail("usage: bench_scans CASMAND [FOLDER]");
	bench_folder(folder, argv[2]);
	sqlite3 *db = loop_database(folder);
	casmand_start(&d, argv[1], folder);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct round *r = &rounds[i];

		r->sqlite = commits(db);
		r->one = scans(&d, 1, &total);
		double cpu = casmand_cpu(&d), begun = bench_now();
		r->many = scans(&d, MANY, &total);
		r->cpu = (casmand_cpu(&d) - cpu) / (bench_now() - begun);
	}
	expect_counted(&d, total);
	casmand_stop(&d);
	sqlite3_close(db);
	bench_clean(folder);
	report(rounds);
	return 0;
}
