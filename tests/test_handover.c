/* P10: who has credentials that casmand lacks is told how to hand them over, by name alone. */
#include "check.h"
#include "client/handover.h"
#include "quoted.h"

static const struct {
	const char *lacking, *environment[8], *expected;
} cases[] = {
	{"['R2_ACCESS_KEY_ID', 'R2_SECRET_ACCESS_KEY']",
         {"HOME=/root", "R2_ACCESS_KEY_ID=hush", "R2_BUCKET_NAME=b", "AWS_REGION=r"},
         "\nYour environment has credentials that casmand has not. Hand them over:\n"
		"  sudo --preserve-env=R2_ACCESS_KEY_ID,R2_BUCKET_NAME,AWS_REGION "
		"casmand-setup\n"											},
 /* an empty one is none, and names that no shell makes are not shown */
	{"['AWS_ACCESS_KEY_ID']",
         {"AWS_ACCESS_KEY_ID=hush", "R2_ENDPOINT=", "R2_;reboot=x", "R2_x=1", "R2_",
			"AWS_CA_BUNDLE=/ca"},
         "\nYour environment has credentials that casmand has not. Hand them over:\n"
		"  sudo --preserve-env=AWS_ACCESS_KEY_ID casmand-setup\n"                                                },
 /* nothing that helps */
	{"['R2_ACCESS_KEY_ID']",                         {"R2_ACCESS_KEY_ID=", "R2_ACCESS_KEY_IDS=x", "AWS_REGION=r"}, ""},
	{"[]",					   {"R2_ACCESS_KEY_ID=hush"},                                    ""},
	{"[1, null]",				    {"R2_ACCESS_KEY_ID=hush", "=x", "==x"},                       ""},
	{"null",					 {"R2_ACCESS_KEY_ID=hush"},                                    ""},
};

static void the_command_names_all_that_is_to_be_handed_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct doc *lacking = quoted_doc(cases[i].lacking);
		struct pen p = {0};

		text_bytes(&p.text, "", 0);
		handover(&p, lacking, cases[i].environment);
		assert_string_equal(p.text.at, cases[i].expected);
		text_free(&p.text);
		doc_free(lacking);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_names_all_that_is_to_be_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
