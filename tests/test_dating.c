#include "check.h"
#include "common/attr.h"
#include "common/stamp.h"
#include "daemon/core/dating.h"

#define S     STAMP_SECOND
#define DAY   (86400 * S)
#define BUILT (1000000 * S)
#define NOW   (2000000 * S + 123456)
#define NEVER STAMP_NONE

static const struct {
	const char *name;
	struct dating_facts facts;
	int64_t timestamp, key;
	bool unknown;
} rows[] = {
	{"the first version",					     {NOW, NEVER, NEVER, BUILT},               NOW,            2000000 * S,            false},
	{"a later one",						   {NOW, NEVER, 1999990 * S, BUILT},         NOW,            2000000 * S,            false},
	{"two in a second: keys rise, timestamps are true",               {NOW, NEVER, 2000000 * S, BUILT},         NOW,
         2000001 * S,																       false},
	{"the clock was stepped back a little",                           {NOW, NEVER, 2000030 * S, BUILT},         NOW,            2000031 * S,
         false																		   },
	{"by a minute, just so",					  {2000000 * S, NEVER, 2000060 * S, BUILT}, 2000000 * S,    2000061 * S,
         false																		   },
	{"by more than a minute: unknown",                                {2000000 * S, NEVER, 2000061 * S, BUILT}, 2000062 * S,
         2000062 * S,																       true },
	{"it boots in 1970, without a version",                           {5 * S, NEVER, NEVER, BUILT},             BUILT,          BUILT,                  true },
	{"it boots in 1970, with one",                                    {5 * S, NEVER, 2000000 * S, BUILT},       2000001 * S,    2000001 * S,
         true																		    },
	{"before the build date, and no key above it",                    {BUILT - 1, NEVER, NEVER, BUILT},         BUILT,
         BUILT,																	     true },
	{"a month ahead is believed: nothing says otherwise",
         {NOW + 30 * DAY, NEVER, 2000000 * S, BUILT},							       NOW + 30 * DAY, 2000000 * S + 30 * DAY,
         false																		   },

	{"1970, and the store tells the time",
         {NOW - 2000000 * S, -2000000 * S, 1999990 * S, BUILT},                                                     NOW,            2000000 * S,            false},
	{"a month ahead, and the store tells the time",
         {NOW + 30 * DAY, 30 * DAY, 1999990 * S, BUILT},                                                            NOW,            2000000 * S,            false},
	{"keys rise from what was given a month ahead, the time is true",
         {NOW + 30 * DAY, 30 * DAY, 2000000 * S + 30 * DAY, BUILT},                                                 NOW,
         2000001 * S + 30 * DAY,															    false},
	{"set back by an hour, and the store agrees with that",           {NOW, 0, 2003600 * S, BUILT},             NOW,
         2003601 * S,																       false},
	{"a store is right to some seconds only",                         {NOW, 5 * S, NEVER, BUILT},               NOW,            2000000 * S,
         false																		   },
	{"behind by as little",					   {NOW, -5 * S, NEVER, BUILT},              NOW,            2000000 * S,            false},
	{"ahead by more",						 {NOW, 6 * S, NEVER, BUILT},               NOW - 6 * S,    1999994 * S,            false},
	{"a store that lives in 1970 is not believed",                    {NOW, 2000000 * S, 1999990 * S, BUILT},   NOW,
         2000000 * S,																       false},
	{"nor does it make a clock known",                                {NOW, 2000000 * S, 2003600 * S, BUILT},   2003601 * S,
         2003601 * S,																       true },
};

static void keys_rise_and_timestamps_are_as_true_as_can_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct dating d = dating_of(&rows[i].facts);

		print_message("# %s\n", rows[i].name);
		assert_int_equal(d.timestamp, rows[i].timestamp);
		assert_int_equal(d.key, rows[i].key);
		assert_int_equal(d.clock_unknown, rows[i].unknown);
		assert_true(rows[i].facts.newest_key == NEVER || d.key > rows[i].facts.newest_key);
	}
}

static void the_time_is_never_before_the_build_date(void **state)
{
	(void)state;
	assert_int_equal(dating_clock(NOW, NEVER, BUILT), NOW);
	assert_int_equal(dating_clock(5 * S, NEVER, BUILT), BUILT);
	assert_int_equal(dating_clock(5 * S, 5 * S - NOW, BUILT), NOW);
	assert_int_equal(dating_clock(NOW + 30 * DAY, 30 * DAY, BUILT), NOW);
	assert_int_equal(dating_clock(NOW, 3 * S, BUILT), NOW);
	assert_int_equal(dating_clock(NOW, NOW, BUILT), NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_rise_and_timestamps_are_as_true_as_can_be),
		cmocka_unit_test(the_time_is_never_before_the_build_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
