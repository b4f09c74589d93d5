#include "check.h"
#include "common/attr.h"
#include "common/stamp.h"
#include "daemon/core/dating.h"

#define S     STAMP_SECOND
#define BUILT (1000000 * S)
#define NOW   (2000000 * S + 123456)

static const struct {
	const char *name;
	int64_t now, newest, timestamp, key;
	bool unknown;
} rows[] = {
	{"the first version",				 NOW,               STAMP_NONE,  NOW,         2000000 * S,             false},
	{"a later one",				       NOW,               1999990 * S, NOW,         2000000 * S,             false},
	{"two in a second: keys rise, timestamps are true",   NOW,               2000000 * S, NOW,         2000001 * S,
         false															   },
	{"the clock was stepped back a little",               NOW,               2000030 * S, NOW,         2000031 * S,             false},
	{"by a minute, just so",                              2000000 * S,       2000060 * S, 2000000 * S, 2000061 * S,             false},
	{"by more than a minute: unknown",                    2000000 * S,       2000061 * S, 2000062 * S, 2000062 * S,
         true															    },
	{"it boots in 1970, without a version",               5 * S,             STAMP_NONE,  BUILT,       BUILT,                   true },
	{"it boots in 1970, with one",                        5 * S,             2000000 * S, 2000001 * S, 2000001 * S,             true },
	{"before the build date, and no key above it",        BUILT - 1,         STAMP_NONE,  BUILT,       BUILT,                   true },
	{"a month ahead is believed: nothing says otherwise", NOW + 2592000 * S, 2000000 * S,
         NOW + 2592000 * S,										(2000000 + 2592000) * S, false},
};

static void keys_rise_whatever_the_clock_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct dating d = dating_of(rows[i].now, rows[i].newest, BUILT);

		print_message("# %s\n", rows[i].name);
		assert_int_equal(d.timestamp, rows[i].timestamp);
		assert_int_equal(d.key, rows[i].key);
		assert_int_equal(d.clock_unknown, rows[i].unknown);
		assert_true(rows[i].newest == STAMP_NONE || d.key > rows[i].newest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_rise_whatever_the_clock_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
