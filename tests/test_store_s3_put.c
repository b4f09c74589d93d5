/* PUT into a bucket, against answers that real servers do not give on demand. */
#include "s3_store_world.h"

#define CONTENTS "contents"

static struct ask put_it(struct s3_world *s, const struct version *v)
{
	struct ask a = ask_to_put(&s->w, KEY, v, CONTENTS);

	ask(&s->w, &a);
	return a;
}

static void a_put_is_one_request_on_a_condition(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){OK_PUT, NULL});
	struct ask a = put_it(&s, &v);
	fails_with(&a, ERR_NONE, "");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "PUT /casman/" KEY " HTTP/1.1\r\n"), 1);
	assert_int_equal(heard(&s, "if-none-match: *\r\n"), 1);
	assert_int_equal(heard(&s, "Content-Length: 8\r\n"), 1);
	assert_int_equal(heard(&s, "x-amz-meta-casmand-id: " ID("a") "\r\n"), 1);
	assert_int_equal(heard(&s, "x-amz-security-token: " TOKEN "\r\n"), 1);
	assert_non_null(strstr(s.server.requests, v.checksum));
	assert_non_null(strstr(s.server.requests, "\r\n\r\n" CONTENTS));
}

/* A row is a conversation: PUT, and HEAD where the store asks itself. */
static void p5_a_put_that_finds_something_asks_whose_it_is(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	static const struct {
		const char *name, *answers[4], *words;
		enum err_code code;
		bool unconditional;
	} rows[] = {
		{"ours: the answer was lost",    {IS_TAKEN, OBJECT("a")},                                "",                                ERR_NONE,    false},
		{"another's",                    {IS_TAKEN, OBJECT("b")},                                KEY ": another's",                 ERR_EXISTS,  false},
		{"python's",                     {IS_TAKEN, OK_PUT},                                     "another's",                       ERR_EXISTS,  false},
		{"with tags that make no sense",
                 {IS_TAKEN,
				"HTTP/1.1 200 OK\r\n" ETAG
				"x-amz-meta-casmand-id: nonsense\r\nContent-Length: 8\r\n\r\n"},
                 "another's",													       ERR_EXISTS,  false},
		{"gone meanwhile",               {IS_TAKEN, NO_OBJECT},                                  "is gone",                         ERR_OFFLINE, false},
		{"busy",			 {"HTTP/1.1 409 Conflict\r\n" EMPTY},                    "busy",                            ERR_OFFLINE, false},
		{"no condition, nothing there",  {NO_WAY, NO_OBJECT, OK_PUT},                            "",                                ERR_NONE,    true },
		{"no condition, ours",           {NO_WAY, OBJECT("a")},                                  "",                                ERR_NONE,    false},
		{"no condition, another's",      {NO_WAY, OBJECT("b")},                                  "another's",                       ERR_EXISTS,  false},
		{"no PUT at all",                {NO_WAY, NO_OBJECT, NO_WAY},                            "cannot put an object (HTTP 501)",
                 ERR_REFUSED,															    false},
		{"the HEAD fails",               {NO_WAY, "HTTP/1.1 503 Service Unavailable\r\n" EMPTY},
                 "out of order",													    ERR_OFFLINE, false},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;

		print_message("# %s\n", rows[i].name);
		s3_world_open(&s, rows[i].answers);
		struct ask a = put_it(&s, &v);
		fails_with(&a, rows[i].code, rows[i].words);
		assert_int_equal(store_facts(s.w.store).unconditional, rows[i].unconditional);
		s3_world_close(&s);
	}
}

static void a_store_without_conditions_is_asked_first_the_next_time(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;

	s3_world_open(&s,
		(const char *const[]){
			NO_WAY, NO_OBJECT, OK_PUT, NO_OBJECT, OK_PUT, OBJECT("b"), NULL});
	for (int i = 0; i < 2; i++) {
		struct ask a = put_it(&s, &v);

		fails_with(&a, ERR_NONE, "");
	}
	struct ask a = put_it(&s, &v);
	fails_with(&a, ERR_EXISTS, "another's");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "PUT /casman/"), 3); /* the body went out once too often */
	assert_int_equal(heard(&s, "if-none-match: "), 1);
	assert_int_equal(heard(&s, "HEAD /casman/"), 3);
}

#define MISMATCH                                                                                   \
	"!HTTP/1.1 400 Bad Request\r\n\r\n"                                                        \
	"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"

static void p9_other_bytes_than_were_signed_make_it_look_at_the_file(void **state)
{
	(void)state;
	static const struct {
		const char *in_file;
		enum err_code code;
		const char *words;
	} rows[] = {
		{CONTENTS,   ERR_OFFLINE, "other bytes arrived" },
		{"c0ntents", ERR_CORRUPT, "spooled is damaged: "},
	};
	const struct version v = version_of('a', CONTENTS);

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;

		s3_world_open(&s, (const char *const[]){MISMATCH, NULL});
		struct ask a = ask_to_put(&s.w, KEY, &v, rows[i].in_file);
		ask(&s.w, &a);
		fails_with(&a, rows[i].code, rows[i].words);
		s3_world_close(&s);
	}
}

static void a_spool_file_that_is_lost_or_cut_is_never_sent(void **state)
{
	(void)state;
	const struct version v = version_of('a', CONTENTS);
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){OK_PUT, NULL});
	struct ask a = ask_to_put(&s.w, KEY, &v, "content");
	ask(&s.w, &a);
	fails_with(&a, ERR_CORRUPT, "spooled is damaged: 7 bytes");
	a.r.file = "/nowhere/spooled";
	ask(&s.w, &a);
	fails_with(&a, ERR_MISSING, "/nowhere/spooled");
	s3_world_close(&s);
	assert_int_equal(s.server.connections, 0);
}

/* MISSING and CORRUPT would say that the spool file is bad. */
static void no_answer_to_a_put_says_that_our_own_file_is_bad(void **state)
{
	(void)state;
	static char page[200000];
	static const char cut[] = "!HTTP/1.1 200 OK\r\n" ETAG "Content-Length: 500\r\n\r\n<a";
	static const char xml[] = "!HTTP/1.1 404 Not Found\r\n\r\n"
				  "<Error><Code>NoSuchKey</Code></Error>";
	const struct version v = version_of('a', CONTENTS);
	const char *const answers[] = {page, xml, cut, "!SSH-2.0\r\n", NULL};

	int head = snprintf(page, sizeof(page),
		"!HTTP/1.1 403 No\r\nContent-Type: text/html\r\n"
		"Content-Length: 150000\r\n\r\n");
	memset(page + head, 'x', 150000);
	for (size_t i = 0; answers[i]; i++) {
		struct s3_world s;

		s3_world_open(&s, (const char *const[]){answers[i], NULL});
		struct ask a = put_it(&s, &v);
		print_message("# %s\n", a.e.text);
		assert_true(a.e.code == ERR_OFFLINE || a.e.code == ERR_REFUSED);
		s3_world_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_put_is_one_request_on_a_condition),
		cmocka_unit_test(p5_a_put_that_finds_something_asks_whose_it_is),
		cmocka_unit_test(a_store_without_conditions_is_asked_first_the_next_time),
		cmocka_unit_test(p9_other_bytes_than_were_signed_make_it_look_at_the_file),
		cmocka_unit_test(a_spool_file_that_is_lost_or_cut_is_never_sent),
		cmocka_unit_test(no_answer_to_a_put_says_that_our_own_file_is_bad),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
