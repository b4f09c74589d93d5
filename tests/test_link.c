#include "check.h"
#include "client/link.h"
#include "common/scoped.h"
#include "quoted.h"
#include "served.h"

#include <stdio.h>
#include <sys/stat.h>

#define SHORT 50    /* ms: a deadline that is to pass */
#define LONG  20000 /* ms: one that is not */

#define DAEMONS ((gid_t)1) /* the group "daemon" of every Debian */

#define LONG_REPLY ((size_t)5 << 20)
#define TOO_LONG   ((size_t)65 << 20)

/* What a call came to. */
struct came {
	enum err_code rc;
	struct err e;
	struct answer answer;
	struct text progress;
};

static void on_progress(void *arg, const struct doc *params)
{
	struct came *c = arg;

	text_add(&c->progress, "%s ", doc_as_text(doc_get(params, "state"), "?"));
}

static void call(struct came *c, const char *path, int64_t timeout_ms)
{
	const struct link_options o = {path, timeout_ms, on_progress, c};
	struct link *l;

	*c = (struct came){0};
	c->rc = link_open(&l, &o, &c->e);
	if (c->rc)
		return;
	struct doc *params = doc_object();
	doc_put_int(params, "n", 7);
	c->rc = link_call(l, "ask", params, &c->answer, &c->e);
	link_close(l);
}

static void end(struct came *c)
{
	doc_free(c->answer.result);
	doc_free(c->answer.error);
	text_free(&c->progress);
}

static void a_question_is_a_line_and_so_is_its_answer(void **state)
{
	(void)state;
	scoped(heap) char *reply = quoted("{'jsonrpc':'2.0','result':{'a':1},'id':1}\n");
	scoped(heap) char *expected =
		quoted("{'jsonrpc':'2.0','id':1,'method':'ask','params':{'n':7}}\n");
	const char *const script[] = {SERVED_HEAR, reply, SERVED_HOLD, NULL};
	struct served s;
	struct came c = {0};

	served_begin(&s, script);
	call(&c, s.path, LINK_PATIENT);
	served_end(&s);
	assert_int_equal(c.rc, ERR_NONE);
	assert_int_equal((int)doc_as_int(doc_get(c.answer.result, "a"), 0), 1);
	assert_null(c.answer.error);
	assert_string_equal(s.heard.at, expected);
	text_free(&s.heard);
	end(&c);
}

static void an_error_is_an_answer(void **state)
{
	(void)state;
	static const char *const replies[] = {
		"{'jsonrpc':'2.0','error':{'code':-32000,'message':'no','data':{'name':'n'}},'id':"
		"1}"
		"\n",
		/* whom casmand did not understand, or has no room for, has no id there */
		"{'jsonrpc':'2.0','error':{'code':-32000,'message':'no','data':{'name':'n'}},'id':"
		"null}\n",
	};

	for (size_t i = 0; i < LENGTH(replies); i++) {
		scoped(heap) char *reply = quoted(replies[i]);
		const char *const script[] = {SERVED_HEAR, reply, NULL};
		struct served s;
		struct came c = {0};

		served_begin(&s, script);
		call(&c, s.path, LONG);
		served_end(&s);
		assert_int_equal(c.rc, ERR_NONE);
		assert_null(c.answer.result);
		assert_string_equal(doc_as_text(doc_get(c.answer.error, "message"), ""), "no");
		assert_string_equal(
			doc_as_text(doc_get(doc_get(c.answer.error, "data"), "name"), ""), "n");
		text_free(&s.heard);
		end(&c);
	}
}

