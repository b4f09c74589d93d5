#include "common/text.h"
#include "daemon/core/objkey.h"
#include "s3_world.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* All that is sent, one a line. */
static char *sent(const struct s3_ask *ask)
{
	struct s3bucket bucket = bucket_at("http://store.example:9000");
	struct s3_request r;
	struct text t = {0};

	s3_request_make(&r, &bucket, ask);
	text_add(&t, "%s %s\n", r.method, r.url);
	for (size_t i = 0; i < r.headers.count; i++)
		text_add(&t, "%s: %s\n", r.headers.at[i].name, r.headers.at[i].value);
	if (r.has_body)
		text_add(&t, "%d bytes ", (int)r.length);
	text_add(&t, "%s", r.payload);
	s3_request_free(&r);
	s3bucket_close(&bucket);
	return text_take(&t);
}

static void expect(const struct s3_ask *ask, const char *text)
{
	char *found = sent(ask);

	assert_string_equal(found, text);
	free(found);
}

/* P5: only if nothing is there. */
static void a_put_says_whose_version_it_is_and_overwrites_nothing(void **state)
{
	(void)state;
	const struct version first = first_version();
	struct version v = first;

	memcpy(v.id, ID_2, sizeof(ID_2));
	v.sequence = 2;
	version_descend(&v, &first);
	expect(
		&(struct s3_ask){
			.verb = S3_PUT,
			.key = DATABASE_KEY,
			.put = {.checksum = CONTENT, .length = 348160, .version = &v}
        },
		"PUT http://store.example:9000/casman/" DATABASE_KEY "\n"
		"host: store.example:9000\n"
		"content-type: application/vnd.sqlite3\n"
		"if-none-match: *\n"
		"x-amz-storage-class: STANDARD\n"
		"x-amz-meta-casmand-id: " ID_2 "\n"
		"x-amz-meta-casmand-machine: " ID_2 "\n"
		"x-amz-meta-casmand-host: field-1\n"
		"x-amz-meta-casmand-content: " CONTENT "\n"
		"x-amz-meta-casmand-sequence: 2\n"
		"x-amz-meta-casmand-base: " ID_1 "\n"
		"x-amz-meta-casmand-ancestors: " ID_1 "\n"
		"x-amz-meta-casmand-past: " ID_2 ":1\n"
		"348160 bytes " CONTENT);
}

/* A header without a value would be dropped by some and refused by others. */
static void a_tag_without_a_value_is_not_sent(void **state)
{
	(void)state;
	const struct version v = first_version();

	expect(
		&(struct s3_ask){
			.verb = S3_PUT,
			.key = METADATA_KEY,
			.put = {.checksum = EMPTY, .version = &v, .blindly = true}
        },
		"PUT http://store.example:9000/casman/" METADATA_KEY "\n"
		"host: store.example:9000\n"
		"content-type: application/json\n"
		"x-amz-storage-class: STANDARD\n"
		"x-amz-meta-casmand-id: " ID_1 "\n"
		"x-amz-meta-casmand-machine: " ID_2 "\n"
		"x-amz-meta-casmand-host: field-1\n"
		"x-amz-meta-casmand-content: " CONTENT "\n"
		"x-amz-meta-casmand-sequence: 1\n"
		"0 bytes " EMPTY);
}

static void what_has_no_body_is_signed_as_empty(void **state)
{
	(void)state;
	static const struct {
		enum s3_verb verb;
		const char *method;
	} rows[] = {
		{S3_HEAD,   "HEAD"  },
                {S3_GET,    "GET"   },
                {S3_DELETE, "DELETE"}
        };

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct text text = {0};

		text_add(&text,
			"%s http://store.example:9000/casman/a%%20b/%%C3%%A4%%2B\n"
			"host: store.example:9000\n" EMPTY,
			rows[i].method);
		expect(&(struct s3_ask){.verb = rows[i].verb, .key = "a b/\303\244+"}, text.at);
		text_free(&text);
	}
}

