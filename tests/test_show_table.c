/* Versions in a table, and the doctor's findings: each on its line, of 80 columns. */
#include "shown.h"

#include <string.h>

static const char versions[] =
	"{'versions':["
	"{'db_name':'assembled_casm.db','timestamp':'2026-11-20T14:29:00Z','size_bytes':46285,"
	"'record_count':258,'operation':'Scan-triggered backup (10 scans)','state':'captured'},"
	"{'db_name':'parts.db','timestamp':'2026-11-20T14:28:00Z','size_bytes':348160,"
	"'record_count':null,'operation':null,'state':'stored','suspect':true},"
	"{'db_name':'parts.db','timestamp':'2026-11-19T14:28:00Z','size_bytes':348160,"
	"'record_count':1048576,'operation':'Manual CLI backup','state':'proven','pinned':true,"
	"'head':true},"
	"{'db_name':'parts.db','timestamp':'2026-11-18T14:28:00Z','size_bytes':348160,"
	"'record_count':7,'operation':'\\u001b[2Jx','state':'bad'}"
	"],'cursor':null,'checked_at':'2026-11-20T14:30:00Z'}";

static void a_table_has_a_line_for_each_version(void **state)
{
	struct look look = shown_look();

	(void)state;
	look.table = true;
	shown_on(look, show_list, versions,
		"Available Backups (4):\n" SHOWN_RULE
		"=  *    assembled_casm.db 2026-11-20 14:29:00   45.2 KB     258  Scan-triggered \n"
		"⚠  *    parts.db          2026-11-20 14:28:00  340.0 KB       -  \n"
		"✓   +#^ parts.db          2026-11-19 14:28:00  340.0 KB 1048576  Manual CLI back\n"
		"✗       parts.db          2026-11-18 14:28:00  340.0 KB       7  \\u001b[2Jx\n"
		"\n"
		"✓ stored  = waits  ⚠ suspect  ✗ lost or refused\n"
		"* newest  + proven  # pinned  ^ head; times are UTC\n");
}

static void a_screen_that_is_not_utf8_gets_ascii(void **state)
{
	struct pen p = {.look = shown_look()};
	struct doc *d = quoted_doc(versions);

	(void)state;
	p.look.table = true;
	p.look.utf8 = false;
	show_list(&p, d);
	for (const char *c = p.text.at; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	doc_free(d);
	text_free(&p.text);
}

static void a_doctors_findings_have_marks_and_mends(void **state)
{
	(void)state;
	shown(show_doctor,
		"{'findings':[{'grade':'well','topic':'clock','text':'kept right','mend':null},"
		"{'grade':'odd','topic':'user','text':'runs as root','mend':'casmand-setup'},"
		"{'grade':'new','topic':'x','text':'y','mend':null}]}",
		"✓  clock: kept right\n⚠  user: runs as root\n   Mend: casmand-setup\n✗  x: y\n\n"
		"1 wrong, 1 to look at\n");
	shown(show_doctor, "{'findings':[{'grade':'well','topic':'a','text':'b','mend':null}]}",
		"✓  a: b\n\nAll is well\n");
	shown(show_doctor, "{}", "unknown\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_a_line_for_each_version),
		cmocka_unit_test(a_screen_that_is_not_utf8_gets_ascii),
		cmocka_unit_test(a_doctors_findings_have_marks_and_mends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
