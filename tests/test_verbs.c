#include "check.h"
#include "client/help.h"
#include "client/verbs.h"
#include "common/scoped.h"
#include "quoted.h"

static void check_width(const struct verb *v)
{
	struct text t = {0};
	char *rest = NULL;

	help(&t, v);
	for (char *line = strtok_r(t.at, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strlen(line) > 80)
			print_message("# too wide: %s\n", line);
		assert_true(strlen(line) <= 80);
	}
	text_free(&t);
}

static void help_fits_eighty_columns(void **state)
{
	(void)state;
	check_width(NULL);
	for (const struct verb *v = verbs; v->name; v++)
		check_width(v);
}

static void help_names_every_verb_and_every_option(void **state)
{
	(void)state;
	struct text all = {0}, one = {0};

	help(&all, NULL);
	for (const struct verb *v = verbs; v->name; v++) {
		assert_non_null(strstr(all.at, v->help));
		help(&one, v);
		for (const struct option *o = v->options; o && o->name; o++)
			assert_non_null(strstr(one.at, o->name));
		for (const struct option *o = common_options; o->name; o++)
			assert_non_null(strstr(one.at, o->name));
		text_free(&one);
	}
	text_free(&all);
}

static char *manual(void)
{
	scoped(file) FILE *f = fopen(CASMANCTL_PAGE, "re");
	struct text t = {0};
	char chunk[4096];

	assert_non_null(f);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
		text_bytes(&t, chunk, n);
	return text_take(&t);
}

/* mdoc: ".It Fl -count Ar N" */
static void check_options(const char *page, const struct option *list)
{
	for (; list && list->name; list++) {
		struct text item = {0};

		text_add(&item, ".It Fl %s%s%s\n", list->name + 1, list->value ? " Ar " : "",
			list->value ? list->value : "");
		if (!strstr(page, item.at))
			print_message("# casmanctl.1 lacks %s", item.at);
		assert_non_null(strstr(page, item.at));
		text_free(&item);
	}
}

static void the_manual_names_every_verb_and_every_option(void **state)
{
	(void)state;
	char *page = manual();

	check_options(page, common_options);
	for (const struct verb *v = verbs; v->name; v++) {
		struct text item = {0};

		text_add(&item, ".It Cm %s", v->name);
		if (!strstr(page, item.at))
			print_message("# casmanctl.1 lacks %s\n", item.at);
		assert_non_null(strstr(page, item.at));
		text_free(&item);
		check_options(page, v->options);
	}
	free(page);
}

/* P11: what was not stored is never a success. */
static void the_exit_code_of_a_backup_is_its_worst_database(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *result;
		enum proto_exit code;
	} rows[] = {
		{"{'versions':[{'state':'stored'},{'state':'proven'}],'unchanged':[]}", EXIT_DONE},
		{"{'versions':[],'unchanged':['a.db'],'queued':[],'failed':[]}", EXIT_DONE},
		{"{'versions':[],'unchanged':[],'started':['a.db']}", EXIT_DONE},
		{"{'versions':[{'state':'superseded'}]}", EXIT_DONE},
		{"{'versions':[{'state':'stored'},{'state':'captured'}]}", EXIT_OFFLINE},
		{"{'versions':[{'state':'sending'}]}", EXIT_OFFLINE},
		{"{'versions':[],'unchanged':['a.db'],'queued':['a.db']}", EXIT_OFFLINE},
		{"{'versions':[{'state':'captured'}],'failed':[{'database':'b.db'}]}", EXIT_FAILED},
		{"{'versions':[{'state':'stored'}],'failed':[{'database':'b.db'}]}", EXIT_FAILED},
		{"{'versions':[{'state':'captured'},{'state':'refused'}]}", EXIT_FAILED},
		{"{'versions':[{'state':'bad'}]}", EXIT_FAILED},
		{"{'versions':[{'state':'new to us'}]}", EXIT_FAILED},
		{"{'versions':[{}]}", EXIT_FAILED},
		{"{'versions':[],'unchanged':[]}", EXIT_FAILED},
		{"{}", EXIT_FAILED},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct doc *result = quoted_doc(rows[i].result);

		print_message("# %s\n", rows[i].result);
		assert_int_equal(verb_find("backup")->exit(result), rows[i].code);
		doc_free(result);
	}
}

/* P1, P11: what a scan was to be, and is not, is never a success. */
static void the_exit_code_of_a_scan_is_how_far_it_is(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *result;
		enum proto_exit code;
	} rows[] = {
		{"{'state':'counted'}", EXIT_DONE},
		{"{'state':'counted','wait':'counted'}", EXIT_DONE},
		{"{'state':'captured','wait':'captured','error':null}", EXIT_DONE},
		{"{'state':'stored','wait':'captured'}", EXIT_DONE},
		{"{'state':'stored','wait':'stored'}", EXIT_DONE},
		{"{'state':'counted','wait':'captured','error':null}", EXIT_OFFLINE},
		{"{'state':'captured','wait':'stored','error':null}", EXIT_OFFLINE},
		{"{'state':'captured','wait':'stored','error':'uploads are off'}", EXIT_OFFLINE},
		{"{'state':'counted','wait':'stored','error':'locked'}", EXIT_FAILED},
		{"{'state':'new to us','wait':'stored'}", EXIT_OFFLINE},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct doc *result = quoted_doc(rows[i].result);

		print_message("# %s\n", rows[i].result);
		assert_int_equal(verb_find("scan")->exit(result), rows[i].code);
		doc_free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_fits_eighty_columns),
		cmocka_unit_test(help_names_every_verb_and_every_option),
		cmocka_unit_test(the_manual_names_every_verb_and_every_option),
		cmocka_unit_test(the_exit_code_of_a_backup_is_its_worst_database),
		cmocka_unit_test(the_exit_code_of_a_scan_is_how_far_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