static void a_listing_goes_on_where_the_page_before_ended(void **state)
{
	(void)state;
	expect(&(struct s3_ask){.verb = S3_LIST, .key = "backups/parts.db/"},
		"GET http://store.example:9000/casman?encoding-type=url&list-type=2&max-keys=1000&"
		"prefix=backups%2Fparts.db%2F\n"
		"host: store.example:9000\n" EMPTY);
	expect(
		&(struct s3_ask){
			.verb = S3_LIST, .key = "", .list = {.cursor = "YmFja3Vw+/==", .most = 1}
        },
		"GET http://store.example:9000/casman?continuation-token=YmFja3Vw%2B%2F%3D%3D&"
		"encoding-type=url&list-type=2&max-keys=1&prefix=\n"
		"host: store.example:9000\n" EMPTY);
	expect(&(struct s3_ask){.verb = S3_LIST, .key = "a", .list = {.after = "a b"}},
		"GET http://store.example:9000/casman?encoding-type=url&list-type=2&max-keys=1000&"
		"prefix=a&start-after=a%20b\n"
		"host: store.example:9000\n" EMPTY);
}

static void an_object_is_copied_onto_itself_only_if_it_is_the_same(void **state)
{
	(void)state;
	expect(
		&(struct s3_ask){
			.verb = S3_COPY, .key = "backups/a b", .copy = {.etag = "\"897765bd\""}},
		"PUT http://store.example:9000/casman/backups/a%20b\n"
		"host: store.example:9000\n"
		"x-amz-copy-source: /casman/backups/a%20b\n"
		"x-amz-copy-source-if-match: \"897765bd\"\n"
		"x-amz-metadata-directive: COPY\n"
		"x-amz-storage-class: STANDARD\n"
		"0 bytes " EMPTY);
	expect(&(struct s3_ask){.verb = S3_COPY, .key = "k"},
		"PUT http://store.example:9000/casman/k\n"
		"host: store.example:9000\n"
		"x-amz-copy-source: /casman/k\n"
		"x-amz-metadata-directive: COPY\n"
		"x-amz-storage-class: STANDARD\n"
		"0 bytes " EMPTY);
}

/* S3 takes 2 KB of metadata, names included; R2 takes 8. */
static void the_longest_tags_fit_what_s3_takes(void **state)
{
	(void)state;
	struct s3bucket bucket = bucket_at("https://h");
	struct version v = first_version();
	struct s3_request r;
	size_t bytes = 0;

	memset(v.host, 'h', VERSION_HOST);
	v.sequence = INT64_MAX;
	v.bases = VERSION_BASES;
	v.ancestor_count = VERSION_ANCESTORS;
	v.past_count = VERSION_PAST;
	for (size_t i = 0; i < VERSION_BASES; i++)
		memcpy(v.base[i], ID_1, sizeof(ID_1));
	for (size_t i = 0; i < VERSION_ANCESTORS; i++)
		memcpy(v.ancestors[i], ID_1, sizeof(ID_1));
	for (size_t i = 0; i < VERSION_PAST; i++) {
		memcpy(v.past[i].machine, ID_1, sizeof(ID_1));
		v.past[i].sequence = INT64_MAX;
	}
	s3_request_make(&r, &bucket,
		&(struct s3_ask){
			.verb = S3_PUT,
			.key = DATABASE_KEY,
			.put = {.checksum = EMPTY, .version = &v}
        });
	for (size_t i = 0; i < r.headers.count; i++)
		if (strncmp(r.headers.at[i].name, S3_TAG_PREFIX, strlen(S3_TAG_PREFIX)) == 0)
			bytes += strlen(r.headers.at[i].name) + strlen(r.headers.at[i].value);
	assert_in_range(bytes, 1900, 2048);
	s3_request_free(&r);
	s3bucket_close(&bucket);
}

