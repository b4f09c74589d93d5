#include "check.h"
#include "common/span.h"

static void sizes_are_written_as_the_reference_writes_them(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0,          "0 B"     },
		{1023,       "1023 B"  },
		{1024,       "1.0 KB"  },
		{348160,     "340.0 KB"},
		{46285,      "45.2 KB" },
		{1048575,    "1.0 MB"  },
		{10485760,   "10.0 MB" },
		{UINT64_MAX, "16.0 EB" },
	};
	char to[SPAN_TEXT];

	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(span_size(to, rows[i].bytes), rows[i].text);
}

static void times_are_written_in_one_unit(void **state)
{
	(void)state;
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = {
		{0,          "now"              },
		{999,        "now"              },
		{1000,       "1 s"              },
		{119999,     "119 s"            },
		{120000,     "2 min"            },
		{7199999,    "119 min"          },
		{7200000,    "2 h"              },
		{172800000,  "2 days"           },
		{UINT64_MAX, "213503982334 days"},
	};
	char to[SPAN_TEXT];

	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(span_time(to, rows[i].ms), rows[i].text);
}

static void sizes_are_read_with_every_unit(void **state)
{
	(void)state;
	uint64_t bytes;

	assert_true(span_parse_size("4096", &bytes) && bytes == 4096);
	assert_true(span_parse_size("64k", &bytes) && bytes == 65536);
	assert_true(span_parse_size("500 MB", &bytes) && bytes == 524288000);
	assert_true(span_parse_size("1GiB", &bytes) && bytes == 1073741824);
	assert_true(span_parse_size("1.5G", &bytes) && bytes == 1610612736);
	for (const char **bad =
			(const char *[]){"", "-1", "x", "1 parsec", "1e300G", "nan", "0x", NULL};
		*bad; bad++)
		assert_false(span_parse_size(*bad, &bytes));
}

static void times_are_read_with_every_unit(void **state)
{
	(void)state;
	uint64_t ms;

	assert_true(span_parse_time("90", &ms) && ms == 90000);
	assert_true(span_parse_time("30s", &ms) && ms == 30000);
	assert_true(span_parse_time("250ms", &ms) && ms == 250);
	assert_true(span_parse_time("5 min", &ms) && ms == 300000);
	assert_true(span_parse_time("1.5h", &ms) && ms == 5400000);
	assert_true(span_parse_time("7d", &ms) && ms == 604800000);
	for (const char **bad = (const char *[]){"", "-1s", "soon", "1 y", "inf", "1e400", NULL};
		*bad; bad++)
		assert_false(span_parse_time(*bad, &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_written_as_the_reference_writes_them),
		cmocka_unit_test(times_are_written_in_one_unit),
		cmocka_unit_test(sizes_are_read_with_every_unit),
		cmocka_unit_test(times_are_read_with_every_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
