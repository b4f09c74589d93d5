#include "common/text.h"
#include "s3_world.h"

#define TAGS                                                                                       \
	"X-Amz-Meta-Casmand-Id: " ID_1 "\r\n"                                                      \
	"x-amz-meta-casmand-machine: " ID_2 "\r\n"                                                 \
	"x-amz-meta-casmand-host: field-1\r\n"                                                     \
	"x-amz-meta-casmand-content: " CONTENT "\r\n"

/* As Ceph and Swift send it. */
static void the_head_of_an_object_is_read(void **state)
{
	(void)state;
	struct s3_head h;

	read_head(&h,
		"HTTP/1.1 200 OK\r\n"
		"Content-Length: 5000\r\n"
		"Accept-Ranges: bytes\r\n"
		"ETag: \"897765bd80ecfa4194f8c7837dfd3b40\"\r\n" TAGS "x-folded: a\r\n"
		" b\r\n"
		"x-amz-meta-casmand-sequence: 3\r\n"
		"x-amz-meta-casmand-ancestors:" ID_2 "," ID_1 "   \r\n"
		"x-amz-meta-casmand-of-a-later-casmand: whatever\r\n"
		"x-amz-meta-other: not ours\r\n"
		"X-Amz-Storage-Class: STANDARD_IA\r\n"
		"x-amz-bucket-region: eu-west-1\r\n"
		"Retry-After: 120\r\n"
		"Content-Type: application/vnd.sqlite3\r\n"
		"Date: Mon, 23 Nov 2026 02:21:00 GMT\r\n"
		"\r\n");
	assert_int_equal(h.status, 200);
	assert_true(h.has_length);
	assert_int_equal(h.length, 5000);
	assert_false(h.is_html);
	assert_string_equal(h.etag, "\"897765bd80ecfa4194f8c7837dfd3b40\"");
	assert_string_equal(h.class, "STANDARD_IA");
	assert_string_equal(h.region, "eu-west-1");
	assert_string_equal(h.date, "Mon, 23 Nov 2026 02:21:00 GMT");
	assert_string_equal(h.retry_after, "120");
	assert_true(h.tagged);
	assert_int_equal(h.tag_error.code, ERR_NONE);
	assert_string_equal(h.tags.id, ID_1);
	assert_string_equal(h.tags.machine, ID_2);
	assert_string_equal(h.tags.host, "field-1");
	assert_string_equal(h.tags.content, CONTENT);
	assert_int_equal(h.tags.sequence, 3);
	assert_int_equal(h.tags.bases, 0);
	assert_int_equal(h.tags.ancestor_count, 2);
	assert_string_equal(h.tags.ancestors[1], ID_1);
}

static void an_object_of_others_has_no_tags(void **state)
{
	(void)state;
	struct s3_head h;

	read_head(&h, "HTTP/1.1 200 OK\r\nx-amz-meta-casmand: x\r\nx-amz-meta-mtime: 1\r\n\r\n");
	assert_false(h.tagged);
	assert_int_equal(h.tag_error.code, ERR_NONE);
}

static void tags_that_are_damaged_or_incomplete_are_named(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *lines, *words;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\n" TAGS "\r\n", "some of casmand's tags are missing"},
		{"HTTP/1.1 200 OK\r\n" TAGS "x-amz-meta-casmand-sequence: 0\r\n\r\n",
			"the tag sequence is not of its form: 0"},
		{"HTTP/1.1 200 OK\r\n" TAGS "x-amz-meta-casmand-sequence:\r\n\r\n",
			"the tag sequence is not of its form: "},
		{"HTTP/1.1 200 OK\r\n" TAGS
		 "x-amz-meta-casmand-base: no\r\nx-amz-meta-casmand-sequence: 1\r\n\r\n",
			"the tag base is not of its form: no"},
		{"HTTP/1.1 200 OK\r\nx-amz-meta-casmand-sequence: 1\r\n\r\n",
			"some of casmand's tags are missing"},
		{"HTTP/1.1 200 OK\r\nx-amz-meta-casmand-machine: " ID_2
		 "\r\nx-amz-meta-casmand-content: " CONTENT
		 "\r\nx-amz-meta-casmand-sequence: 1\r\n\r\n",
			"some of casmand's tags are missing"},
		/* the first one wrong is told */
		{"HTTP/1.1 200 OK\r\nx-amz-meta-casmand-id: 1\r\nx-amz-meta-casmand-past: "
		 "2\r\n\r\n",
			"the tag id is not of its form: 1"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_head h;

		read_head(&h, rows[i].lines);
		assert_true(h.tagged);
		assert_int_equal(h.tag_error.code, ERR_CORRUPT);
		assert_string_equal(h.tag_error.text, rows[i].words);
	}
}