/* casmand answers `too many connections` and hangs up before the question is sent. */
static void last_words_are_read_though_the_question_was_not_heard(void **state)
{
	(void)state;
	scoped(heap) char *reply = quoted(
		"{'jsonrpc':'2.0','error':{'code':-32000,'message':'too many'},'id':null}\n");
	const char *const script[] = {reply, NULL};
	struct served s;
	struct link *l;
	struct answer a;
	struct err e;

	served_begin(&s, script);
	const struct link_options o = {.path = s.path, .timeout_ms = LONG};
	assert_int_equal(link_open(&l, &o, &e), ERR_NONE);
	served_end(&s);
	assert_int_equal(link_call(l, "ask", NULL, &a, &e), ERR_NONE);
	assert_string_equal(doc_as_text(doc_get(a.error, "message"), ""), "too many");
	doc_free(a.error);
	link_close(l);
}

static void progress_is_handed_on_in_order_and_other_notices_are_not(void **state)
{
	(void)state;
	scoped(heap) char *early =
		quoted("{'jsonrpc':'2.0','method':'progress','params':{'state':'captured'}}\n"
		       "{'jsonrpc':'2.0','method':'weather','params':{'state':'rain'}}\n"
		       "{'jsonrpc':'2.0','method':'prog");
	scoped(heap) char *late = quoted("ress','params':{'state':'stored'}}\n"
					 "{'jsonrpc':'2.0','result':{},'id':1}\n");
	const char *const script[] = {SERVED_HEAR, early, late, NULL};
	struct served s;
	struct came c = {0};

	served_begin(&s, script);
	call(&c, s.path, LONG);
	served_end(&s);
	assert_int_equal(c.rc, ERR_NONE);
	assert_non_null(c.answer.result);
	assert_string_equal(c.progress.at, "captured stored ");
	text_free(&s.heard);
	end(&c);
}

/* Two lines at once are two answers: the second waits for its question. */
static void several_questions_share_a_connection(void **state)
{
	(void)state;
	scoped(heap) char *both = quoted("{'jsonrpc':'2.0','result':{'n':1},'id':1}\n"
					 "{'jsonrpc':'2.0','result':{'n':2},'id':2}\n");
	const char *const script[] = {SERVED_HEAR, both, SERVED_HEAR, SERVED_HOLD, NULL};
	struct served s;
	struct link *l;
	struct err e;

	served_begin(&s, script);
	const struct link_options o = {.path = s.path, .timeout_ms = LONG};
	assert_int_equal(link_open(&l, &o, &e), ERR_NONE);
	for (int i = 1; i <= 2; i++) {
		struct answer a;

		assert_int_equal(link_call(l, "ask", NULL, &a, &e), ERR_NONE);
		assert_int_equal((int)doc_as_int(doc_get(a.result, "n"), 0), i);
		doc_free(a.result);
	}
	link_close(l);
	served_end(&s);
	text_free(&s.heard);
}

static char *filled(size_t length)
{
	char *string = text_room(length + 1, 1);

	memset(string, 'x', length);
	return string;
}

static void an_answer_may_be_long(void **state)
{
	(void)state;
	scoped(heap) char *head = quoted("{'jsonrpc':'2.0','result':{'long':'");
	scoped(heap) char *tail = quoted("'},'id':1}\n");
	scoped(heap) char *body = filled(LONG_REPLY);
	const char *const script[] = {SERVED_HEAR, head, body, tail, NULL};
	struct served s;
	struct came c = {0};

	served_begin(&s, script);
	call(&c, s.path, LONG);
	served_end(&s);
	assert_int_equal(c.rc, ERR_NONE);
	assert_int_equal(
		(int)strlen(doc_as_text(doc_get(c.answer.result, "long"), "")), (int)LONG_REPLY);
	text_free(&s.heard);
	end(&c);
}

static void what_has_no_end_is_not_collected_for_ever(void **state)
{
	(void)state;
	scoped(heap) char *body = filled(TOO_LONG);
	const char *const script[] = {SERVED_HEAR, body, SERVED_HOLD, NULL};
	struct served s;
	struct came c = {0};

	served_begin(&s, script);
	call(&c, s.path, LONG);
	served_end(&s);
	assert_int_equal(c.rc, ERR_PROTO);
	assert_non_null(strstr(c.e.text, "a line without end"));
	text_free(&s.heard);
	end(&c);
}

