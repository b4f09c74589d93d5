/* Keys of any characters, round trip through a real S3 server (real.h): PUT, GET, HEAD, COPY, LIST,
 * DELETE, each by a request that we signed.
 *
 *     s3_keys [COUNT [SEED]]       nasty keys, and COUNT that are made up of nasty characters
 */
#include "daemon/core/s3xml.h"
#include "daemon/io/alarm.h"
#include "daemon/io/digest.h"
#include "daemon/io/http.h"
#include "tests/s3/real.h"
#include "tests/s3_world.h"

#include <uv.h>

#define KEY_MOST 1000 /* bytes; S3 takes 1024 */

/* Cloudflare's simulator of R2 has no such keys, or takes them for paths. */
static bool may_be_refused(const char *key)
{
	size_t length = strlen(key);

	return strstr(real_setting("CASMAND_S3_ENDPOINT"), "/cdn-cgi/") &&
		(strstr(key, "..") || strpbrk(key, "\t\n") || strncmp(key, "./", 2) == 0 ||
			strstr(key, "/./") ||
			strcmp(key + length - (length > 2 ? 2 : 0), "/.") == 0);
}

/* --- one request ----------------------------------------------------------- */

struct wire {
	uv_loop_t loop;
	struct http *http;
	struct s3bucket bucket;
	struct sigv4_keys keys;
};

struct exchange {
	struct s3_ask ask;
	const char *body;
	/* how it went */
	enum err_code code;
	struct err e;
	struct s3_head head;
	struct s3said said;
	struct text answer;
	/* private */
	struct wire *wire;
	struct http_call call;
	bool ended;
};

static bool on_line(struct http_call *c, const char *line, size_t length)
{
	return s3_head_line(&owner_of(c, struct exchange, call)->head, line, length);
}

static void on_done(struct http_call *c, const struct http_answer *a, const struct err *e)
{
	struct exchange *x = owner_of(c, struct exchange, call);
	struct s3_answer answer = {.verb = x->ask.verb,
		.bucket = &x->wire->bucket,
		.head = &x->head,
		.now = alarm_clock()};
	struct s3_meaning meaning;
	struct err second;

	x->ended = true;
	x->e = *e;
	x->code = e->code;
	if (e->code)
		return;
	if (a->length > 0 && !(x->ask.verb == S3_GET && x->head.status == 200)) {
		struct s3xml *xml = s3xml_open();
		bool taken = !s3xml_add(xml, a->body, a->length, &second);
		answer.said = !s3xml_end(xml, &x->said, &second) && taken ? &x->said : NULL;
	}
	text_bytes(&x->answer, a->body, a->length);
	x->code = s3_judge(&answer, &meaning, &x->e);
}

static void exchange(struct wire *w, struct exchange *x)
{
	static const struct sigv4_hashes hashes = {digest_sha256, digest_hmac};
	char *lines[64] = {0};
	struct s3_request r;

	s3_request_make(&r, &w->bucket, &x->ask);
	s3_request_sign(&r, &w->bucket, alarm_clock(), &w->keys, &hashes);
	for (size_t i = 0; i < r.headers.count; i++) {
		assert_true(asprintf(&lines[i], "%s: %s", r.headers.at[i].name,
				    r.headers.at[i].value) > 0);
	}
	s3_head_init(&x->head);
	s3said_init(&x->said);
	x->wire = w;
	x->call = (struct http_call){.method = r.method,
		.url = r.url,
		.headers = (const char *const *)lines,
		.body_file = -1,
		.body = x->body,
		.body_length = r.length,
		.answer_file = -1,
		.answer_most = 1 << 20,
		.line = on_line,
		.done = on_done};
	assert_int_equal(http_start(w->http, &x->call, &x->e), ERR_NONE);
	while (!x->ended)
		uv_run(&w->loop, UV_RUN_ONCE);
	for (size_t i = 0; lines[i]; i++)
		free(lines[i]);
	s3_request_free(&r);
}

static void end(struct exchange *x)
{
	s3said_free(&x->said);
	text_free(&x->answer);
}

static void must(struct wire *w, struct exchange *x, enum err_code code)
{
	exchange(w, x);
	if (x->code != code)
		print_message("# verb %d of key '%s': %s: %s\n", x->ask.verb, x->ask.key,
			err_name(x->code), x->e.text);
	assert_int_equal(x->code, code);
}

/* --- a key's round trip ----------------------------------------------------- */

static bool put(struct wire *w, const char *key)
{
	const struct version version = first_version();
	char checksum[DIGEST_TEXT];
	struct digest d;

	digest_begin(&d);
	digest_add(&d, key, strlen(key));
	digest_end(&d, checksum);
	struct exchange x = {
		.ask = {.verb = S3_PUT, .key = key, .put = {checksum, strlen(key), &version, true}},
		.body = key
        };
	if (may_be_refused(key))
		exchange(w, &x);
	else
		must(w, &x, ERR_NONE);
	end(&x);
	return !x.code;
}

