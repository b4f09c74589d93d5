#include "check.h"
#include "common/stamp.h"
#include "daemon/core/quota.h"

#include <stdlib.h>

#define LIMIT 1000
#define DAY   (86400 * STAMP_SECOND)

/* --- counting ------------------------------------------------------------------ */

static void a_request_counts_in_the_class_that_r2_bills(void **state)
{
	static const struct {
		enum s3_verb verb;
		unsigned status;
		int64_t a, b, free;
	} rows[] = {
		{S3_PUT,    200, 1, 0, 0},
		{S3_LIST,   200, 1, 0, 0},
		{S3_COPY,   200, 1, 0, 0},
		{S3_HEAD,   200, 0, 1, 0},
		{S3_GET,    200, 0, 1, 0},
		{S3_DELETE, 204, 0, 0, 1},
		{S3_PUT,    412, 1, 0, 0},
		{S3_PUT,    400, 1, 0, 0},
		{S3_PUT,    500, 1, 0, 0},
		{S3_GET,    404, 0, 1, 0},
		{S3_PUT,    0,   1, 0, 0}, /* the connection was cut */
		{S3_PUT,    403, 0, 0, 1}, /* not billed */
		{S3_GET,    401, 0, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct quota_month m = {.month = 202611, .bytes = -1};

		quota_count(&m,
			&(struct quota_sent){
				.verb = rows[i].verb, .times = 1, .status = rows[i].status});
		assert_int_equal(m.class_a, rows[i].a);
		assert_int_equal(m.class_b, rows[i].b);
		assert_int_equal(m.free, rows[i].free);
	}
}

static void a_retry_is_another_request_and_one_that_never_left_is_none(void **state)
{
	struct quota_month m = {.month = 202611, .bytes = -1};

	(void)state;
	quota_count(&m, &(struct quota_sent){.verb = S3_PUT, .times = 2, .status = 200});
	quota_count(&m, &(struct quota_sent){.verb = S3_GET, .times = 0});
	assert_int_equal(m.class_a, 2);
	assert_int_equal(m.class_b, 0);
	/* The first was cut, and nobody knows what came of it. */
	quota_count(&m, &(struct quota_sent){.verb = S3_PUT, .times = 2, .status = 403});
	assert_int_equal(m.class_a, 3);
}

static void what_lies_in_the_store_is_measured_and_what_goes_up_adds_to_it(void **state)
{
	struct quota_month m = {.month = 202611, .bytes = -1, .first_at = STAMP_NONE};
	const struct quota_sent put = {.verb = S3_PUT, .times = 1, .status = 200, .length = 500},
				refused = {
					.verb = S3_PUT, .times = 1, .status = 412, .length = 500};

	(void)state;
	quota_count(&m, &put);
	assert_int_equal(m.bytes, -1); /* nothing is guessed */
	quota_measure(&m, 10000, 7);
	quota_count(&m, &put);
	quota_count(&m, &refused);
	assert_int_equal(m.bytes, 10500);
	quota_measure(&m, 9000, 8);
	assert_int_equal(m.bytes, 9000);
	assert_int_equal(m.first_bytes, 10000);
	assert_int_equal(m.first_at, 7);
}

/* --- months -------------------------------------------------------------------- */

static int64_t at(const char *iso)
{
	int64_t moment;

	assert_true(stamp_parse_iso(iso, &moment));
	return moment;
}

static void a_month_begins_at_midnight_in_utc_and_begins_with_nothing(void **state)
{
	struct quota_month m = {202612, 10, 20, 30, 4000, 3000, at("2026-12-05T00:00:00Z")};

	(void)state;
	assert_int_equal(quota_month_of(at("2026-12-31T23:59:59Z")), 202612);
	assert_int_equal(quota_month_of(at("2027-01-01T00:00:00Z")), 202701);
	assert_int_equal(quota_month_of(at("2027-01-01T00:30:00+01:00")), 202612);
	assert_int_equal(quota_month_of(0), 197001);
	quota_month_begin(&m, 202701);
	assert_int_equal(m.month, 202701);
	assert_int_equal(m.class_a + m.class_b + m.free, 0);
	assert_int_equal(m.bytes, 4000); /* it lies there still */
	assert_int_equal(m.first_bytes, 4000);
	assert_int_equal(m.first_at, at("2027-01-01T00:00:00Z"));
}

static struct config limits(void)
{
	return (struct config){.quota_storage_gb = 10,
		.quota_class_a = 1000000,
		.quota_class_b = 10000000,
		.quota_warn = 0.8,
		.quota_block = 0.95,
		.quota_share = 1};
}

static void what_is_used_is_projected_to_the_end_of_the_month(void **state)
{
	static const struct {
		const char *now;
		int64_t used, projected;
	} rows[] = {
		{"2026-11-16T00:00:00Z", 1500, 3000},
                {"2026-11-30T23:59:59Z", 3000, 3000},
		{"2026-11-01T00:00:01Z", 10,   300 }, /* a burst at first is that of a day */
		{"2026-12-16T00:00:00Z", 1500, -1  }, /* that is not this month */
		{NULL,                   1500, -1  }, /* nobody knows the time */
	};
	struct config c = limits();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct quota_month m = {.month = 202611, .class_a = rows[i].used, .bytes = -1};
		struct quota q = quota_judge(&c, &m, rows[i].now ? at(rows[i].now) : STAMP_NONE);

		assert_int_equal(q.gauges[QUOTA_CLASS_A].used, rows[i].used);
		assert_in_range(llabs(q.gauges[QUOTA_CLASS_A].projected - rows[i].projected), 0, 1);
		assert_int_equal(q.gauges[QUOTA_STORAGE].projected, -1);
	}
}

