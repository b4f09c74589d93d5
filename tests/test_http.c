/* HTTP against a server of our own that says, for each connection, raw bytes. */
#include "check.h"
#include "daemon/io/http.h"
#include "http_server.h"
#include "scratch.h"

#include <uv.h>

struct world {
	uv_loop_t loop;
	struct http *http;
	struct http_server server;
	char url[100];
	bool closed;
};

struct asked {
	struct http_call call;
	bool ended;
	struct err e;
	long status;
	char body[200], kind[40];
	size_t length;
	uint64_t received;
	size_t arrived;
};

static void on_done(struct http_call *c, const struct http_answer *a, const struct err *e)
{
	struct asked *asked = owner_of(c, struct asked, call);

	assert_false(asked->ended);
	asked->ended = true;
	asked->e = *e;
	asked->status = a->status;
	asked->length = a->length;
	asked->received = a->received;
	text_cut(asked->body, sizeof(asked->body), a->body ? a->body : "");
}

static bool on_line(struct http_call *c, const char *line, size_t length)
{
	struct asked *asked = owner_of(c, struct asked, call);

	if (length > 9 && memcmp(line, "X-Kind: ", 8) == 0)
		(void)snprintf(
			asked->kind, sizeof(asked->kind), "%.*s", (int)length - 10, line + 8);
	return memcmp(line, "X-Refuse", length < 8 ? length : 8) != 0 || length < 8;
}

static void on_arrived(struct http_call *c, const void *bytes, size_t count)
{
	(void)bytes;
	owner_of(c, struct asked, call)->arrived += count;
}

static void open_world(struct world *w, const char *const *answers)
{
	struct err e;

	memset(w, 0, sizeof(*w));
	http_server_start(&w->server, answers);
	(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/a/key", w->server.port);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(http_open(&w->http, &w->loop,
				 &(struct http_options){.ca_file = "", .patience_ms = 300}, &e),
		ERR_NONE);
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static void close_world(struct world *w)
{
	http_close(w->http, on_closed, &w->closed);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_true(w->closed);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	http_server_end(&w->server);
}

static void start(struct world *w, struct asked *a, const char *method)
{
	struct err e;

	*a = (struct asked){
		.call = {.method = method,
			 .url = w->url,
			 .body_file = -1,
			 .answer_file = -1,
			 .answer_most = 100000,
			 .line = on_line,
			 .done = on_done}
        };
	assert_int_equal(http_start(w->http, &a->call, &e), ERR_NONE);
	assert_false(a->ended);
}

static void until_ended(struct world *w, const struct asked *a)
{
	while (!a->ended)
		uv_run(&w->loop, UV_RUN_ONCE);
}

#define OK_HELLO "HTTP/1.1 200 OK\r\nX-Kind: first\r\nContent-Length: 5\r\n\r\nhello"

static void an_answer_comes_into_memory_with_its_headers(void **state)
{
	(void)state;
	struct world w;
	struct asked a;

	open_world(&w, (const char *const[]){OK_HELLO, NULL});
	start(&w, &a, "GET");
	until_ended(&w, &a);
	assert_int_equal(a.e.code, ERR_NONE);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "hello");
	assert_int_equal(a.length, 5);
	assert_string_equal(a.kind, "first");
	assert_int_equal(a.call.times, 1);
	close_world(&w);
}

