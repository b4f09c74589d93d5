#include "check.h"
#include "daemon/core/backoff.h"

static void the_wait_is_between_a_second_and_the_ceiling_of_its_try(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(1, 0), 1000);
	assert_int_equal(backoff_ms(1, UINT32_MAX), 2000);
	assert_int_equal(backoff_ms(4, UINT32_MAX), 16000);
	assert_int_equal(backoff_ms(4, 0), 1000);
	assert_int_equal(backoff_ms(8, UINT32_MAX), 256000);
	assert_int_equal(backoff_ms(9, UINT32_MAX), 300000);
	assert_int_equal(backoff_ms(UINT32_MAX, UINT32_MAX), 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_is_between_a_second_and_the_ceiling_of_its_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