static void is_listed(struct wire *w, const char *key)
{
	struct exchange x = {
		.ask = {.verb = S3_LIST, .key = key}
        };
	unsigned found = 0;

	must(w, &x, ERR_NONE);
	for (size_t i = 0; i < x.said.list.count; i++)
		found += strcmp(x.said.list.entries[i].key, key) == 0;
	if (found != 1)
		print_message("# '%s' is %u times in '%s'\n", key, found, x.answer.at);
	assert_int_equal(found, 1);
	end(&x);

	x = (struct exchange){
		.ask = {.verb = S3_LIST, .key = key, .list.after = key}
        };
	must(w, &x, ERR_NONE);
	for (size_t i = 0; i < x.said.list.count; i++)
		assert_true(strcmp(x.said.list.entries[i].key, key) > 0);
	end(&x);
}

static void round_trip(struct wire *w, const char *key)
{
	if (!put(w, key)) {
		print_message("# not taken: '%s'\n", key);
		return;
	}
	struct exchange get = {
		.ask = {.verb = S3_GET, .key = key}
        };
	must(w, &get, ERR_NONE);
	assert_string_equal(get.answer.at, key);
	struct exchange head = {
		.ask = {.verb = S3_HEAD, .key = key}
        };
	must(w, &head, ERR_NONE);
	assert_int_equal(head.head.length, strlen(key));
	is_listed(w, key);
	struct exchange copy = {
		.ask = {.verb = S3_COPY, .key = key, .copy.etag = head.head.etag}
        };
	must(w, &copy, ERR_NONE);
	struct exchange delete = {
		.ask = {.verb = S3_DELETE, .key = key}
        };
	must(w, &delete, ERR_NONE);
	struct exchange gone = {
		.ask = {.verb = S3_HEAD, .key = key}
        };
	must(w, &gone, ERR_MISSING);
	struct exchange *const all[] = {&get, &head, &copy, &delete, &gone};
	for (size_t i = 0; i < LENGTH(all); i++)
		end(all[i]);
}

static const char *const pieces[] = {" ", "+", "%", "%20", "%2F", "//", "/", "~", "ä", "€", "𝄞",
	"&", "=", "?", "#", ":", ";", "@", "!", "$", "'", "(", ")", "*", ",", "\"", "<", ">", "\\",
	"^", "`", "{", "|", "}", "[", "]", "-", "_", ".", "A", "z", "0"};

static void made_up(char key[KEY_MOST + 1], unsigned *seed)
{
	size_t most = (size_t)rand_r(seed) % KEY_MOST + 1, length = 1;

	key[0] = 'k'; /* a key that begins with '/' is another matter: see below */
	for (;;) {
		const char *piece = pieces[(size_t)rand_r(seed) % LENGTH(pieces)];

		if (length + strlen(piece) > most)
			break;
		memcpy(key + length, piece, strlen(piece));
		length += strlen(piece);
	}
	key[length] = '\0';
}

static unsigned count = 20, first_seed = 1;

static void set_up(struct wire *w)
{
	const struct store_s3_options o = real_options();
	struct err e;

	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(s3bucket_open(&w->bucket, &o.bucket, &e), ERR_NONE);
	w->keys = o.keys;
	assert_int_equal(
		http_open(&w->http, &w->loop, &(struct http_options){.ca_file = o.ca_file}, &e),
		ERR_NONE);
}

static void on_closed(void *arg)
{
	(void)arg;
}

static void tear_down(struct wire *w)
{
	http_close(w->http, on_closed, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	s3bucket_close(&w->bucket);
}

static void nasty_keys_come_back_as_they_went(void **state)
{
	(void)state;
	static const char *const keys[] = {"a b", "a+b", "a%b", "a%20b", "a%2Fb", "%", "+", " ",
		"end ", "a//b", "a/b/", "a///", "~", "ä€𝄞", "e\xcc\x81", "a&b=c", "?list-type=2",
		"a#b", "a?b", "..", "a/../b", "./a", "a/.", "...", "a\tb", "a\nb", "a\x7f",
		"<a>&amp;", "a\"b'c", "a\\b", "a:b;c@d!e$f(g)h*i,j", "x-amz-meta", "AbC/aBc"};
	struct wire w;

	set_up(&w);
	for (size_t i = 0; i < LENGTH(keys); i++)
		round_trip(&w, keys[i]);
	tear_down(&w);
}

static void a_key_of_a_thousand_bytes_comes_back(void **state)
{
	(void)state;
	char key[KEY_MOST + 1] = "";
	struct wire w;

	set_up(&w);
	for (size_t i = 0; i + 2 <= KEY_MOST; i += 2)
		memcpy(key + i, "ä", 3);
	round_trip(&w, key);
	for (size_t i = 0; i < KEY_MOST; i++)
		key[i] = '%';
	round_trip(&w, key);
	tear_down(&w);
}

static void any_key_comes_back(void **state)
{
	(void)state;
	char key[KEY_MOST + 1];
	struct wire w;

	set_up(&w);
	for (unsigned i = 0; i < count; i++) {
		unsigned seed = first_seed + i;

		made_up(key, &seed);
		round_trip(&w, key);
	}
	tear_down(&w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nasty_keys_come_back_as_they_went),
		cmocka_unit_test(a_key_of_a_thousand_bytes_comes_back),
		cmocka_unit_test(any_key_comes_back),
	};

	if (argc > 1)
		count = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = (unsigned)strtoul(argv[2], NULL, 10);
	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_end();
	digest_close();
	return failed;
}