/* What a version says of itself comes back as it was. */
static void tags_come_back_as_they_were_sent(void **state)
{
	(void)state;
	struct s3bucket bucket = bucket_at("https://h");
	const struct version first = first_version();
	struct version v = first;
	struct text lines = {0};
	struct s3_request r;
	struct s3_head h;

	memcpy(v.id, ID_2, sizeof(ID_2));
	for (unsigned turn = 0; turn < 2; turn++) {
		s3_request_make(&r, &bucket,
			&(struct s3_ask){
				.verb = S3_PUT,
				.key = DATABASE_KEY,
				.put = {.checksum = EMPTY, .version = &v}
                });
		text_add(&lines, "HTTP/1.1 200 OK\r\n");
		for (size_t i = 0; i < r.headers.count; i++)
			text_add(&lines, "%s: %s\r\n", r.headers.at[i].name, r.headers.at[i].value);
		text_add(&lines, "\r\n");
		read_head(&h, lines.at);
		assert_true(h.tagged);
		assert_int_equal(h.tag_error.code, ERR_NONE);
		char *before = version_tags_text(&v), *after = version_tags_text(&h.tags);
		assert_string_equal(before, after);
		free(before);
		free(after);
		text_free(&lines);
		s3_request_free(&r);
		version_descend(&v, &first);
	}
	s3bucket_close(&bucket);
}

static void fake_sha256(const void *bytes, size_t count, unsigned char sum[SIGV4_SUM])
{
	(void)bytes;
	memset(sum, (int)count & 0xff, SIGV4_SUM);
}

static void fake_hmac(const void *key, size_t key_count, const void *bytes, size_t count,
	unsigned char sum[SIGV4_SUM])
{
	(void)key;
	(void)key_count;
	fake_sha256(bytes, count, sum);
}

/* Whatever is sent is signed, in the bucket's region, with the hash of what is sent. */
static void a_request_is_signed_with_all_its_headers(void **state)
{
	(void)state;
	static const struct sigv4_hashes hashes = {fake_sha256, fake_hmac};
	static const struct sigv4_keys keys = {"access", "secret", "token"};
	struct s3bucket bucket = bucket_at("https://h");
	const struct version v = first_version();
	struct s3_request r;

	s3_request_make(&r, &bucket,
		&(struct s3_ask){
			.verb = S3_PUT,
			.key = DATABASE_KEY,
			.put = {.checksum = CONTENT, .length = 1, .version = &v}
        });
	s3_request_sign(&r, &bucket, INT64_C(1795185022000000), &keys, &hashes);
	assert_string_equal(fields_get(&r.headers, "x-amz-content-sha256"), CONTENT);
	assert_string_equal(fields_get(&r.headers, "x-amz-date"), "20261120T143022Z");
	assert_string_equal(fields_get(&r.headers, "x-amz-security-token"), "token");
	assert_non_null(strstr(fields_get(&r.headers, "authorization"),
		"Credential=access/20261120/eu-west-1/s3/aws4_request, SignedHeaders="
		"content-type;host;if-none-match;x-amz-content-sha256;x-amz-date;"
		"x-amz-meta-casmand-content;x-amz-meta-casmand-host;x-amz-meta-casmand-id;"
		"x-amz-meta-casmand-machine;x-amz-meta-casmand-sequence;x-amz-security-token;"
		"x-amz-storage-class, Signature="));
	s3_request_free(&r);
	s3bucket_close(&bucket);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_put_says_whose_version_it_is_and_overwrites_nothing),
		cmocka_unit_test(a_tag_without_a_value_is_not_sent),
		cmocka_unit_test(what_has_no_body_is_signed_as_empty),
		cmocka_unit_test(a_listing_goes_on_where_the_page_before_ended),
		cmocka_unit_test(an_object_is_copied_onto_itself_only_if_it_is_the_same),
		cmocka_unit_test(the_longest_tags_fit_what_s3_takes),
		cmocka_unit_test(tags_come_back_as_they_were_sent),
		cmocka_unit_test(a_request_is_signed_with_all_its_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
