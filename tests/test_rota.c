/* What is due when, by two clocks of which one may be wrong. */
#include "check.h"
#include "common/attr.h"
#include "common/stamp.h"
#include "daemon/core/rota.h"

#define S     STAMP_SECOND
#define HOUR  (3600 * S)
#define DAY   (24 * HOUR)
#define WEEK  (7 * DAY)
#define NOW   (20000 * DAY)
#define NONE  STAMP_NONE
#define CHECK ((int64_t)ROTA_CHECK * 1000)
#define NEVER INT64_MAX

/* A table, to be read in columns. */
/* clang-format off */
static const struct {
	const char *name;
	struct rota facts; /* every, since, last, clock, clock_known, steady, done, cut */
	int64_t wait;      /* us */
	int64_t next;
} rows[] = {
	/* The ordinary course. */
	{"it was never heard of", {WEEK, NONE, NONE, NOW, true, 0, false, false}, CHECK, NOW + DAY},
	{"it was heard of an hour ago", {WEEK, NOW - HOUR, NONE, NOW, true, HOUR, false, false}, CHECK, NOW + 23 * HOUR},
	{"the first time comes after a day", {WEEK, NOW - DAY, NONE, NOW, true, 0, false, false}, 0, NOW},
	{"or sooner, if it comes oftener", {HOUR, NOW - HOUR, NONE, NOW, true, 0, false, false}, 0, NOW},
	{"it was just done", {WEEK, NOW - WEEK, NOW, NOW, true, 0, false, false}, CHECK, NOW + WEEK},
	{"an hour is left", {WEEK, NOW - 9 * WEEK, NOW - WEEK + HOUR, NOW, true, 0, false, false}, HOUR, NOW + HOUR},
	{"a millisecond is left", {WEEK, NOW - 9 * WEEK, NOW - WEEK + 1, NOW, true, 0, false, false}, 1000, NOW + 1},
	{"it is due", {WEEK, NOW - 9 * WEEK, NOW - WEEK, NOW, true, 0, false, false}, 0, NOW},
	{"casmand was off for months", {WEEK, NOW - 99 * WEEK, NOW - 50 * WEEK, NOW, true, 0, false, false}, 0, NOW - 49 * WEEK},
	{"it was cut", {WEEK, NOW - 9 * WEEK, NOW - HOUR, NOW, true, HOUR, false, true}, 0, NOW},
	{"never by itself", {0, NOW - 9 * WEEK, NOW - 9 * WEEK, NOW, true, 9 * WEEK, false, false}, NEVER, NONE},
	{"never by itself, not even what was cut", {0, NOW - WEEK, NONE, NOW, true, 0, false, true}, NEVER, NONE},
	/* The clock is set. */
	{"forward by a year: once too early", {WEEK, NOW, NOW, NOW + 365 * DAY, true, HOUR, false, false}, 0, NOW + WEEK},
	{"and back again: the last time lies in the future", {WEEK, NOW, NOW + 365 * DAY, NOW, true, 0, false, false}, 0, NOW},
	{"which is mended by doing it", {WEEK, NOW, NOW, NOW, true, 0, false, false}, CHECK, NOW + WEEK},
	{"back by some hours: nothing is done for that", {WEEK, NOW, NOW, NOW - 5 * HOUR, true, 0, false, false}, CHECK, NOW + WEEK},
	{"back by days, as often as it likes: the steady clock counts on", {WEEK, NOW - WEEK, NOW, NOW - DAY, true, WEEK, false, false}, 0, NOW + WEEK},
	{"first heard of in the future", {WEEK, NOW + 365 * DAY, NONE, NOW, true, 0, false, false}, 0, NOW},
	{"but only once a day", {WEEK, NOW, NOW + 365 * DAY, NOW, true, HOUR, true, false}, CHECK, NOW},
	{"though what was cut goes on", {WEEK, NOW, NOW + 365 * DAY, NOW, true, HOUR, true, true}, 0, NOW},
	{"what comes every hour is no exception", {HOUR, NOW, NOW + 365 * DAY, NOW, true, HOUR, true, false}, 0, NOW},
	/* The clock is not known. */
	{"it boots in 1970", {WEEK, NOW - 9 * WEEK, NOW - 2 * WEEK, 5 * S, false, 5 * S, false, false}, CHECK, NONE},
	{"and runs on for a week", {WEEK, NOW - 9 * WEEK, NOW - 2 * WEEK, WEEK, false, WEEK, false, false}, 0, NONE},
	{"it boots in 1970 for the first time", {WEEK, NONE, NONE, 5 * S, false, 5 * S, false, false}, CHECK, NONE},
	{"and runs on for a day", {WEEK, NONE, NONE, DAY, false, DAY, false, false}, 0, NONE},
	{"what was cut needs no clock", {WEEK, NONE, NONE, 5 * S, false, 0, false, true}, 0, NONE},
	{"the store tells the time at last", {WEEK, NOW - 9 * WEEK, NOW - 2 * WEEK, NOW, true, 5 * S, false, false}, 0, NOW - WEEK},
};
/* clang-format on */

static void work_is_due_when_it_should_be(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		uint64_t wait = rota_wait(&rows[i].facts);
		uint64_t wanted =
			rows[i].wait == NEVER ? ROTA_NEVER : (uint64_t)rows[i].wait / 1000;

		if (wait != wanted || rota_next(&rows[i].facts) != rows[i].next)
			print_error("%s\n", rows[i].name);
		assert_int_equal(wait, wanted);
		assert_int_equal(rota_next(&rows[i].facts), rows[i].next);
	}
}

/* A year of an unhappy clock: it jumps every few hours by up to a month, either way, and is lost now
 * and then.  The work is done at least every week, and not at every jump. */
static void a_clock_that_jumps_neither_stops_the_work_nor_makes_it_endless(void **unused)
{
	unsigned random = 1, done = 0, jumps = 0;
	int64_t ahead = 0, at = 0, last_done = 0;
	struct rota r = {.every = WEEK, .since = NOW, .last = NONE};

	(void)unused;
	for (at = 0; at < 365 * DAY; at += HOUR) {
		random = random * 1103515245 + 12345;
		if (random >> 16 & 1) {
			ahead = ((int64_t)(random >> 20) % 60 - 30) * DAY;
			jumps++;
		}
		r.clock = NOW + at + ahead;
		r.clock_known = random >> 17 & 3;
		r.steady = at - last_done;
		assert_true(r.steady <= WEEK);
		if (rota_wait(&r))
			continue;
		done++;
		last_done = at;
		r.last = r.clock;
		r.done = true;
	}
	assert_true(jumps > 1000);
	assert_in_range(done, 52, 365);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_due_when_it_should_be),
		cmocka_unit_test(a_clock_that_jumps_neither_stops_the_work_nor_makes_it_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
