#include "check.h"
#include "client/run.h"
#include "common/scoped.h"
#include "quoted.h"
#include "served.h"

#define MOST 12 /* steps of a script, words of a command line */

/* What came of a command line: what was sent, printed and exited with. */
struct ran {
	struct text heard;
	char *out, *err;
	size_t out_length, err_length;
	enum proto_exit code;
};

/* Script lines in quoted() JSON; `line` is split at spaces. */
static void run_line(struct ran *r, const char *line, const char *const *script, bool terminal)
{
	const char *words[MOST] = {"casmanctl"};
	const char *steps[MOST] = {NULL};
	char *owned[MOST] = {NULL}, *rest = NULL;
	scoped(heap) char *copy = text_copy(line);
	size_t count = 1, lines = 0;
	struct served s;
	struct args a;
	struct err e;

	*r = (struct ran){0};
	struct screen out = {.terminal = terminal, .look.utf8 = true}, err = out;
	out.to = open_memstream(&r->out, &r->out_length);
	err.to = open_memstream(&r->err, &r->err_length);
	assert_true(out.to && err.to);
	for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		words[count++] = w;
	assert_int_equal(args_parse(&a, words, &e), ERR_NONE);
	for (; script[lines]; lines++) {
		if (script[lines] != SERVED_HEAR && script[lines] != SERVED_HOLD)
			owned[lines] = quoted(script[lines]);
		steps[lines] = owned[lines] ? owned[lines] : script[lines];
	}
	served_begin(&s, steps);
	a.socket = s.path;
	r->code = run(&a, &out, &err);
	served_end(&s);
	r->heard = s.heard;
	fclose(out.to);
	fclose(err.to);
	args_free(&a);
	while (lines-- > 0)
		free(owned[lines]);
}

static void end(struct ran *r)
{
	text_free(&r->heard);
	free(r->out);
	free(r->err);
}

#define RESULT(text, id) "{'jsonrpc':'2.0','result':" text ",'id':" id "}\n"

static void each_verb_asks_and_shows(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *line, *asked, *result, *shown;
		enum proto_exit code;
	} rows[] = {
		{"ping", "'method':'ping','params':{}",
			RESULT("{'pid':7,'version':'1','machine':'m'}", "1"),
			"casmand 1 answers (pid 7, machine m)\n", EXIT_DONE},
		{"scan a.db --count 2", "'method':'scan','params':{'database':'a.db','count':2}",
			RESULT("{'scan':2,'state':'counted','since_backup':2,'until_backup':8}",
				"1"),
			"Counted: scan 2 (2 since the last backup, 8 until the next)\n", EXIT_DONE},
		{"backup", "'method':'backup','params':{'wait':true}",
			RESULT("{'versions':[],'unchanged':['a.db']}", "1"), "= a.db  unchanged\n",
			EXIT_DONE},
		{"backup --no-wait", "'method':'backup','params':{'wait':false}",
			RESULT("{'versions':[],'started':['a.db']}", "1"),
			"Started: a.db\nHow far it is: casmanctl status\n", EXIT_DONE},
		{"backup", "'method':'backup','params':{'wait':true}",
			RESULT("{'versions':[{'db_name':'a.db','state':'captured'}],'queued':"
			       "['a.db'],'store_error':'gone'}",
				"1"),
			"⚠ a.db  captured, waits for the store: gone (nothing is lost)\n",
			EXIT_OFFLINE},
		{"backup", "'method':'backup','params':{'wait':true}",
			RESULT("{'versions':[],'failed':[{'database':'a.db','error':'e'}],"
			       "'unchanged':['b.db']}",
				"1"),
			"= b.db  unchanged\n✗ a.db  e\n", EXIT_FAILED},
		{"reload", "'method':'reload','params':{}",
			RESULT("{'changed':true,'warnings':[]}", "1"),
			"✓ new configuration in force\n", EXIT_DONE},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *const script[] = {SERVED_HEAR, rows[i].result, SERVED_HOLD, NULL};
		scoped(heap) char *asked = quoted(rows[i].asked);
		struct ran r;

		print_message("# %s\n", rows[i].line);
		run_line(&r, rows[i].line, script, false);
		assert_int_equal(r.code, rows[i].code);
		assert_string_equal(r.out, rows[i].shown);
		assert_string_equal(r.err, "");
		assert_non_null(strstr(r.heard.at, asked));
		end(&r);
	}
}

static void json_is_one_line_for_programs_and_indented_for_people(void **state)
{
	(void)state;
	static const char *const script[] = {SERVED_HEAR,
		RESULT("{'version':'\xc2\x9b"
		       "2J','pid':1}",
			"1"),
		SERVED_HOLD, NULL};
	scoped(heap) char *line = quoted("{'version':'\xc2\x9b"
					 "2J','pid':1}\n");
	scoped(heap) char *pretty = quoted("{\n  'version': '\\u009b2J',\n  'pid': 1\n}\n");
	struct ran r;

	run_line(&r, "--json ping", script, false);
	assert_string_equal(r.out, line);
	assert_int_equal(r.code, EXIT_DONE);
	end(&r);
	run_line(&r, "--json ping", script, true);
	assert_string_equal(r.out, pretty);
	end(&r);
}