/* 100, or a proxy's own head, comes first. */
static void the_last_head_is_the_one_that_counts(void **state)
{
	(void)state;
	struct s3_head h;

	read_head(&h,
		"HTTP/1.1 200 Connection established\r\nETag: a\r\nContent-Type: text/html\r\n" TAGS
		"\r\n"
		"HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\n"
		"HTTP/2 404 \r\nserver: cloudflare\r\n\r\n");
	assert_int_equal(h.status, 404);
	assert_string_equal(h.etag, "");
	assert_false(h.has_length);
	assert_false(h.is_html);
	assert_false(h.tagged);
	assert_int_equal(h.tag_error.code, ERR_NONE);
}

static void a_head_has_odd_lines(void **state)
{
	(void)state;
	struct text wide = {0};
	struct s3_head h;

	read_head(&h,
		"HTTP/1.1 2x0 OK\r\n"
		"no colon\r\n"
		" retry-after: this goes on with the line before\r\n"
		": no name\r\n"
		"etag : \t e \t\r\n"
		"content-length: 12a\r\n"
		"CONTENT-TYPE: Text/HTML; charset=UTF-8\r\n"
		"date: a\001b\r\n"
		"\r\n");
	assert_int_equal(h.status, 0);
	assert_string_equal(h.etag, "e");
	assert_false(h.has_length);
	assert_true(h.is_html);
	assert_string_equal(h.retry_after, "");
	assert_string_equal(h.date, ""); /* with a control character in it */

	text_add(&wide,
		"HTTP/1.1 200 OK\r\nretry-after: 120\r\nETag: \"%0200d\"\r\n"
		"content-length: %021d\r\nretry-after: %02000d\r\n\r\n",
		0, 0, 0);
	read_head(&h, wide.at);
	assert_int_equal(h.status, 200);
	assert_string_equal(h.etag, "");
	assert_string_equal(h.retry_after, "120"); /* the longer one was not looked at */
	assert_true(h.has_length);
	text_free(&wide);
	s3_head_init(&h);
	assert_true(s3_head_line(&h, "", 0));
	assert_true(s3_head_line(&h, "HTTP/", 5));
	assert_true(s3_head_line(&h, "HTTP/1.1 20", 11));
	assert_int_equal(h.status, 0);
}

/* P12 */
static void a_head_without_end_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {"x-a: b\r\n", "HTTP/1.1 100 Continue\r\n"};

	for (size_t i = 0; i < LENGTH(lines); i++) {
		struct s3_head h;
		unsigned taken = 0;

		s3_head_init(&h);
		while (taken < 100000 && s3_head_line(&h, lines[i], strlen(lines[i])))
			taken++;
		assert_in_range(taken, 1000, 10000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_of_an_object_is_read),
		cmocka_unit_test(an_object_of_others_has_no_tags),
		cmocka_unit_test(tags_that_are_damaged_or_incomplete_are_named),
		cmocka_unit_test(the_last_head_is_the_one_that_counts),
		cmocka_unit_test(a_head_has_odd_lines),
		cmocka_unit_test(a_head_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
