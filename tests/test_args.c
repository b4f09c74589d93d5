#include "check.h"
#include "client/args.h"
#include "quoted.h"

#define WORDS 12

/* A command line as a shell would split it; words with spaces are not needed here. */
static enum err_code parse(struct args *a, char *line, struct err *e)
{
	const char *words[WORDS] = {"casmanctl"};
	char *rest = NULL;
	size_t count = 1;

	for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		words[count++] = w;
	*e = (struct err){0};
	return args_parse(a, words, e);
}

static void options_and_words_become_the_params_of_a_request(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *line, *verb, *params;
	} rows[] = {
		{"", NULL, "{}"},
		{"ping", "ping", "{}"},
		{"scan", "scan", "{}"},
		{"scan a.db", "scan", "{'database':'a.db'}"},
		{"scan --count 3 a.db --uid=u=1 --note -5", "scan",
			"{'count':3,'database':'a.db','uid':'u=1','note':'-5'}"},
		{"scan -- --count", "scan", "{'database':'--count'}"},
		{"scan -", "scan", "{'database':'-'}"},
		{"scan --note Größe", "scan", "{'note':'Größe'}"},
		{"backup", "backup", "{}"},
		{"backup a.db b.db", "backup", "{'databases':['a.db','b.db']}"},
		{"backup --parts parts.db --assembled --no-wait", "backup",
			"{'databases':['parts.db','assembled_casm.db'],'wait':false}"},
		{"backup --operation why", "backup", "{'operation':'why'}"},
		{"status --refresh", "status", "{'refresh':true}"},
		{"list --db a.db --limit 7", "list", "{'database':'a.db','limit':7}"},
		{"list --machine lab --since 2h", "list", "{'machine':'lab','since':'2h'}"},
		{"list --limit 7 --limit 8", "list", "{'limit':8}"},
		{"reload", "reload", "{}"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *line = text_copy(rows[i].line), *params = quoted(rows[i].params);
		struct args a;
		struct err e;

		print_message("# %s\n", rows[i].line);
		assert_int_equal(parse(&a, line, &e), ERR_NONE);
		if (rows[i].verb)
			assert_string_equal(a.verb->name, rows[i].verb);
		else
			assert_null(a.verb);
		char *got = doc_text(a.params);
		assert_string_equal(got, params);
		free(got);
		free(params);
		args_free(&a);
		free(line);
	}
}

static void common_options_stand_before_and_behind_the_verb(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"--socket /s --json --timeout 1.5 list",
		"list --socket /s --json --timeout 1.5",
		"--json list --timeout=1500ms --socket=/s",
	};

	for (size_t i = 0; i < LENGTH(lines); i++) {
		char *line = text_copy(lines[i]);
		struct args a;
		struct err e;

		assert_int_equal(parse(&a, line, &e), ERR_NONE);
		assert_string_equal(a.verb->name, "list");
		assert_string_equal(a.socket, "/s");
		assert_true(a.json);
		assert_int_equal((int)a.timeout_ms, 1500);
		assert_false(a.help || a.version);
		args_free(&a);
		free(line);
	}
}

static void help_and_version_are_asked_for_with_and_without_a_verb(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *line;
		bool help, version, verb;
	} rows[] = {
		{"--help", true, false, false},
		{"--version", false, true, false},
		{"backup --help", true, false, true},
		{"--help backup", true, false, true},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *line = text_copy(rows[i].line);
		struct args a;
		struct err e;

		assert_int_equal(parse(&a, line, &e), ERR_NONE);
		assert_int_equal(a.help, rows[i].help);
		assert_int_equal(a.version, rows[i].version);
		assert_int_equal(a.verb != NULL, rows[i].verb);
		args_free(&a);
		free(line);
	}
}

static void each_wrong_use_is_named(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"frobnicate", "there is no verb frobnicate"},
		{"-x", "there is no option -x before a verb"},
		{"--count 3 scan", "there is no option --count before a verb"},
		{"ping --count 3", "ping has no option --count"},
		{"scan --frob=1", "scan has no option --frob"},
		{"scan --coun 3", "scan has no option --coun"},
		{"scan --count", "--count needs a value"},
		{"scan --count 0", "--count takes a whole number from 1"},
		{"scan --count -1", "--count takes a whole number from 1"},
		{"scan --count 3x", "--count takes a whole number from 1"},
		{"scan --count 99999999999999999999", "--count takes a whole number from 1"},
		{"scan --note \xff", "--note takes UTF-8 text"},
		{"backup \xff.db", "DB... takes UTF-8 text"},
		{"scan a.db b.db", "scan takes no second DB"},
		{"list a.db", "list takes no a.db"},
		{"list --db", "--db needs a value"},
		{"--json=1 list", "--json takes no value"},
		{"--timeout 0 list", "--timeout takes seconds, or a time such as 500ms or 5min"},
		{"--timeout soon list", "--timeout takes seconds, or a time such as 500ms or 5min"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *line = text_copy(rows[i].line);
		struct args a;
		struct err e;

		print_message("# %s\n", rows[i].line);
		assert_int_equal(parse(&a, line, &e), ERR_FAILED);
		assert_string_equal(e.text, rows[i].why);
		args_free(&a);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words_become_the_params_of_a_request),
		cmocka_unit_test(common_options_stand_before_and_behind_the_verb),
		cmocka_unit_test(help_and_version_are_asked_for_with_and_without_a_verb),
		cmocka_unit_test(each_wrong_use_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
