/* What maintain does with an object, by its class and by who shares its database. */
#include "check.h"
#include "common/attr.h"
#include "daemon/core/tidying.h"

static void only_what_is_not_in_standard_is_moved_and_no_order_of_uploads_changed(void **unused)
{
	static const struct {
		const char *class;
		bool is_metadata, shared;
		enum tidying what;
	} rows[] = {
		{"",            false, false, TIDYING_TOUCH},
		{"STANDARD",    false, false, TIDYING_TOUCH},
		{"STANDARD",    true,  true,  TIDYING_TOUCH},
		{"STANDARD_IA", false, false, TIDYING_MOVE },
		{"STANDARD_IA", true,  false, TIDYING_MOVE },
		{"STANDARD_IA", false, true,  TIDYING_KEEP },
		{"STANDARD_IA", true,  true,  TIDYING_MOVE },
		{"GLACIER",     false, true,  TIDYING_KEEP },
		{"standard",    false, false, TIDYING_MOVE },
	};

	(void)unused;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_int_equal(tidying_of(rows[i].class, rows[i].is_metadata, rows[i].shared),
			rows[i].what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			only_what_is_not_in_standard_is_moved_and_no_order_of_uploads_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