static void storage_grows_on_as_it_did_since_the_month_was_first_measured(void **state)
{
	struct quota_month m = {.month = 202611,
		.bytes = 3000,
		.first_bytes = 1000,
		.first_at = at("2026-11-01T00:00:00Z")};
	struct config c = limits();

	(void)state;
	struct quota q = quota_judge(&c, &m, at("2026-11-11T00:00:00Z"));
	assert_int_equal(q.gauges[QUOTA_STORAGE].projected, 7000);
	q = quota_judge(&c, &m, m.first_at + DAY / 2);
	assert_int_equal(q.gauges[QUOTA_STORAGE].projected, 3000);
	m.bytes = 0; /* it shrank, and there is nothing below nothing */
	q = quota_judge(&c, &m, at("2026-11-11T00:00:00Z"));
	assert_int_equal(q.gauges[QUOTA_STORAGE].projected, 0);
}

/* The listing measures the whole bucket, so that is held against the whole room. */
static void a_share_is_of_the_operations_and_not_of_the_room(void **state)
{
	struct quota_month m = {.month = 202611, .bytes = 1};
	struct config c = limits();

	(void)state;
	c.quota_share = 0.05;
	struct quota q = quota_judge(&c, &m, STAMP_NONE);
	assert_int_equal(q.gauges[QUOTA_CLASS_A].limit, 50000);
	assert_int_equal(q.gauges[QUOTA_CLASS_B].limit, 500000);
	assert_int_equal(q.gauges[QUOTA_STORAGE].limit, 10000000000);
}

/* --- who waits ----------------------------------------------------------------- */

static struct quota used(int64_t class_a, int64_t class_b, int64_t storage)
{
	return (struct quota){
		.gauges = {{class_a, LIMIT, -1}, {class_b, LIMIT, -1}, {storage, LIMIT, -1}},
		.warn = 0.8,
		.block = 0.95,
	};
}

