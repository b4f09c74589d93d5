#include "check.h"
#include "daemon/core/quota.h"

#define LIMIT 1000

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
		"(UTC). Mend: raise class_a_operations or share in [quota]");
	assert_int_equal(quota_allows(&room, QUOTA_UPLOAD, &e), ERR_QUOTA);
	assert_string_equal(e.text,
		"970 B of 1000 B are used in the store: it waits for room. Mend: keep "
		"fewer versions, or raise storage_gb in [quota]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gauge_warns_at_one_threshold_and_holds_back_at_the_other),
		cmocka_unit_test(what_waits_and_what_never_does),
		cmocka_unit_test(who_waits_is_told_for_what_and_what_mends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
