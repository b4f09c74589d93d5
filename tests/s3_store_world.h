/* s3_store_world.h - a bucket at a server that says what the test wants. */
#pragma once

#include "daemon/io/http.h"
#include "daemon/io/store_s3.h"
#include "tests/http_server.h"
#include "tests/store_world.h"

#define ETAG      "ETag: \"0123456789abcdef\"\r\n"
#define EMPTY     "Content-Length: 0\r\n\r\n"
#define OK_PUT    "HTTP/1.1 200 OK\r\n" ETAG EMPTY
#define NO_OBJECT "HTTP/1.1 404 Not Found\r\n" EMPTY
#define IS_TAKEN  "HTTP/1.1 412 Precondition Failed\r\n" EMPTY
#define NO_WAY    "HTTP/1.1 501 Not Implemented\r\n" EMPTY
/* An object of eight bytes whose id is 32 times the letter. */
#define OBJECT(letter)                                                                             \
	"HTTP/1.1 200 OK\r\n" ETAG                                                                 \
	"x-amz-meta-casmand-id: " ID(letter) "\r\n"                                                \
					     "x-amz-meta-casmand-machine: " MACHINE_A "\r\n"       \
					     "x-amz-meta-casmand-content: " ID("0")                \
						     ID("0") "\r\n"                                \
							     "x-amz-meta-casmand-sequence: 1\r\n"  \
							     "Content-Length: 8\r\n\r\n"
#define ID(letter) FOUR(FOUR(letter letter))
#define FOUR(x)    x x x x

#define SECRET "canary-secret"
#define TOKEN  "canary-token"

struct s3_world {
	struct world w;
	struct http_server server;
};

static inline void s3_world_open(struct s3_world *s, const char *const *answers)
{
	char endpoint[64];
	struct err e;

	http_server_start(&s->server, answers);
	world_begin(&s->w);
	(void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u", s->server.port);
	const struct store_s3_options options = {
		.bucket = {.endpoint = endpoint, .name = "casman"},
		.keys = { .access_key = "AKIA",    .secret = SECRET,   .token = TOKEN},
		.patience_ms = 1000,
	};
	assert_int_equal(store_open_s3(&s->w.store, &s->w.loop, &options, &e), ERR_NONE);
	s->w.open++;
}

static inline void s3_world_close(struct s3_world *s)
{
	world_close(&s->w);
	http_server_end(&s->server);
}

/* How many requests began with these words. */
static inline unsigned heard(const struct s3_world *s, const char *words)
{
	unsigned count = 0;

	for (const char *at = s->server.requests; (at = strstr(at, words)); at++)
		count++;
	return count;
}

static inline void fails_with(const struct ask *a, enum err_code code, const char *words)
{
	if (a->e.code != code || !strstr(a->e.text, words))
		print_message("# %s: %s\n", err_name(a->e.code), a->e.text);
	assert_int_equal(a->e.code, code);
	assert_non_null(strstr(a->e.text, words));
	assert_null(strstr(a->e.text, "canary"));
}