static void a_gauge_warns_at_one_threshold_and_holds_back_at_the_other(void **state)
{
	static const struct {
		int64_t used, limit;
		enum quota_level level;
	} cases[] = {
		{0,    LIMIT, QUOTA_FINE },
                {799,  LIMIT, QUOTA_FINE },
                {800,  LIMIT, QUOTA_WARN },
		{949,  LIMIT, QUOTA_WARN },
                {950,  LIMIT, QUOTA_BLOCK},
                {5000, LIMIT, QUOTA_BLOCK},
		{-1,   LIMIT, QUOTA_FINE }, /* not known */
		{5000, 0,     QUOTA_FINE }, /* no limit */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct quota q = used(cases[i].used, 0, 0);

		q.gauges[QUOTA_CLASS_A].limit = cases[i].limit;
		assert_int_equal(quota_level(&q, QUOTA_CLASS_A), cases[i].level);
		assert_int_equal(quota_level(&q, QUOTA_CLASS_B), QUOTA_FINE);
	}
}

static void what_waits_and_what_never_does(void **state)
{
	static const struct {
		enum quota_use use;
		bool without_a, without_b, without_room; /* does it go on? */
	} rows[] = {
		{QUOTA_UPLOAD,   false, false, false},
		{QUOTA_LISTING,  false, false, true },
		{QUOTA_MAINTAIN, false, false, true },
		{QUOTA_PROOF,    false, false, true },
		{QUOTA_FIRST,    true,  true,  true },
		{QUOTA_SAFETY,   true,  true,  true },
		{QUOTA_RESTORE,  true,  true,  true },
		{QUOTA_LIST,     true,  true,  true },
	};
	struct quota fine = used(949, 949, 949), a = used(950, 0, 0), b = used(0, 950, 0),
		     room = used(0, 0, 950);

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct err e;

		assert_int_equal(quota_allows(&fine, rows[i].use, &e), ERR_NONE);
		assert_int_equal(quota_allows(&a, rows[i].use, &e),
			rows[i].without_a ? ERR_NONE : ERR_QUOTA);
		assert_int_equal(quota_allows(&b, rows[i].use, &e),
			rows[i].without_b ? ERR_NONE : ERR_QUOTA);
		assert_int_equal(quota_allows(&room, rows[i].use, &e),
			rows[i].without_room ? ERR_NONE : ERR_QUOTA);
	}
}

static void who_waits_is_told_for_what_and_what_mends_it(void **state)
{
	struct quota a = used(960, 0, 0), room = used(0, 0, 970);
	struct err e;

	(void)state;
	assert_int_equal(quota_allows(&a, QUOTA_UPLOAD, &e), ERR_QUOTA);
	assert_string_equal(e.text,
		"960 of 1000 class A operations of this month are used: it waits for the next "
		"month "
		"(UTC). Mend: raise class_a_operations or share in [quota]");
	assert_int_equal(quota_allows(&room, QUOTA_UPLOAD, &e), ERR_QUOTA);
	assert_string_equal(e.text,
		"9.7e-07 of 1e-06 GB are used in the store: it waits for room. Mend: keep "
		"fewer versions, or raise storage_gb in [quota]");
}

static void the_warning_names_the_fullest(void **state)
{
	struct quota fine = used(799, 799, 799), both = used(810, 930, 0);
	struct text words = {0};

	(void)state;
	assert_false(quota_warning(&fine, &words));
	assert_true(quota_warning(&both, &words));
	assert_string_equal(words.at, "930 of 1000 class B operations of this month are used");
	text_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_counts_in_the_class_that_r2_bills),
		cmocka_unit_test(a_retry_is_another_request_and_one_that_never_left_is_none),
		cmocka_unit_test(what_lies_in_the_store_is_measured_and_what_goes_up_adds_to_it),
		cmocka_unit_test(a_month_begins_at_midnight_in_utc_and_begins_with_nothing),
		cmocka_unit_test(what_is_used_is_projected_to_the_end_of_the_month),
		cmocka_unit_test(storage_grows_on_as_it_did_since_the_month_was_first_measured),
		cmocka_unit_test(a_share_is_of_the_operations_and_not_of_the_room),
		cmocka_unit_test(the_warning_names_the_fullest),
		cmocka_unit_test(a_gauge_warns_at_one_threshold_and_holds_back_at_the_other),
		cmocka_unit_test(what_waits_and_what_never_does),
		cmocka_unit_test(who_waits_is_told_for_what_and_what_mends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