static void the_deadline_holds_against_silence_halves_and_babble(void **state)
{
	(void)state;
	static const char *const scripts[][4] = {
		{SERVED_HOLD,     NULL         },
		{     SERVED_HEAR, "{\"jsonrpc\"",   SERVED_HOLD, NULL},
		{ SERVED_HEAR,     SERVED_BABBLE, NULL},
	};

	for (size_t i = 0; i < LENGTH(scripts); i++) {
		struct served s;
		struct came c = {0};

		served_begin(&s, scripts[i]);
		call(&c, s.path, SHORT);
		served_end(&s);
		assert_int_equal(c.rc, ERR_TIMEOUT);
		assert_non_null(strstr(c.e.text, "did not answer within 0.05 s"));
		text_free(&s.heard);
		end(&c);
	}
}

/* A casmand that hangs accepts nobody; connect(2) itself waits then. */
static void the_deadline_holds_where_nobody_accepts(void **state)
{
	(void)state;
	struct served s;
	struct came c = {0};
	struct link *first = NULL;
	struct err e;

	served_bind(&s);
	const struct link_options o = {.path = s.path, .timeout_ms = LONG};
	assert_int_equal(link_open(&first, &o, &e), ERR_NONE);
	call(&c, s.path, SHORT);
	assert_int_equal(c.rc, ERR_TIMEOUT);
	link_close(first);
	served_unbind(&s);
	end(&c);
}

static void a_connection_that_ends_too_soon_is_told(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *const script[4];
		const char *why;
	} rows[] = {
		{{NULL}, "closed the connection without an answer"},
		{{SERVED_HEAR, NULL}, "closed the connection without an answer"},
		{{SERVED_HEAR, "{\"jsonrpc\":\"2.0\",", NULL},
			"closed the connection in the middle of its answer"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct served s;
		struct came c = {0};

		served_begin(&s, rows[i].script);
		call(&c, s.path, LONG);
		served_end(&s);
		assert_int_equal(c.rc, ERR_PROTO);
		assert_non_null(strstr(c.e.text, rows[i].why));
		text_free(&s.heard);
		end(&c);
	}
}

static void what_is_not_the_protocol_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"\n",
		"<html>\n",
		"[]\n",
		"7\n",
		"{}\n",
		"{'jsonrpc':'1.0','result':{},'id':1}\n",
		"{'jsonrpc':'2.0','result':{}}\n",
		"{'jsonrpc':'2.0','result':{},'id':2}\n",
		"{'jsonrpc':'2.0','result':{},'id':null}\n",
		"{'jsonrpc':'2.0','result':[],'id':1}\n",
		"{'jsonrpc':'2.0','result':null,'id':1}\n",
		"{'jsonrpc':'2.0','id':1}\n",
		"{'jsonrpc':'2.0','error':'no','id':1}\n",
		"{'jsonrpc':'2.0','error':{'code':1},'id':1}\n",
		"{'jsonrpc':'2.0','error':{'code':1,'message':'a'},'id':2}\n",
		"{'jsonrpc':'2.0','result':{'a':'\xff'},'id':1}\n",
	};

	for (size_t i = 0; i < LENGTH(lines); i++) {
		scoped(heap) char *line = quoted(lines[i]);
		const char *const script[] = {SERVED_HEAR, line, SERVED_HOLD, NULL};
		struct served s;
		struct came c = {0};

		print_message("# %s", lines[i]);
		served_begin(&s, script);
		call(&c, s.path, LONG);
		served_end(&s);
		assert_int_equal(c.rc, ERR_PROTO);
		assert_non_null(strstr(c.e.text, "is not casmand, or is damaged"));
		text_free(&s.heard);
		end(&c);
	}
}

