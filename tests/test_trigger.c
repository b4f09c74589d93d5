#include "check.h"
#include "common/attr.h"
#include "daemon/core/trigger.h"

#define HOUR 3600000

static const struct trigger_policy backup = {.scans = 10, .hours_ms = 24 * HOUR, .on_change = true};
static const struct trigger_policy mark = {.scans = 10, .hours_ms = 24 * HOUR, .on_change = false};

/* One event of a story.  c: commit, s: n scans, a: asked for `n` ms later, b: a capture begins and
 * goes well at once (for the reason that holds), f: it begins and fails (again after n ms), F: the
 * same, but lifted by the next event, t: touched. */
struct event {
	char what;
	int64_t at, n;
};

#define EVENTS 24

static void play(struct trigger *t, const struct trigger_policy *p, const struct event *event)
{
	struct trigger before = *t;
	enum trigger_why why = trigger_why(t, p, trigger_scans(t), event->at);

	switch (event->what) {
	case 'c': trigger_changed(t, event->at); break;
	case 's': trigger_scanned(t, (unsigned)event->n); break;
	case 'a': trigger_ask(t, event->at + event->n); break;
	case 't': trigger_touched(t); break;
	case 'b':
		assert_int_not_equal(why, TRIGGER_NONE);
		trigger_started(t, why, event->at);
		trigger_captured(t, event->at);
		break;
	default:
		assert_int_not_equal(why, TRIGGER_NONE);
		trigger_started(t, why, event->at);
		trigger_failed(t, &before, event->at + event->n, event->what == 'F');
	}
}

static const struct {
	const char *name;
	const struct trigger_policy *policy;
	bool fresh; /* has no version yet */
	struct event events[EVENTS];
	int64_t due;
	enum trigger_why why;
} stories[] = {
	{"nothing happened",					    &backup, false, {{0}},                               TRIGGER_NEVER,   TRIGGER_NONE  },
	{"a database without a version is due when it is seen",         &backup, true,  {{0}},
         TRIGGER_PAST + 2000,														 TRIGGER_FIRST },
	{"one that is being made is due when quiet",                    &mark,   true,  {{'c', 1000, 0}},                    3000,
         TRIGGER_FIRST																      },
	{"a commit waits for quiet",                                    &backup, false, {{'c', 1000, 0}},                    3000,            TRIGGER_CHANGE},
	{"each commit moves it on",				     &backup, false, {{'c', 1000, 0}, {'c', 2500, 0}},    4500,
         TRIGGER_CHANGE																     },
	{"but patience has an end",				     &backup, false,
         {{'c', 1000, 0}, {'c', 11000, 0}, {'c', 21000, 0}, {'c', 30900, 0}},                                                31000,
         TRIGGER_CHANGE																     },
	{"two changes make two versions 5 minutes apart",               &backup, false,
         {{'c', 1000, 0}, {'b', 3000, 0}, {'c', 4000, 0}},								   303000,          TRIGGER_CHANGE},
	{"and the last change gets one",                                &backup, false,
         {{'c', 1000, 0}, {'b', 3000, 0}, {'c', 4000, 0}, {'b', 303000, 0},
			{'c', 303001, 0}},
         603000,															      TRIGGER_CHANGE},
	{"marked changes wait for the hours",                           &mark,   false, {{'c', 1000, 0}},                    24 * HOUR,
         TRIGGER_HOURS																      },
	{"hours count from the last capture",                           &mark,   false,
         {{'a', 0, 0}, {'b', 500, 0}, {'c', 9000, 0}},								       500 + 24 * HOUR, TRIGGER_HOURS },
	{"hours without a scan or change are not due",                  &mark,   false, {{'a', 0, 0}, {'b', 500, 0}},
         TRIGGER_NEVER,														       TRIGGER_NONE  },
	{"scans alone wait for the hours too",                          &mark,   false,
         {{'a', 0, 0}, {'b', 500, 0}, {'s', 600, 9}},									500 + 24 * HOUR, TRIGGER_HOURS },
	{"ten scans are due at once",                                   &mark,   false,
         {{'a', 0, 0}, {'b', 500, 0}, {'s', 9000, 9}, {'s', 9500, 1}},                                                       1500,            TRIGGER_SCANS },
	{"scans that a capture covers count no more",                   &mark,   false,
         {{'s', 100, 10}, {'b', 500, 0}, {'s', 900, 9}},								     500 + 24 * HOUR, TRIGGER_HOURS },
	{"who asks is served at once",                                  &backup, false, {{'a', 5000, 0}},                    5000,            TRIGGER_ASKED },
	{"who asks too often waits",                                    &backup, false, {{'a', 5000, 7000}},                 12000,           TRIGGER_ASKED },
	{"the earliest wish stands",                                    &backup, false, {{'a', 5000, 7000}, {'a', 5001, 0}}, 5001,
         TRIGGER_ASKED																      },
	{"captures are a second apart",                                 &backup, false,
         {{'a', 5000, 0}, {'b', 5000, 0}, {'a', 5100, 0}},								   6000,            TRIGGER_ASKED },
	{"a wish goes before other reasons",                            &mark,   false, {{'s', 100, 10}, {'a', 200, 0}},
         TRIGGER_PAST + 1000,														 TRIGGER_SCANS },
	{"what failed is tried again, with all it was for",             &mark,   false,
         {{'s', 100, 10}, {'f', 200, 60000}},										60200,           TRIGGER_SCANS },
	{"a failed change is due again, and spacing does not count it", &backup, false,
         {{'c', 1000, 0}, {'f', 3000, 60000}},									       63000,           TRIGGER_CHANGE},
	{"a wish that failed is answered, not repeated",                &backup, false,
         {{'a', 1000, 0}, {'f', 1000, 60000}},									       TRIGGER_NEVER,   TRIGGER_NONE  },
	{"a wish does not wait for what is held",                       &mark,   false,
         {{'s', 100, 10}, {'f', 200, 60000}, {'a', 5000, 0}},                                                                5000,            TRIGGER_ASKED },
	{"a sign of life lifts what waits for somebody",                &mark,   false,
         {{'s', 100, 10}, {'F', 200, 60000}, {'t', 9000, 0}},                                                                1200,            TRIGGER_SCANS },
	{"but not what waits for a disk",                               &mark,   false,
         {{'s', 100, 10}, {'f', 200, 60000}, {'t', 9000, 0}},                                                                60200,           TRIGGER_SCANS },
};

