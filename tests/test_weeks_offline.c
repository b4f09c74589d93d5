/* P4: two weeks without network, 20 scans an hour, in fast time: `test_weeks_offline DAYS` for more.
 *
 * The trigger decides when to capture, state.db holds what was captured, and the clock is a number
 * here.  What the daemon does between the two (a copy, its file) is left out.
 */
#include "daemon/core/trigger.h"
#include "state_world.h"

#define HOUR  (DAY / 24)
#define SCANS 20 /* an hour */
#define EVERY 10 /* scans to a backup, as shipped */
#define NAMES 2

static const struct retention keep = {.versions = 10, .days = 7};
static const struct trigger_policy policy = {.scans = EVERY, .hours_ms = INT64_C(86400000)};
static int days = 14;

struct site {
	struct fixture *f;
	struct trigger triggers[NAMES];
	int64_t scans;
	struct retained *all[NAMES]; /* every version that was captured, newest first */
	size_t count[NAMES];
};

static const char *name_of(int i)
{
	return i ? "assembled.db" : "parts.db";
}

static void capture(struct site *s, int i, int64_t now)
{
	struct state_version v = {.scans = s->scans, .v.timestamp = now};
	char id[33];

	text_cut(v.v.db_name, sizeof(v.v.db_name), name_of(i));
	captured_as(s->f, &v, id);
	s->all[i] = realloc(s->all[i], (s->count[i] + 1) * sizeof(*s->all[i]));
	memmove(s->all[i] + 1, s->all[i], s->count[i]++ * sizeof(*s->all[i]));
	s->all[i][0] = (struct retained){.at = now};
}

static size_t queue_length(struct site *s)
{
	struct state_queue_sums sums;
	struct err e;

	assert_int_equal(state_queue_sum(s->f->state, s->f->store, &sums, &e), ERR_NONE);
	return (size_t)sums.length;
}

static void thin(struct site *s)
{
	const struct state_supersede what = {.store = s->f->store, .keep = keep};
	struct state_ids gone;
	struct err e;

	assert_int_equal(state_supersede(s->f->state, &what, &gone, &e), ERR_NONE);
	state_ids_end(&gone);
	assert_true(queue_length(s) / NAMES <= keep.versions + keep.days);
}

/* Captures what is due now; true if something was. */
static bool turn(struct site *s, int64_t now)
{
	int64_t ms = now / 1000;
	unsigned most = 0;
	bool any = false;

	for (int i = 0; i < NAMES; i++)
		if (trigger_scans(&s->triggers[i]) > most)
			most = trigger_scans(&s->triggers[i]);
	for (int i = 0; i < NAMES; i++) {
		enum trigger_why why = trigger_why(&s->triggers[i], &policy, most, ms);

		if (why == TRIGGER_NONE)
			continue;
		trigger_started(&s->triggers[i], why, ms);
		capture(s, i, now);
		trigger_captured(&s->triggers[i], ms);
		any = true;
	}
	return any;
}

static void work(struct site *s)
{
	int64_t scans = (int64_t)days * 24 * SCANS;
	struct err e;

	for (int i = 0; i < NAMES; i++) {
		trigger_begin(&s->triggers[i]);
		s->triggers[i].there = true;
	}
	while (s->scans < scans) {
		int64_t now = NOON + s->scans * (HOUR / SCANS);
		struct state_scan scan = {
			.database = "parts.db", .count = 1, .from = "socket", .at = now};

		assert_int_equal(state_scans_add(s->f->state, &scan, 1, &e), ERR_NONE);
		s->scans = scan.number;
		for (int i = 0; i < NAMES; i++)
			trigger_scanned(&s->triggers[i], 1);
		if (turn(s, now))
			thin(s);
	}
}

/* What waits of a database is what retention would keep of all that was captured. */
static void queue_is_what_retention_keeps(struct site *s)
{
	size_t kept = 0;

	for (int i = 0; i < NAMES; i++) {
		retention_judge(&keep, s->all[i], s->count[i]);
		for (size_t j = 0; j < s->count[i]; j++)
			kept += s->all[i][j].kept;
	}
	assert_int_equal(queue_length(s), kept);
}

static void catch_up(struct site *s)
{
	struct state_ids ids;
	struct state_version v;
	struct err e;

	assert_int_equal(state_queue(s->f->state, s->f->store, &ids, &e), ERR_NONE);
	for (size_t i = 0; i < ids.count; i++) {
		assert_int_equal(
			state_version_get(s->f->state, ids.at[i], s->f->store, &v, &e), ERR_NONE);
		if (i < NAMES) /* protection soonest */
			assert_int_equal(
				v.v.timestamp, s->all[strcmp(v.v.db_name, "parts.db") != 0][0].at);
		state_version_end(&v);
		stored(s->f, ids.at[i]);
	}
	state_ids_end(&ids);
	assert_int_equal(queue_length(s), 0);
}

static void p1_p4_the_spool_is_bounded_and_all_that_retention_keeps_is_caught_up_with(void **at)
{
	struct site s = {.f = *at};
	struct state_tally t;
	struct err e;

	work(&s);
	print_message("# %d days, %d scans, %zu + %zu versions captured, %zu wait\n", days,
		(int)s.scans, s.count[0], s.count[1], queue_length(&s));
	assert_true(s.count[0] > (size_t)days * 24);
	again(s.f);
	queue_is_what_retention_keeps(&s);
	assert_int_equal(state_scans_tally(s.f->state, s.f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.total, s.scans);
	assert_int_equal(t.unprotected, s.scans);
	assert_int_equal(t.oldest_at, NOON);
	assert_true(t.since_backup < EVERY);
	catch_up(&s);
	assert_int_equal(state_scans_tally(s.f->state, s.f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.unprotected, t.since_backup);
	assert_int_equal(state_scans_forget(s.f->state, s.f->store, NOON, &e), ERR_NONE);
	assert_int_equal(state_scans_tally(s.f->state, s.f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.total, s.scans);
	for (int i = 0; i < NAMES; i++)
		free(s.all[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(
			p1_p4_the_spool_is_bounded_and_all_that_retention_keeps_is_caught_up_with),
	};

	if (argc > 1)
		days = atoi(argv[1]); /* NOLINT(cert-err34-c): a person's number */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
