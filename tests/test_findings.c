/* What the doctor found, as people and programs are told. */
#include "common/scoped.h"
#include "daemon/core/findings.h"
#include "tests/check.h"

static struct findings some(void)
{
	struct findings f = {0};

	finding_add(&f, FINDING_WELL, "clock", "%s", "kept right");
	finding_add(&f, FINDING_WRONG, "state", "%s is no folder", "/a\nb\033[2J");
	finding_mend(&f, "rm %s", "/a\nb");
	finding_add(&f, FINDING_ODD, "user", "root");
	return f;
}

static void a_person_gets_a_line_each_and_no_control_characters(void **state)
{
	struct findings f = some();
	struct text lines = {0};

	(void)state;
	findings_text(&f, true, &lines);
	assert_string_equal(lines.at,
		"✓ clock              kept right\n"
		"✗ state              /a?b?[2J is no folder\n"
		"  Mend: rm /a?b\n"
		"⚠ user               root\n");
	text_free(&lines);
	findings_free(&f);
}

static void marks_are_ascii_where_the_screen_is_not_utf8(void **state)
{
	struct findings f = some();
	struct text lines = {0};

	(void)state;
	findings_text(&f, false, &lines);
	for (const char *c = lines.at; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	assert_memory_equal(lines.at, "ok clock ", 9);
	text_free(&lines);
	findings_free(&f);
}

static void a_program_gets_all_of_each(void **state)
{
	struct findings f = some();
	struct doc *d = findings_doc(&f);

	(void)state;
	scoped(heap) char *line = doc_text(d);
	assert_string_equal(line,
		"{\"findings\":[{\"grade\":\"well\",\"topic\":\"clock\",\"text\":\"kept right\","
		"\"mend\":null},{\"grade\":\"wrong\",\"topic\":\"state\","
		"\"text\":\"/a\\nb\\u001B[2J is no folder\",\"mend\":\"rm /a\\nb\"},"
		"{\"grade\":\"odd\",\"topic\":\"user\",\"text\":\"root\",\"mend\":null}]}");
	doc_free(d);
	findings_free(&f);
}

static void grades_are_counted(void **state)
{
	struct findings f = some(), none = {0};

	(void)state;
	assert_int_equal(findings_count(&f, FINDING_WRONG), 1);
	assert_int_equal(findings_count(&f, FINDING_WELL), 1);
	assert_int_equal(findings_count(&none, FINDING_ODD), 0);
	findings_free(&f);
	findings_free(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_person_gets_a_line_each_and_no_control_characters),
		cmocka_unit_test(marks_are_ascii_where_the_screen_is_not_utf8),
		cmocka_unit_test(a_program_gets_all_of_each),
		cmocka_unit_test(grades_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