static void an_error_has_its_exit_code_in_words_and_in_json(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *error;
		enum proto_exit code;
	} rows[] = {
		{"{'code':-32000,'message':'m','data':{'name':'store_not_reached','database':null}"
		 "}",
			EXIT_OFFLINE},
		{"{'code':-32000,'message':'m','data':{'name':'not_permitted'}}", EXIT_DENIED},
		{"{'code':-32000,'message':'m','data':{'name':'configuration','mistakes':['m']}}",
			EXIT_FAILED},
		{"{'code':-32602,'message':'m','data':{'name':'unknown_database'}}", EXIT_FAILED},
		{"{'code':-32601,'message':'m'}", EXIT_FAILED},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct text reply = {0}, json = {0};
		struct ran r;

		text_add(&reply, "{'jsonrpc':'2.0','error':%s,'id':1}\n", rows[i].error);
		text_add(&json, "{'error':%s}\n", rows[i].error);
		const char *const script[] = {SERVED_HEAR, reply.at, SERVED_HOLD, NULL};
		scoped(heap) char *expected = quoted(json.at);
		run_line(&r, "reload", script, false);
		assert_int_equal(r.code, rows[i].code);
		assert_string_equal(r.err, "casmanctl: m\n");
		assert_string_equal(r.out, "");
		end(&r);
		run_line(&r, "reload --json", script, false);
		assert_int_equal(r.code, rows[i].code);
		assert_string_equal(r.err, "");
		assert_string_equal(r.out, expected);
		end(&r);
		text_free(&reply);
		text_free(&json);
	}
}

/* Whoever waits for a backup may go: casmand does not.  Whether a scan was counted, nobody knows.
 */
static void a_deadline_means_what_the_verb_makes_of_it(void **state)
{
	(void)state;
	static const char *const silence[] = {SERVED_HEAR, SERVED_HOLD, NULL};
	/* clang-format off */
	static const struct {
		const char *line, *words;
		enum proto_exit code;
	} rows[] = {
		{"backup --timeout 50ms",
			"did not answer within 0.05 s. What casmand has captured it stores by "
			"itself: see casmanctl status\n",
			EXIT_OFFLINE},
		{"scan --timeout 50ms",
			"did not answer within 0.05 s. Whether the scan was counted is not known: "
			"one with a --uid may be posted again, and counts once\n",
			EXIT_FAILED},
		{"ping --timeout 50ms", "did not answer within 0.05 s\n", EXIT_FAILED},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct ran r;

		run_line(&r, rows[i].line, silence, false);
		assert_int_equal(r.code, rows[i].code);
		assert_non_null(strstr(r.err, rows[i].words));
		end(&r);
	}
}

static void our_own_errors_have_the_form_of_casmands(void **state)
{
	(void)state;
	static const char *const garbage[] = {SERVED_HEAR, "<html>\n", SERVED_HOLD, NULL};
	struct doc *whole;
	struct ran r;
	struct err e;

	run_line(&r, "ping --json", garbage, false);
	assert_int_equal(r.code, EXIT_FAILED);
	assert_int_equal(doc_parse(&whole, r.out, r.out_length, &e), ERR_NONE);
	const struct doc *error = doc_get(whole, "error");
	assert_int_equal((int)doc_as_int(doc_get(error, "code"), 0), PROTO_FAILED);
	assert_string_equal(doc_as_text(doc_get(doc_get(error, "data"), "name"), ""), "protocol");
	assert_true(doc_is_null(doc_get(doc_get(error, "data"), "database")));
	doc_free(whole);
	end(&r);
}

static void nobody_at_the_socket_is_exit_code_three(void **state)
{
	(void)state;
	const char *words[] = {"casmanctl", "--json", "ping", NULL};
	char *out = NULL;
	size_t length;
	struct screen screen = {.to = open_memstream(&out, &length)};
	struct args a;
	struct err e;

	assert_int_equal(args_parse(&a, words, &e), ERR_NONE);
	a.socket = "/nowhere/casmand.sock";
	assert_int_equal(run(&a, &screen, &screen), EXIT_NO_DAEMON);
	fclose(screen.to);
	assert_non_null(strstr(out, "\"name\":\"no_daemon\""));
	free(out);
	args_free(&a);
}

static void progress_is_for_people_only(void **state)
{
	(void)state;
	static const char *const script[] = {SERVED_HEAR,
		"{'jsonrpc':'2.0','method':'progress','params':{'database':'a.db','state':"
		"'captured'}}\n",
		RESULT("{'versions':[{'db_name':'a.db','key':'k','size_bytes':1,'state':'stored'}]"
		       "}",
			"1"),
		SERVED_HOLD, NULL};
	struct ran r;

	run_line(&r, "backup", script, true);
	assert_string_equal(r.err, "a.db: captured, on its way to the store\n");
	assert_string_equal(r.out, "✓ a.db  stored as k  1 B\n");
	end(&r);
	run_line(&r, "backup", script, false);
	assert_string_equal(r.err, "");
	end(&r);
	run_line(&r, "backup --json", script, true);
	assert_string_equal(r.err, "");
	end(&r);
}