static void no_daemon_is_told_with_its_mend(void **state)
{
	(void)state;
	struct served s;
	struct came c = {0};

	served_bind(&s);
	close(s.listener); /* a stale socket, as a crash leaves it */
	call(&c, s.path, LONG);
	assert_int_equal(c.rc, ERR_NO_DAEMON);
	assert_non_null(strstr(c.e.text, "Connection refused"));
	served_unbind(&s);
	call(&c, "/nowhere/casmand.sock", LONG);
	assert_int_equal(c.rc, ERR_NO_DAEMON);
	assert_string_equal(c.e.text,
		"no casmand answers at /nowhere/casmand.sock: No such file or directory. Start it: "
		"systemctl start casmand");
}

static void a_path_that_is_no_sockets_is_refused_whole(void **state)
{
	(void)state;
	scoped(heap) char *path = filled(108);
	struct came c = {0};

	path[0] = '/';
	call(&c, path, LONG);
	assert_int_equal(c.rc, ERR_FAILED);
	call(&c, "", LONG);
	assert_int_equal(c.rc, ERR_FAILED);
	path[107] = '\0';
	call(&c, path, LONG);
	assert_int_equal(c.rc, ERR_NO_DAEMON);
}

/* Root is let in everywhere: it knocks as nobody. */
static void knock_as_nobody(struct came *c, const char *path)
{
	bool root = geteuid() == 0;

	if (root)
		assert_int_equal(seteuid(65534), 0);
	call(c, path, LONG);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void a_closed_door_names_the_group_to_join(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		mode_t folder, socket;
		const char *door; /* what keeps out */
		bool group;
	} rows[] = {
		{0711, 0060, "casmand.sock", true},
		{0711, 0000, "casmand.sock", false},
		{0070, 0666, "folder", true},
		{0000, 0666, "folder", false},
	};
	/* clang-format on */
	struct served s;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct text expected = {0};
		struct came c = {0};

		served_bind(&s);
		bool root = geteuid() == 0;
		gid_t group = root ? DAEMONS : getegid();
		assert_int_equal(chown(s.path, (uid_t)-1, group), 0);
		assert_int_equal(chown(s.folder, (uid_t)-1, group), 0);
		assert_int_equal(chmod(s.path, rows[i].socket), 0);
		assert_int_equal(chmod(s.folder, rows[i].folder), 0);
		knock_as_nobody(&c, s.path);
		assert_int_equal(c.rc, ERR_DENIED);
		if (rows[i].group)
			text_add(&expected, "usermod -aG %s", root ? "daemon " : "");
		else
			text_add(&expected, "%s is for its owner alone",
				strcmp(rows[i].door, "folder") == 0 ? s.folder : s.path);
		assert_non_null(strstr(c.e.text, expected.at));
		text_free(&expected);
		assert_int_equal(chmod(s.folder, 0700), 0);
		served_unbind(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_a_line_and_so_is_its_answer),
		cmocka_unit_test(an_error_is_an_answer),
		cmocka_unit_test(last_words_are_read_though_the_question_was_not_heard),
		cmocka_unit_test(progress_is_handed_on_in_order_and_other_notices_are_not),
		cmocka_unit_test(several_questions_share_a_connection),
		cmocka_unit_test(an_answer_may_be_long),
		cmocka_unit_test(what_has_no_end_is_not_collected_for_ever),
		cmocka_unit_test(the_deadline_holds_against_silence_halves_and_babble),
		cmocka_unit_test(the_deadline_holds_where_nobody_accepts),
		cmocka_unit_test(a_connection_that_ends_too_soon_is_told),
		cmocka_unit_test(what_is_not_the_protocol_is_refused),
		cmocka_unit_test(no_daemon_is_told_with_its_mend),
		cmocka_unit_test(a_path_that_is_no_sockets_is_refused_whole),
		cmocka_unit_test(a_closed_door_names_the_group_to_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