static void every_story_ends_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(stories); i++) {
		struct trigger t;

		print_message("# %s\n", stories[i].name);
		trigger_begin(&t);
		t.there = true;
		t.versioned = !stories[i].fresh;
		t.last_end = stories[i].fresh ? TRIGGER_PAST : 0;
		for (size_t k = 0; k < EVENTS && stories[i].events[k].what; k++)
			play(&t, stories[i].policy, &stories[i].events[k]);
		int64_t due = trigger_due(&t, stories[i].policy, trigger_scans(&t));
		assert_int_equal(due, stories[i].due);
		if (due == TRIGGER_NEVER)
			continue;
		assert_int_equal(trigger_why(&t, stories[i].policy, trigger_scans(&t), due - 1),
			TRIGGER_NONE);
		assert_int_equal(
			trigger_why(&t, stories[i].policy, trigger_scans(&t), due), stories[i].why);
	}
}

static void a_wish_names_the_version_when_several_reasons_hold(void **state)
{
	(void)state;
	struct trigger t;

	trigger_begin(&t);
	t.there = t.versioned = true;
	trigger_scanned(&t, 10);
	trigger_ask(&t, 100);
	assert_int_equal(trigger_why(&t, &mark, 10, 100), TRIGGER_ASKED);
}

static void ten_scans_make_every_database_due_that_was_not_captured_since(void **state)
{
	(void)state;
	struct trigger behind, fresh;

	trigger_begin(&behind);
	trigger_begin(&fresh);
	behind.there = behind.versioned = fresh.there = fresh.versioned = true;
	trigger_scanned(&behind, 5); /* the other was captured by hand in between */
	assert_int_equal(trigger_why(&behind, &mark, 10, 0), TRIGGER_SCANS);
	assert_int_equal(trigger_why(&fresh, &mark, 10, 0), TRIGGER_NONE);
}

static void a_file_that_is_not_there_is_never_due_by_itself(void **state)
{
	(void)state;
	struct trigger t;

	trigger_begin(&t);
	trigger_changed(&t, 1000);
	trigger_scanned(&t, 100);
	assert_int_equal(trigger_due(&t, &backup, 100), TRIGGER_NEVER);
	assert_int_equal(trigger_scans(&t), 0); /* nor are others due because of it */
	trigger_ask(&t, 2000);                  /* but who asks gets an answer */
	assert_int_equal(trigger_due(&t, &backup, 100), 2000);
}

static void scans_do_not_add_up_with_those_of_a_file_that_is_not_there(void **state)
{
	struct trigger t;

	(void)state;
	trigger_begin(&t);
	trigger_scanned(&t, 20);
	assert_int_equal(trigger_scans(&t), 0); /* or each scan would make the others due */
	t.there = true;
	assert_int_equal(trigger_scans(&t), 20);
}

static void zero_means_never(void **state)
{
	(void)state;
	const struct trigger_policy never = {.scans = 0, .hours_ms = 0, .on_change = false};
	struct trigger t;

	trigger_begin(&t);
	t.there = t.versioned = true;
	trigger_changed(&t, 1000);
	trigger_scanned(&t, 1000);
	assert_int_equal(trigger_due(&t, &never, 1000), TRIGGER_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_story_ends_as_told),
		cmocka_unit_test(a_wish_names_the_version_when_several_reasons_hold),
		cmocka_unit_test(ten_scans_make_every_database_due_that_was_not_captured_since),
		cmocka_unit_test(a_file_that_is_not_there_is_never_due_by_itself),
		cmocka_unit_test(scans_do_not_add_up_with_those_of_a_file_that_is_not_there),
		cmocka_unit_test(zero_means_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