static void a_list_is_all_of_its_pages(void **state)
{
	(void)state;
	static const char *const script[] = {SERVED_HEAR,
		RESULT("{'versions':[{'key':'1'},{'key':'2'}],'cursor':'a','checked_at':null}",
			"1"),
		SERVED_HEAR,
		RESULT("{'versions':[{'key':'3'}],'cursor':'b','checked_at':null}", "2"),
		SERVED_HEAR, RESULT("{'versions':[{'key':'4'}],'cursor':null}", "3"), SERVED_HOLD,
		NULL};
	scoped(heap) char *expected = quoted(
		"{'versions':[{'key':'1'},{'key':'2'},{'key':'3'},{'key':'4'}],'cursor':null,"
		"'checked_at':null}\n");
	scoped(heap) char *asked = quoted(
		"{'jsonrpc':'2.0','id':1,'method':'list','params':{'database':'x','limit':100}}\n"
		"{'jsonrpc':'2.0','id':2,'method':'list','params':{'database':'x','limit':100,"
		"'cursor':'a'}}\n"
		"{'jsonrpc':'2.0','id':3,'method':'list','params':{'database':'x','limit':100,"
		"'cursor':'b'}}\n");
	struct ran r;

	run_line(&r, "list --json --db x", script, false);
	assert_int_equal(r.code, EXIT_DONE);
	assert_string_equal(r.out, expected);
	assert_string_equal(r.heard.at, asked);
	end(&r);
}

static void a_list_with_a_limit_stops_there(void **state)
{
	(void)state;
	static const char *const script[] = {SERVED_HEAR,
		RESULT("{'versions':[{'key':'1'},{'key':'2'}],'cursor':'a'}", "1"), SERVED_HEAR,
		RESULT("{'versions':[{'key':'3'}],'cursor':'b'}", "2"), SERVED_HOLD, NULL};
	scoped(heap) char *expected =
		quoted("{'versions':[{'key':'1'},{'key':'2'},{'key':'3'}],'cursor':'b'}\n");
	scoped(heap) char *second = quoted("'params':{'limit':1,'cursor':'a'}");
	struct ran r;

	run_line(&r, "list --json --limit 3", script, false);
	assert_int_equal(r.code, EXIT_DONE);
	assert_string_equal(r.out, expected);
	assert_non_null(strstr(r.heard.at, second));
	end(&r);
}

static void a_list_that_breaks_off_is_no_list(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *second, *words;
	} rows[] = {
		{"{'jsonrpc':'2.0','error':{'code':-32000,'message':'disk'},'id':2}\n",
			"casmanctl: disk\n"},
		{RESULT("{'versions':[],'cursor':'b'}", "2"),
			"casmanctl: casmand's list does not go on\n"},
		{RESULT("{'versions':[{'key':'2'}],'cursor':'a'}", "2"),
			"casmanctl: casmand's list does not go on\n"},
		{RESULT("{'cursor':null}", "2"), "casmanctl: casmand's list has no versions\n"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *const script[] = {SERVED_HEAR,
			RESULT("{'versions':[{'key':'1'}],'cursor':'a'}", "1"), SERVED_HEAR,
			rows[i].second, SERVED_HOLD, NULL};
		struct ran r;

		run_line(&r, "list", script, false);
		assert_int_equal(r.code, EXIT_FAILED);
		assert_string_equal(r.out, "");
		assert_string_equal(r.err, rows[i].words);
		end(&r);
	}
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	(void)state;
	char *complaint = NULL;
	size_t length;
	struct screen out = {.to = fopen("/dev/full", "we")};
	struct screen err = {.to = open_memstream(&complaint, &length)};
	struct pen p = {0};

	assert_non_null(out.to);
	pen_add(&p, "anything\n");
	assert_int_equal(run_put(&out, &err, &p, EXIT_DONE), EXIT_FAILED);
	fclose(out.to);
	fclose(err.to);
	assert_string_equal(complaint, "casmanctl: write the output: No space left on device\n");
	free(complaint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_asks_and_shows),
		cmocka_unit_test(json_is_one_line_for_programs_and_indented_for_people),
		cmocka_unit_test(an_error_has_its_exit_code_in_words_and_in_json),
		cmocka_unit_test(a_deadline_means_what_the_verb_makes_of_it),
		cmocka_unit_test(our_own_errors_have_the_form_of_casmands),
		cmocka_unit_test(nobody_at_the_socket_is_exit_code_three),
		cmocka_unit_test(progress_is_for_people_only),
		cmocka_unit_test(a_list_is_all_of_its_pages),
		cmocka_unit_test(a_list_with_a_limit_stops_there),
		cmocka_unit_test(a_list_that_breaks_off_is_no_list),
		cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
