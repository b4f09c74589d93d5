#include "check.h"
#include "common/stamp.h"
#include "daemon/core/httpdate.h"

#define NOV_6_1994  INT64_C(784111777000000)  /* 08:49:37 UTC: the RFC's own example */
#define NOV_20_2026 INT64_C(1795185022000000) /* 14:30:22 UTC */

static void the_three_forms_of_a_date_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t moment;
	} rows[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT",  NOV_6_1994               },
		{"Sunday, 06-Nov-94 08:49:37 GMT", NOV_6_1994               },
		{"Sun Nov  6 08:49:37 1994",       NOV_6_1994               },
		{"Fri, 20 Nov 2026 14:30:22 GMT",  NOV_20_2026              },
		{"Thu, 01 Jan 1970 00:00:00 GMT",  0                        },
		{"Wed, 31 Dec 1969 23:59:59 GMT",  -STAMP_SECOND            },
		{"Thu, 29 Feb 2024 00:00:00 GMT",  INT64_C(1709164800000000)},
 /* a leap second is the first one after it */
		{"Sat, 31 Dec 2016 23:59:60 GMT",  INT64_C(1483228800000000)},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		int64_t moment = 7;

		assert_true(httpdate_parse(rows[i].text, NOV_20_2026, &moment));
		assert_true(moment == rows[i].moment);
	}
}

static void a_year_of_two_digits_is_not_far_ahead(void **state)
{
	(void)state;
	static const struct {
		const char *digits;
		const char *moment;
	} rows[] = {
		{"26", "2026-11-06T08:49:37Z"},
		{"76", "2076-11-06T08:49:37Z"},
		{"77", "1977-11-06T08:49:37Z"},
		{"99", "1999-11-06T08:49:37Z"},
		{"00", "2000-11-06T08:49:37Z"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		char text[] = "Sunday, 06-Nov-XX 08:49:37 GMT", back[STAMP_TEXT];
		int64_t moment;

		memcpy(strchr(text, 'X'), rows[i].digits, 2);
		assert_true(httpdate_parse(text, NOV_20_2026, &moment));
		assert_string_equal(stamp_json(back, moment), rows[i].moment);
	}
}

static const char *const nothing[] = {
	"",
	" ",
	"now",
	"-1",
	"+1",
	"1.5",
	"1 ",
	"0x10",
	"Sun, 06 Nov 1994 08:49:37",
	"Sun, 06 Nov 1994 08:49:37 GMT+1",
	"Sun, 06 Nov 1994 08:49:37 CET",
	"Sun, 31 Feb 2026 08:49:37 GMT",
	"Sun, 29 Feb 2023 08:49:37 GMT",
	"Sun, 06 Nov 1994 24:49:37 GMT",
	"Sun, 06 Nov 1994 08:60:37 GMT",
	"Xyz, 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 Nox 1994 08:49:37 GMT",
	"1994-11-06T08:49:37Z",
};

static void what_is_no_date_is_none(void **state)
{
	(void)state;
	int64_t moment = 7;

	for (size_t i = 0; i < LENGTH(nothing); i++)
		assert_false(httpdate_parse(nothing[i], NOV_20_2026, &moment));
	assert_false(httpdate_parse("120", NOV_20_2026, &moment));
	assert_int_equal(moment, 7);
}

static void retry_after_is_seconds_or_a_moment(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t ms;
	} rows[] = {
		{"0",			     0     },
		{"1",			     1000  },
		{"120",			   120000},
		{"007",			   7000  },
		{"Fri, 20 Nov 2026 14:31:22 GMT", 60000 },
		{"Fri, 20 Nov 2026 14:30:22 GMT", 0     },
		{"Fri, 20 Nov 2026 14:30:21 GMT", 0     }, /* it has passed */
		{"Sun, 06 Nov 1994 08:49:37 GMT", 0     },
	};
	uint64_t ms;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_true(httpdate_retry_after(rows[i].text, NOV_20_2026, &ms));
		assert_int_equal(ms, rows[i].ms);
	}
	for (size_t i = 0; i < LENGTH(nothing); i++)
		assert_false(httpdate_retry_after(nothing[i], NOV_20_2026, &ms));
}

/* However many digits: it does not wrap to a short wait. */
static void a_wait_of_ages_stays_one(void **state)
{
	(void)state;
	static const char *const ages[] = {"4000000000", "18446744073709551616",
		"99999999999999999999999999999999999999", "18446744073709551617000"};
	uint64_t ms;

	for (size_t i = 0; i < LENGTH(ages); i++) {
		assert_true(httpdate_retry_after(ages[i], NOV_20_2026, &ms));
		assert_true(ms >= UINT64_C(3155760000000)); /* a century */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_forms_of_a_date_are_read),
		cmocka_unit_test(a_year_of_two_digits_is_not_far_ahead),
		cmocka_unit_test(what_is_no_date_is_none),
		cmocka_unit_test(retry_after_is_seconds_or_a_moment),
		cmocka_unit_test(a_wait_of_ages_stays_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
