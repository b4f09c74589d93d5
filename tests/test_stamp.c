#include "check.h"
#include "common/stamp.h"

#define NOON INT64_C(1733668222123456) /* 2024-12-08 14:30:22.123456 UTC */

static void a_moment_is_written_in_four_forms(void **state)
{
	(void)state;
	char to[STAMP_TEXT];

	assert_string_equal(stamp_json(to, NOON), "2024-12-08T14:30:22.123456Z");
	assert_string_equal(stamp_iso(to, NOON), "2024-12-08T14:30:22.123456+00:00");
	assert_string_equal(stamp_plain(to, NOON), "2024-12-08 14:30:22 UTC");
	assert_string_equal(stamp_key(to, NOON), "20241208_143022");
	assert_string_equal(
		stamp_iso(to, NOON - 123456), "2024-12-08T14:30:22+00:00"); /* as Python does */
	assert_string_equal(stamp_json(to, -1), "1969-12-31T23:59:59.999999Z");
}

static void what_was_written_is_read_again(void **state)
{
	(void)state;
	static const int64_t moments[] = {
		0, -1, NOON, INT64_C(4102444800000000), INT64_C(1709164800000000)};
	char to[STAMP_TEXT];
	int64_t back;

	for (size_t i = 0; i < LENGTH(moments); i++) {
		assert_true(
			stamp_parse_iso(stamp_json(to, moments[i]), &back) && back == moments[i]);
		assert_true(
			stamp_parse_iso(stamp_iso(to, moments[i]), &back) && back == moments[i]);
		assert_true(stamp_parse_key(stamp_key(to, moments[i]), &back));
		assert_true(back <= moments[i] && moments[i] - back < STAMP_SECOND);
	}
}

static void offsets_and_fractions_are_understood(void **state)
{
	(void)state;
	int64_t at;

	assert_true(stamp_parse_iso("2024-12-08T16:30:22.123456+02:00", &at) && at == NOON);
	assert_true(stamp_parse_iso("2024-12-08 14:30:22.123456999", &at) && at == NOON);
	assert_true(stamp_parse_iso("2024-12-08T14:30:22.1Z", &at) && at == NOON - 23456);
}

static void dates_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z",
		"2024-13-01T00:00:00Z", "2024-12-08", "2024-12-08T14:30", "2024-12-08T24:00:00Z",
		"2024-12-08T14:30:22+2", "2024-12-08T14:30:22Zx", "24-12-08T14:30:22Z",
		"2024-12-08T14:60:22Z", "２024-12-08T14:30:22Z"};
	int64_t at;

	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(stamp_parse_iso(bad[i], &at));
	assert_false(stamp_parse_key("20241308_143022", &at));
	assert_false(stamp_parse_key("20241208-143022", &at));
	assert_false(stamp_parse_key("2024", &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_written_in_four_forms),
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(offsets_and_fractions_are_understood),
		cmocka_unit_test(dates_that_do_not_exist_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