static void a_connection_is_kept_for_the_next_call(void **state)
{
	(void)state;
	struct world w;
	struct asked a;

	open_world(&w,
		(const char *const[]){
			OK_HELLO, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", NULL});
	start(&w, &a, "GET");
	until_ended(&w, &a);
	start(&w, &a, "GET");
	until_ended(&w, &a);
	assert_int_equal(a.e.code, ERR_NONE); /* any status is an answer */
	assert_int_equal(a.status, 404);
	assert_string_equal(a.body, "no");
	close_world(&w);
	assert_int_equal(w.server.connections, 1);
}

/* It had been idle for too long, as the server saw it. */
static void what_a_kept_connection_does_not_answer_goes_out_again_on_another(void **state)
{
	(void)state;
	static const char *const ends[] = {"!", "!!"}; /* hung up, reset */

	for (size_t i = 0; i < LENGTH(ends); i++) {
		struct world w;
		struct asked a;

		open_world(&w, (const char *const[]){OK_HELLO, ends[i], OK_HELLO, NULL});
		for (int k = 0; k < 2; k++) {
			start(&w, &a, "GET");
			until_ended(&w, &a);
			assert_int_equal(a.e.code, ERR_NONE);
			assert_int_equal(a.status, 200);
			assert_int_equal(a.call.times, k + 1); /* which somebody may charge */
		}
		close_world(&w);
		assert_int_equal(w.server.connections, 2);
	}
}

static void a_body_goes_out_from_a_file_whole(void **state)
{
	(void)state;
	static char bytes[300000];
	struct scratch scratch;
	struct world w;
	struct asked a;
	struct err e;

	scratch_open(&scratch);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i % 251);
	int fd = openat(scratch.fd, "body", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	open_world(&w, (const char *const[]){"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL});
	a = (struct asked){
		.call = {.method = "PUT",
			 .url = w.url,
			 .body_file = fd,
			 .body_length = sizeof(bytes),
			 .answer_file = -1,
			 .done = on_done,
			 .headers = (const char *const[]){"if-none-match: *", NULL}}
        };
	assert_int_equal(http_start(w.http, &a.call, &e), ERR_NONE);
	until_ended(&w, &a);
	assert_int_equal(a.status, 200);
	close_world(&w);
	close(fd);
	assert_non_null(strstr(w.server.requests, "if-none-match: *\r\n"));
	assert_non_null(strstr(w.server.requests, "Content-Length: 300000\r\n"));
	assert_null(strstr(w.server.requests, "Expect:"));
	char *body = (char *)memmem(w.server.requests, w.server.heard, "\r\n\r\n", 4) + 4;
	assert_int_equal(w.server.heard - (size_t)(body - w.server.requests), sizeof(bytes));
	assert_memory_equal(body, bytes, sizeof(bytes));
	scratch_close(&scratch);
}

static void only_what_was_asked_for_comes_into_the_file(void **state)
{
	(void)state;
	struct scratch scratch;
	struct world w;
	struct asked a;
	char got[6] = "";
	struct err e;

	scratch_open(&scratch);
	int fd = openat(scratch.fd, "answer", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	open_world(&w,
		(const char *const[]){
			OK_HELLO, "HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\n<Error", NULL});
	for (int i = 0; i < 2; i++) {
		a = (struct asked){
			.call = {.method = "GET",
				 .url = w.url,
				 .body_file = -1,
				 .answer_file = fd,
				 .answer_most = 100,
				 .arrived = on_arrived,
				 .done = on_done}
                };
		assert_int_equal(http_start(w.http, &a.call, &e), ERR_NONE);
		until_ended(&w, &a);
		assert_int_equal(a.arrived, i == 0 ? 5 : 0);
		assert_string_equal(a.body, i == 0 ? "" : "<Error");
	}
	assert_int_equal(pread(fd, got, sizeof(got), 0), 5);
	assert_string_equal(got, "hello");
	close_world(&w);
	close(fd);
	scratch_close(&scratch);
}

/* The file may become of any length; what comes instead of it may not. */
static void a_long_page_instead_of_the_file_is_not_kept_in_memory(void **state)
{
	(void)state;
	static char page[20000];
	struct scratch scratch;
	struct world w;
	struct asked a;
	struct err e;

	int head = snprintf(page, sizeof(page), "!HTTP/1.1 403 No\r\n\r\n");
	memset(page + head, 'x', sizeof(page) - 1 - (size_t)head);
	scratch_open(&scratch);
	int fd = openat(scratch.fd, "answer", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	open_world(&w, (const char *const[]){page, NULL});
	a = (struct asked){
		.call = {.method = "GET",
			 .url = w.url,
			 .body_file = -1,
			 .answer_file = fd,
			 .answer_most = 10000,
			 .done = on_done}
        };
	assert_int_equal(http_start(w.http, &a.call, &e), ERR_NONE);
	until_ended(&w, &a);
	assert_int_equal(a.e.code, ERR_CORRUPT);
	assert_true(a.length <= 10000);
	close_world(&w);
	close(fd);
	scratch_close(&scratch);
}

static void each_trouble_has_its_code(void **state)
{
	(void)state;
	static const struct {
		const char *name, *answer;
		enum err_code code;
	} rows[] = {
		{"larger than it may be",      "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nx",
                 ERR_CORRUPT										    },
		{"a head that is not wanted",
                 "HTTP/1.1 200 OK\r\nX-Refuse: 1\r\nContent-Length: 0\r\n\r\n",                      ERR_CORRUPT},
		{"cut in the middle",          "!HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx",
                 ERR_OFFLINE										    },
		{"no HTTP at all",             "!SSH-2.0-OpenSSH\r\n",                               ERR_OFFLINE},
		{"silence",                    "",						   ERR_OFFLINE},
		{"a redirect is not followed",
                 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
			"0\r\n\r\n",								 ERR_NONE   },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct world w;
		struct asked a;

		print_message("# %s\n", rows[i].name);
		open_world(&w, (const char *const[]){rows[i].answer, NULL});
		start(&w, &a, "GET");
		if (i == 0)
			a.call.answer_most = 100;
		until_ended(&w, &a);
		assert_int_equal(a.e.code, rows[i].code);
		assert_int_equal(rows[i].code == ERR_NONE, a.e.text[0] == '\0');
		close_world(&w);
	}
}

static void a_port_where_nobody_listens_is_offline(void **state)
{
	(void)state;
	struct world w;
	struct asked a;

	open_world(&w, (const char *const[]){NULL});
	(void)snprintf(w.url, sizeof(w.url), "http://127.0.0.1:1/");
	start(&w, &a, "GET");
	until_ended(&w, &a);
	assert_int_equal(a.e.code, ERR_OFFLINE);
	assert_non_null(strstr(a.e.text, "127.0.0.1"));
	close_world(&w);
}

static void a_head_has_no_body_to_wait_for(void **state)
{
	(void)state;
	struct world w;
	struct asked a;

	open_world(&w,
		(const char *const[]){
			"HTTP/1.1 200 OK\r\nX-Kind: head\r\nContent-Length: 348160\r\n\r\n", NULL});
	start(&w, &a, "HEAD");
	until_ended(&w, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.kind, "head");
	assert_int_equal(a.received, 0);
	close_world(&w);
}

static void a_dropped_call_is_not_heard_of_again(void **state)
{
	(void)state;
	struct world w;
	struct asked a, b;

	open_world(&w, (const char *const[]){"", OK_HELLO, NULL});
	start(&w, &a, "GET");
	for (int i = 0; i < 20; i++)
		uv_run(&w.loop, UV_RUN_NOWAIT);
	http_drop(&a.call);
	http_drop(&a.call); /* twice is once */
	start(&w, &b, "GET");
	until_ended(&w, &b);
	assert_false(a.ended);
	assert_int_equal(b.status, 200);
	close_world(&w);
}

static void the_network_is_back_ends_what_hung_and_connects_anew(void **state)
{
	(void)state;
	struct world w;
	struct asked a, b;

	open_world(&w, (const char *const[]){"", OK_HELLO, NULL});
	start(&w, &a, "GET");
	for (int i = 0; i < 20; i++)
		uv_run(&w.loop, UV_RUN_NOWAIT);
	http_reconnect(w.http);
	assert_true(a.ended);
	assert_int_equal(a.e.code, ERR_OFFLINE);
	start(&w, &b, "GET");
	until_ended(&w, &b);
	assert_int_equal(b.status, 200);
	close_world(&w);
	assert_int_equal(w.server.connections, 2);
}

static void the_network_is_back_leaves_alone_what_moves(void **state)
{
	(void)state;
	struct world w;
	struct asked a;

	open_world(&w,
		(const char *const[]){"HTTP/1.1 200 OK\r\nX-Kind: slow\r\n"
				      "Content-Length: 10\r\n\r\nhello",
			"", NULL});
	start(&w, &a, "GET");
	while (!a.kind[0])
		uv_run(&w.loop, UV_RUN_ONCE);
	http_reconnect(w.http);
	assert_false(a.ended);
	until_ended(&w, &a);
	assert_string_equal(a.body, "hello"); /* and no more, for that is all that came */
	close_world(&w);
}

static void closing_drops_what_is_live(void **state)
{
	(void)state;
	for (int turns = 0; turns < 6; turns++) { /* at each stage of a call */
		struct world w;
		struct asked a;

		open_world(&w, (const char *const[]){"", NULL});
		start(&w, &a, "GET");
		for (int i = 0; i < turns; i++)
			uv_run(&w.loop, UV_RUN_NOWAIT);
		close_world(&w);
		assert_false(a.ended);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_into_memory_with_its_headers),
		cmocka_unit_test(a_connection_is_kept_for_the_next_call),
		cmocka_unit_test(what_a_kept_connection_does_not_answer_goes_out_again_on_another),
		cmocka_unit_test(a_body_goes_out_from_a_file_whole),
		cmocka_unit_test(only_what_was_asked_for_comes_into_the_file),
		cmocka_unit_test(a_long_page_instead_of_the_file_is_not_kept_in_memory),
		cmocka_unit_test(each_trouble_has_its_code),
		cmocka_unit_test(a_port_where_nobody_listens_is_offline),
		cmocka_unit_test(a_head_has_no_body_to_wait_for),
		cmocka_unit_test(a_dropped_call_is_not_heard_of_again),
		cmocka_unit_test(the_network_is_back_ends_what_hung_and_connects_anew),
		cmocka_unit_test(the_network_is_back_leaves_alone_what_moves),
		cmocka_unit_test(closing_drops_what_is_live),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	return failed;
}
