/* An answer as it comes from the wire: a digit for what was asked, the lines of its head, an empty
 * one, its body.  Whatever it is, it means something, in words that a person can be shown; tags that
 * are taken are tags that would be written; who is not S3 teaches us nothing. */
#include "common/scoped.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/s3.h"
#include "daemon/core/s3xml.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define NOW INT64_C(1795400460000000) /* 2026-11-23 02:21:00 UTC */

/* False: it is too long, and the connection would be ended.  It gets its empty line in any case. */
static bool read_head(struct s3_head *h, const char *at, size_t size, size_t *done)
{
	bool is_whole = false;

	s3_head_init(h);
	for (*done = 0; *done < size && !is_whole;) {
		const char *line = at + *done, *end = memchr(line, '\n', size - *done);
		size_t length = end ? (size_t)(end - line) + 1 : size - *done;

		is_whole = *line == '\n' || *line == '\r';
		*done += length;
		if (!s3_head_line(h, line, length))
			return false;
	}
	return is_whole || s3_head_line(h, "\r\n", 2);
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void check_head(const struct s3_head *h)
{
	struct version again = {0};
	struct err e;

	REQUIRE(h->status <= 999);
	REQUIRE(!strpbrk(h->etag, "\r\n") && !strpbrk(h->region, "\r\n"));
	if (!h->tagged || h->tag_error.code) {
		REQUIRE(!h->tag_error.code || h->tag_error.code == ERR_CORRUPT);
		return;
	}
	scoped(heap) char *text = version_tags_text(&h->tags);
	REQUIRE(is_ascii(h->tags.host));
	REQUIRE(version_read_tags(&again, text, strlen(text), &e) == ERR_NONE);
	scoped(heap) char *twice = version_tags_text(&again);
	REQUIRE(strcmp(text, twice) == 0);
}

static void check_meaning(
	const struct s3_answer *a, enum err_code code, const struct s3_meaning *m, struct err *e)
{
	REQUIRE(code == e->code && !code == !e->text[0]);
	REQUIRE(m->wait <= S3_WAIT_MOST);
	REQUIRE(m->hint == S3_NO_HINT || code);
	REQUIRE(code != ERR_EXISTS || a->verb == S3_PUT);
	REQUIRE(m->hint != S3_HINT_ASK_FIRST || a->verb == S3_PUT);
	for (const char *c = e->text; *c; c++)
		REQUIRE(*c != '\r' && *c != '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct s3bucket_options options = {
		.endpoint = "http://127.0.0.1:9000", .name = "casman", .region = "eu-west-1"};
	struct s3bucket bucket;
	struct s3_meaning m;
	struct err e = {0}, not_taken = {0};
	struct s3said said;
	struct s3_head h;

	size_t done;

	if (size == 0 || data[0] < '0' || data[0] > '5' ||
		!read_head(&h, (const char *)data + 1, size - 1, &done))
		return 0;
	check_head(&h);
	REQUIRE(s3bucket_open(&bucket, &options, &e) == ERR_NONE);
	struct s3xml *x = s3xml_open();
	bool is_taken = !s3xml_add(x, data + 1 + done, size - 1 - done, &not_taken);
	is_taken = !s3xml_end(x, &said, &not_taken) && is_taken;
	const struct s3_answer a = {.verb = (enum s3_verb)(data[0] - '0'),
		.bucket = &bucket,
		.head = &h,
		.said = is_taken ? &said : NULL,
		.not_taken = is_taken ? NULL : &not_taken,
		.now = NOW};
	enum err_code code = s3_judge(&a, &m, &e);
	check_meaning(&a, code, &m, &e);
	s3said_free(&said);
	s3bucket_close(&bucket);
	return 0;
}
