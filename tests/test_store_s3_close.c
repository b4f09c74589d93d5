/* Closing the S3 store in each state of each request, and the network that comes back. */
#include "s3_store_world.h"

#define CONTENTS "contents"
#define MISMATCH                                                                                   \
	"!HTTP/1.1 400 Bad Request\r\n\r\n"                                                        \
	"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"
#define PAGES                                                                                      \
	"!HTTP/1.1 200 OK\r\n\r\n<ListBucketResult><IsTruncated>true</IsTruncated>"                \
	"<NextContinuationToken>t</NextContinuationToken></ListBucketResult>"

static void turn(struct s3_world *s, int turns)
{
	for (int i = 0; i < turns; i++)
		uv_run(&s->w.loop, UV_RUN_NOWAIT);
}

static void closing_ends_each_request_once_wherever_it_is(void **state)
{
	(void)state;
	static const struct {
		enum store_verb verb;
		enum err_code or_else; /* it may end before */
		const char *answers[3];
	} rows[] = {
		{STORE_PUT,    ERR_CANCELED, {""}                   },
		{STORE_PUT,    ERR_CANCELED, {IS_TAKEN, ""}         },
		{STORE_PUT,    ERR_OFFLINE,  {MISMATCH}             },
		{STORE_HEAD,   ERR_CANCELED, {""}                   },
		{STORE_FETCH,  ERR_CANCELED, {"", ""}               },
		{STORE_FETCH,  ERR_OFFLINE,  {"!" OBJECT("a") "cut"}},
		{STORE_LIST,   ERR_CANCELED, {PAGES, ""}            },
		{STORE_PROBE,  ERR_CANCELED, {""}                   },
		{STORE_COPY,   ERR_CANCELED, {""}                   },
		{STORE_DELETE, ERR_CANCELED, {""}                   },
	};
	const struct version v = version_of('a', CONTENTS);

	for (size_t i = 0; i < LENGTH(rows) * 12; i++) {
		const size_t row = i / 12;
		struct ask a = ask_for(rows[row].verb, KEY);
		struct s3_world s;
		char path[SCRATCH_PATH];

		s3_world_open(&s, rows[row].answers);
		(void)snprintf(path, sizeof(path), "%s/fetched", s.w.scratch.path);
		if (a.r.verb == STORE_PUT)
			a = ask_to_put(&s.w, KEY, &v, CONTENTS);
		if (a.r.verb == STORE_FETCH)
			a.r.file = path;
		ask_start(&s.w, s.w.store, &a);
		turn(&s, (int)(i % 12) * (int)(i % 12));
		world_end_store(&s.w, s.w.store);
		s.w.store = NULL;
		uv_run(&s.w.loop, UV_RUN_DEFAULT);
		assert_true(a.ended);
		if (a.e.code != rows[row].or_else)
			fails_with(&a, ERR_CANCELED, "");
		assert_int_equal(access(path, F_OK), -1);
		s3_world_close(&s);
	}
}

static void what_waits_for_a_server_that_is_silent_is_canceled_at_once(void **state)
{
	(void)state;
	struct ask asks[6];
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){"", "", "", "", "", NULL});
	for (size_t i = 0; i < LENGTH(asks); i++) {
		asks[i] = ask_for(STORE_HEAD, KEY);
		ask_start(&s.w, s.w.store, &asks[i]);
	}
	turn(&s, 20);
	world_end_store(&s.w, s.w.store);
	s.w.store = NULL;
	for (size_t i = 0; i < LENGTH(asks); i++)
		assert_false(asks[i].ended); /* never from inside */
	uv_run(&s.w.loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < LENGTH(asks); i++)
		assert_int_equal(asks[i].e.code, ERR_CANCELED);
	s3_world_close(&s);
}

static void the_network_is_back_ends_what_hangs(void **state)
{
	(void)state;
	struct ask a = ask_for(STORE_HEAD, KEY);
	struct s3_world s;

	s3_world_open(&s, (const char *const[]){"", OBJECT("a"), NULL});
	ask_start(&s.w, s.w.store, &a);
	turn(&s, 20);
	store_reconnect(s.w.store);
	world_wait(&s.w, &a.ended);
	fails_with(&a, ERR_OFFLINE, "the network has changed");
	ask(&s.w, &a);
	fails_with(&a, ERR_NONE, "");
	s3_world_close(&s);
	assert_int_equal(s.server.connections, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_ends_each_request_once_wherever_it_is),
		cmocka_unit_test(what_waits_for_a_server_that_is_silent_is_canceled_at_once),
		cmocka_unit_test(the_network_is_back_ends_what_hangs),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
