/* The S3 store against answers that real servers do not give on demand: the clock, waiting, copies,
 * deletions, and how it is opened.  test_store_s3_put.c, test_store_s3_get.c: the rest.
 */
#include "common/stamp.h"
#include "daemon/io/alarm.h"
#include "s3_store_world.h"

/* --- what the store says of itself ----------------------------------------- */

static void how_long_it_wants_to_be_left_alone_is_told(void **state)
{
	(void)state;
	struct s3_world s;
	struct ask a = ask_for(STORE_HEAD, KEY);

	s3_world_open(&s,
		(const char *const[]){
			"HTTP/1.1 503 Slow Down\r\nRetry-After: 7\r\n" EMPTY, OBJECT("a"), NULL});
	ask(&s.w, &a);
	assert_int_equal(a.e.code, ERR_OFFLINE);
	assert_int_equal(a.r.got.wait, 7000);
	ask(&s.w, &a);
	assert_int_equal(a.e.code, ERR_NONE);
	assert_int_equal(a.r.got.wait, 0);
	s3_world_close(&s);
}

#define SKEWED(date)                                                                               \
	"!HTTP/1.1 403 Forbidden\r\nDate: " date "\r\n\r\n"                                        \
	"<Error><Code>RequestTimeTooSkewed</Code></Error>"

static void a_clock_that_the_store_does_not_take_is_corrected_by_its_own(void **state)
{
	(void)state;
	struct s3_world s;
	struct ask a = ask_for(STORE_HEAD, KEY);

	s3_world_open(&s,
		(const char *const[]){
			SKEWED("Sat, 01 Jan 2050 10:00:00 GMT"), OBJECT("a"), OBJECT("a"), NULL});
	assert_true(store_facts(s.w.store).skew == STAMP_NONE);
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	int64_t store_clock = alarm_clock() - store_facts(s.w.store).skew;
	assert_true(llabs(store_clock - INT64_C(2524644000) * STAMP_SECOND) < 60 * STAMP_SECOND);
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "x-amz-date: 20500101T10"), 2); /* and from now on */
}

static void it_is_signed_again_only_once(void **state)
{
	(void)state;
	struct s3_world s;
	struct ask a = ask_for(STORE_HEAD, KEY);

	s3_world_open(&s,
		(const char *const[]){SKEWED("Sat, 01 Jan 2050 10:00:00 GMT"),
			SKEWED("Sun, 01 Jan 2051 10:00:00 GMT"), NULL});
	ask(&s.w, &a);
	fails_with(&a, ERR_OFFLINE, "the clock of this machine is");
	s3_world_close(&s);
	assert_int_equal(heard(&s, "HEAD "), 2);
}

/* --- COPY and DELETE ------------------------------------------------------- */

static void copies_and_deletions_are_done_also_where_there_is_nothing_to_do(void **state)
{
	(void)state;
	static const struct {
		enum store_verb verb;
		enum err_code code;
		const char *answer, *words;
	} rows[] = {
		{STORE_COPY,   ERR_NONE,    "!HTTP/1.1 200 OK\r\n\r\n<CopyObjectResult/>", ""                    },
		{STORE_COPY,   ERR_OFFLINE,
                 "!HTTP/1.1 200 OK\r\n\r\n<Error><Code>InternalError</Code></Error>",      "out of order"        },
		{STORE_COPY,   ERR_NONE,
                 "!HTTP/1.1 400 Bad Request\r\n\r\n<Error><Code>InvalidRequest</Code>"
			"<Message>...itself without changing...</Message></Error>",        ""                    },
		{STORE_COPY,   ERR_MISSING, IS_TAKEN,                                      "not the one any more"},
		{STORE_DELETE, ERR_NONE,    "HTTP/1.1 204 No Content\r\n\r\n",             ""                    },
		{STORE_DELETE, ERR_NONE,
                 "!HTTP/1.1 404 No\r\n\r\n<Error><Code>NoSuchKey</Code></Error>",          ""                    },
		{STORE_DELETE, ERR_DENIED,
                 "!HTTP/1.1 403 No\r\n\r\n<Error><Code>AccessDenied</Code></Error>",       "may not delete"      },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_world s;
		struct ask a = ask_for(rows[i].verb, KEY);

		a.r.etag = "\"e\"";
		s3_world_open(&s, (const char *const[]){rows[i].answer, NULL});
		ask(&s.w, &a);
		fails_with(&a, rows[i].code, rows[i].words);
		s3_world_close(&s);
		bool is_copy = rows[i].verb == STORE_COPY;
		assert_int_equal(heard(&s, "x-amz-copy-source-if-match: \"e\"\r\n"), is_copy);
		assert_int_equal(heard(&s, "Content-Length: 0\r\n"), is_copy);
	}
}

/* --- opening --------------------------------------------------------------- */

static void a_bucket_has_one_name_whatever_the_way_to_it(void **state)
{
	(void)state;
	static const struct {
		struct s3bucket_options bucket;
		const char *place;
	} rows[] = {
		{{.endpoint = "https://s3.site:443", .name = "b"},                         "https://s3.site/b"},
		{{.endpoint = "http://S3.site/", .name = "b"},                             "http://s3.site/b" },
		{{.endpoint = "http://s3.site/b", .name = "b", .style = S3BUCKET_IN_HOST},
                 "http://s3.site/b"									   },
	};
	struct world w;

	world_begin(&w);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct store *s;
		struct err e;

		assert_int_equal(
			store_open_s3(&s, &w.loop,
				&(struct store_s3_options){
					.bucket = rows[i].bucket, .keys = {"a", "b", NULL}
                },
				&e),
			ERR_NONE);
		w.open++;
		assert_string_equal(store_place(s), rows[i].place);
		world_end_store(&w, s);
	}
	world_close(&w);
}

static void what_cannot_be_opened_names_the_key(void **state)
{
	(void)state;
	static char long_name[300];
	const struct {
		struct store_s3_options o;
		const char *words;
	} rows[] = {
		{{.bucket = {.name = "b"}},                                      "access_key_id is missing"    },
		{{.bucket = {.name = "b"}, .keys = {"a", "", ""}},               "secret_access_key is missing"},
		{{.bucket = {.name = "b"}, .keys = {"a", "canary", "canary\n"}}, "session_token: "             },
		{{.bucket = {.name = "/"}, .keys = {"a", "b", ""}},              "bucket_name: "               },
		{{.bucket = {.name = long_name, .endpoint = "http://host.name"},
			 .keys = {"a", "b", ""}},
                 "longer than 251 characters"								  },
	};
	struct world w;

	memset(long_name, 'x', 245);
	world_begin(&w);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct store *s;
		struct err e;

		assert_int_equal(store_open_s3(&s, &w.loop, &rows[i].o, &e), ERR_CONFIG);
		assert_non_null(strstr(e.text, rows[i].words));
		assert_null(strstr(e.text, "canary"));
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_long_it_wants_to_be_left_alone_is_told),
		cmocka_unit_test(a_clock_that_the_store_does_not_take_is_corrected_by_its_own),
		cmocka_unit_test(it_is_signed_again_only_once),
		cmocka_unit_test(copies_and_deletions_are_done_also_where_there_is_nothing_to_do),
		cmocka_unit_test(a_bucket_has_one_name_whatever_the_way_to_it),
		cmocka_unit_test(what_cannot_be_opened_names_the_key),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
