/* bench_captures [FOLDER [KB...]] - what a capture costs, and how long it holds up a writer.
 *
 *   meson setup build/release --buildtype=release && ninja -C build/release
 *   build/release/tests/bench/bench_captures
 *
 * Another process commits as fast as it can (busy_timeout set) while the database is captured.  In
 * each round: the copy alone (snapshot_take), the whole job (copy, hash, check, fsync), and a quiet
 * window as long as that job; of the latter two the writer's longest single commit.  A commit waits
 * for its disk as well, so the window without a capture says what is not casmand's doing; with
 * synchronous=OFF the writer does not wait for the disk at all, and what is left is the lock.
 *
 * Milliseconds; medians, and the most.  Good for 10 MB: the difference is at most 8 in DELETE, 3 in WAL mode.  SQLite's
 * busy handler sleeps 1, 2, 5, 10, 15 ms: a lock held for 3.1 ms makes a writer wait for 8.
 *
 * FOLDER: on the disk to measure (/var/tmp).  KB: sizes of databases (340 10240 102400).
 */
#include "daemon/capture.h"
#include "daemon/io/digest.h"
#include "writer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define ROUNDS 15

struct place {
	char folder[BENCH_FOLDER], database[BENCH_FOLDER + 16], spool[BENCH_FOLDER + 16];
	uv_loop_t loop;
	atomic_bool stop;
};

struct figures {
	double take[ROUNDS], job[ROUNDS], quiet[ROUNDS], stall[ROUNDS], extra[ROUNDS];
	unsigned busy; /* captures that got no lock in time and were done again */
};

static void make_database(const struct place *p, long kb)
{
	(void)unlink(p->database);
	sqlite3 *db = bench_open(p->database);
	bench_sql(db,
		"PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;"
		"CREATE TABLE parts(id INTEGER PRIMARY KEY, part TEXT, notes BLOB);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %ld)"
		" INSERT INTO parts SELECT i, 'ANT-' || i, randomblob(960) FROM n",
		kb);
	sqlite3_close(db);
}

static double take(const struct place *p, unsigned *busy)
{
	char copy[sizeof(p->spool) + 8];
	struct snapshot got;
	struct err e;

	(void)snprintf(copy, sizeof(copy), "%s/copy", p->spool);
	double begun = bench_now();
	if (snapshot_take(p->database, copy, CAPTURE_WAIT_MS, &got, &e)) {
		if (e.code != ERR_BUSY)
			bench_fail("%s", e.text);
		++*busy;
		return take(p, busy);
	}
	double took = bench_now() - begun;
	(void)unlink(copy);
	return took;
}

/* --- the whole job -----------------------------------------------------------------------------
 */

struct job {
	struct capture capture;
	double begun, took;
	bool busy;
};

static void on_done(struct capture *c, const struct err *e)
{
	struct job *j = owner_of(c, struct job, capture);

	j->took = bench_now() - j->begun;
	j->busy = e->code == ERR_BUSY;
	if (e->code && !j->busy)
		bench_fail("%s", e->text);
	if (!e->code && !c->check.sound)
		bench_fail("the copy is damaged: %s", c->check.problem);
}

static double job(struct place *p, unsigned *busy)
{
	char copy[sizeof(p->spool) + 40];
	struct job j = {
		.capture = {.spool = p->spool,
			    .path = text_copy(p->database),
			    .count_table = text_copy("parts"),
			    .stop = &p->stop,
			    .done = on_done}
        };

	digest_random_id(j.capture.id);
	j.begun = bench_now();
	capture_start(&p->loop, &j.capture);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	(void)snprintf(copy, sizeof(copy), "%s/%s", p->spool, j.capture.id);
	(void)unlink(copy);
	capture_end(&j.capture);
	if (!j.busy)
		return j.took;
	++*busy;
	return job(p, busy);
}

/* --- rounds ------------------------------------------------------------------------------------
 */

static void pass(double seconds)
{
	nanosleep(&(struct timespec){.tv_sec = (time_t)seconds,
			  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)},
		NULL);
}

static void measure(struct place *p, struct writer *w, struct figures *f)
{
	for (size_t i = 0; i < ROUNDS; i++) {
		f->take[i] = 1000 * take(p, &f->busy);
		writer_window(w);
		double took = job(p, &f->busy);
		f->job[i] = 1000 * took;
		f->stall[i] = 1000 * writer_longest(w);
		writer_window(w);
		pass(took);
		f->quiet[i] = 1000 * writer_longest(w);
		f->extra[i] = f->stall[i] - f->quiet[i];
	}
}

static void show(long kb, const char *mode, const char *synchronous, struct figures *f)
{
	struct bench_spread quiet = bench_spread(f->quiet, ROUNDS),
			    stall = bench_spread(f->stall, ROUNDS);

	(void)printf("%7ld %-7s %-4s %8.1f %8.1f   %8.2f %8.2f   %8.2f %8.2f   %8.2f %5u\n", kb,
		mode, synchronous, bench_spread(f->take, ROUNDS).median,
		bench_spread(f->job, ROUNDS).median, quiet.median, quiet.highest, stall.median,
		stall.highest, bench_spread(f->extra, ROUNDS).median, f->busy);
	(void)fflush(stdout);
}

static void measure_all(struct place *p, long kb)
{
	static const char *const modes[] = {"DELETE", "WAL"}, *const levels[] = {"OFF", "FULL"};

	for (size_t m = 0; m < LENGTH(modes); m++)
		for (size_t l = 0; l < LENGTH(levels); l++) {
			struct figures f = {0};
			struct writer w;

			make_database(p, kb);
			writer_start(&w, p->database, modes[m], levels[l]);
			measure(p, &w, &f);
			writer_stop(&w);
			show(kb, modes[m], levels[l], &f);
		}
}

int main(int argc, char **argv)
{
	static const long usual[] = {340, 10240, 102400};
	struct place p = {0};

	digest_open();
	bench_folder(p.folder, argc > 1 ? argv[1] : NULL);
	(void)snprintf(p.database, sizeof(p.database), "%s/parts.db", p.folder);
	(void)snprintf(p.spool, sizeof(p.spool), "%s/spool", p.folder);
	if (mkdir(p.spool, 0700) || uv_loop_init(&p.loop))
		bench_fail("cannot make %s", p.spool);
	(void)printf("%-20s %17s   %36s   %20s\n", "", "median", "the writer's longest commit", "");
	(void)printf("%7s %-7s %-4s %8s %8s   %17s   %17s   %8s %5s\n", "KB", "journal", "sync",
		"copy", "job", "quiet: mid, most", "capture: mid, most", "difference", "busy");
	for (size_t i = 0; i < LENGTH(usual) && argc < 3; i++)
		measure_all(&p, usual[i]);
	for (int i = 2; i < argc; i++)
		measure_all(&p, strtol(argv[i], NULL, 10));
	uv_loop_close(&p.loop);
	bench_clean(p.folder);
	digest_close();
	return 0;
}
