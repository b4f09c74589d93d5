#include "check.h"
#include "common/scoped.h"
#include "daemon/core/sigv4.h"
#include "daemon/io/digest.h"

#define MAY_24_2013 INT64_C(1369353600000000) /* 00:00:00 UTC */
#define NOV_20_2026 INT64_C(1795185022000000) /* 14:30:22 UTC */
#define EMPTY       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct sigv4_hashes hashes = {.sha256 = digest_sha256, .hmac = digest_hmac};
static const struct sigv4_keys keys = {
	.access_key = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

/* The last 64 characters of what authorises. */
static const char *signature(const struct fields *headers)
{
	const char *authorization = fields_get(headers, "authorization");

	assert_non_null(authorization);
	return authorization + strlen(authorization) - 64;
}

static void add_pairs(struct fields *to, const char *const (*pairs)[2], size_t count)
{
	for (size_t i = 0; i < count && pairs[i][0]; i++)
		fields_add(to, pairs[i][0], "%s", pairs[i][1]);
}

/* https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
static void the_examples_that_aws_published_get_their_signatures(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *method, *path, *query[2][2], *header[2][2], *payload, *signature;
	} rows[] = {
		{.method = "GET",
			.path = "/test.txt",
			.header = {{"Range", "bytes=0-9"}},
			.payload = EMPTY,
			.signature =
				"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{.method = "PUT",
			.path = "/test$file.text",
			.header = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
				{"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
			.payload =
				"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
			.signature =
				"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{.method = "GET",
			.path = "/",
			.query = {{"lifecycle", ""}},
			.payload = EMPTY,
			.signature =
				"fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{.method = "GET",
			.path = "/",
			.query = {{"max-keys", "2"}, {"prefix", "J"}},
			.payload = EMPTY,
			.signature =
				"34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct fields queries = {0}, headers = {0};
		const struct sigv4 what = {.method = rows[i].method,
			.path = rows[i].path,
			.queries = &queries,
			.payload = rows[i].payload,
			.region = "us-east-1",
			.moment = MAY_24_2013};

		add_pairs(&queries, rows[i].query, 2);
		add_pairs(&headers, rows[i].header, 2);
		fields_add(&headers, "Host", "examplebucket.s3.amazonaws.com");
		sigv4_sign(&what, &headers, &keys, &hashes);
		assert_string_equal(signature(&headers), rows[i].signature);
		fields_free(&queries);
		fields_free(&headers);
	}
}

static void the_headers_that_a_request_gets_are_those_of_the_example(void **state)
{
	(void)state;
	struct fields headers = {0};
	struct text canonical = {0}, string = {0};
	const struct sigv4 what = {.method = "GET",
		.path = "/test.txt",
		.payload = EMPTY,
		.region = "us-east-1",
		.moment = MAY_24_2013 + 999999};

	fields_add(&headers, "host", "examplebucket.s3.amazonaws.com");
	fields_add(&headers, "range", "bytes=0-9");
	sigv4_sign(&what, &headers, &keys, &hashes);
	assert_string_equal(fields_get(&headers, "x-amz-date"), "20130524T000000Z");
	assert_string_equal(fields_get(&headers, "x-amz-content-sha256"), EMPTY);
	assert_null(fields_get(&headers, "x-amz-security-token"));
	assert_string_equal(fields_get(&headers, "Authorization"),
		"AWS4-HMAC-SHA256 "
		"Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
		"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
		"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
	assert_null(strstr(fields_get(&headers, "Authorization"), keys.secret)); /* P10 */

	sigv4_canonical(&what, &headers, &canonical);
	assert_string_equal(canonical.at,
		"GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
		"x-amz-content-sha256:" EMPTY "\nx-amz-date:20130524T000000Z\n\n"
		"host;range;x-amz-content-sha256;x-amz-date\n" EMPTY);
	sigv4_string(&what, &headers, &hashes, &string);
	assert_string_equal(string.at,
		"AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
		"7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
	text_free(&canonical);
	text_free(&string);
	fields_free(&headers);
}

static struct sigv4 get(const char *path, const struct fields *queries)
{
	return (struct sigv4){.method = "GET",
		.path = path,
		.queries = queries,
		.payload = EMPTY,
		.region = "auto",
		.moment = NOV_20_2026};
}

static void expect_for_path(const char *path, const char *expected)
{
	struct fields headers = {0};
	const struct sigv4 what = get(path, NULL);

	fields_add(&headers, "host", "store.example");
	sigv4_sign(&what, &headers, &keys, &hashes);
	assert_string_equal(signature(&headers), expected);
	fields_free(&headers);
}

/* Computed by botocore 1.29, which knows nothing of us. */
static void nasty_keys_are_signed_as_others_sign_them(void **state)
{
	(void)state;
	/* clang-format off */
	static const char *const rows[][2] = {
		{"/b/a b", "a46ac9206d2dd684c3af492b550c11a723757c6abdc00200d5629860abe2cca1"},
		{"/b/a+b", "410597889bd2bfccdcfaae1d67555bc2821d7a977d22681d25b032364f613f1a"},
		{"/b/100%", "263c0e9f1586071a976f16a3e17701a88cd6bae95ac01808942baa93adab662f"},
		{"/b/%41", "efea90bd83c61fc21f5085e0987c7f3b532c668fe5d1b215b262f5d048aaef7b"},
		{"/b//a//b/", "ee91976126234b7f6e9161192c6d92c98b6d841301cdb83f57a3f3b5ad046c0c"},
		{"/b/../x/./y", "14216b3bb857f8d0260bfe17d876b08aaeb31632925e42329eb59821f86e4a49"},
		{"/b/\303\244\303\266\342\202\254\360\237\222\276",
			"c69e935aacb864d9e1d4251a0fedb86e0875eee928d998126d92f2dc4336d6a7"},
		{"/b/~-._", "9bde255ca9c73517ecd653cbc17909edf46df4152c04175243244257ce3a6350"},
		{"/b/:?#[]@!$&'()*,;=",
			"9acca105122e591934b005b950a658b209dfd5da8162c3c8ca1c099f093a046f"},
		{"/b/\"\\<>^`{|}",
			"c821e8e48d467c10cfef4bb4714aec8780735481c4aec11fdabf46e57d6435a5"},
		{"/b/a\tb\nc", "283f5c4b59dc8d719c178a54c59de08ef2744fbc481a3c7e84373e19cfcefe2d"},
	};
	/* clang-format on */
	struct text longest = {0};

	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_for_path(rows[i][0], rows[i][1]);
	text_add(&longest, "/b/");
	for (size_t i = 0; i < 512; i++)
		text_add(&longest, "\303\251");
	expect_for_path(
		longest.at, "675f3132758651eb58fda2847798ea01a55e4ba5362964c620a65a75511f58e5");
	text_free(&longest);
}

/* Draws the next of an order that is the same in every run. */
static size_t draw(uint32_t *seed, size_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static void shuffle(struct fields *f, uint32_t *seed)
{
	for (size_t i = f->count; i > 1; i--) {
		size_t k = draw(seed, i);
		struct field moved = f->at[i - 1];

		f->at[i - 1] = f->at[k];
		f->at[k] = moved;
	}
}

/* By botocore 1.29 too.  A name that begins with another comes after it: sorted as whole lines
 * "x-amz-meta-a-b:" would come before "x-amz-meta-a:". */
static void headers_may_come_in_any_order_and_case(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"host",              "store.example" },
		{"X-Amz-Meta-A",      "1"             },
		{"x-amz-meta-a-b",    "2"             },
		{"x-amz-meta-AB",     "3"             },
		{"Content-Type",      "a/b"           },
		{"if-none-match",     "*"             },
		{"x-amz-meta-blanks", "  one \t two  "},
	};
	uint32_t seed = 1;

	for (unsigned turn = 0; turn < 200; turn++) {
		struct fields headers = {0};
		struct sigv4 what = get("/b/k", NULL);

		what.method = "PUT";
		add_pairs(&headers, pairs, LENGTH(pairs));
		shuffle(&headers, &seed);
		sigv4_sign(&what, &headers, &keys, &hashes);
		assert_string_equal(signature(&headers),
			"e6ba37a07940dc98548cf2d116936f33150522a1c0470a590265e271d4510897");
		assert_non_null(strstr(fields_get(&headers, "authorization"),
			"x-amz-meta-a;x-amz-meta-a-b;x-amz-meta-ab;x-amz-meta-blanks"));
		fields_free(&headers);
	}
}

static void queries_may_come_in_any_order(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"prefix",             "backups/a b+%\303\244/"},
		{"list-type",          "2"                     },
		{"continuation-token", "1/+=="                 },
		{"a",                  ""                      },
		{"a-b",                "x"                     },
		{"a",                  "y"                     },
	};
	uint32_t seed = 7;

	for (unsigned turn = 0; turn < 200; turn++) {
		struct fields headers = {0}, queries = {0};
		struct text query = {0};
		const struct sigv4 what = get("/b", &queries);

		fields_add(&headers, "host", "store.example");
		add_pairs(&queries, pairs, LENGTH(pairs));
		shuffle(&queries, &seed);
		sigv4_sign(&what, &headers, &keys, &hashes);
		assert_string_equal(signature(&headers),
			"0fe3fcd099c2ec956aa267ff918f5ce9d1322765b7e1cc21e2ea23303c4879cc");
		sigv4_query(&query, &queries);
		assert_string_equal(query.at,
			"a=&a=y&a-b=x&continuation-token=1%2F%2B%3D%3D&list-type=2&"
			"prefix=backups%2Fa%20b%2B%25%C3%A4%2F");
		text_free(&query);
		fields_free(&headers);
		fields_free(&queries);
	}
}

static void a_session_token_is_sent_and_signed(void **state)
{
	(void)state;
	struct fields headers = {0};
	struct sigv4_keys temporary = keys;
	const struct sigv4 what = get("/b/k", NULL);

	temporary.token = "AQoDYXdzEJr//SESSION==";
	fields_add(&headers, "host", "store.example");
	sigv4_sign(&what, &headers, &temporary, &hashes);
	assert_string_equal(fields_get(&headers, "x-amz-security-token"), temporary.token);
	assert_string_equal(signature(&headers),
		"a5b229980b60402278587fb40471ae5c9d3dbfd50e8446ac73fb593599cc0506");
	fields_free(&headers);
}

/* Of two requests that differ in anything, none has the other's signature. */
static void everything_that_is_given_is_signed(void **state)
{
	(void)state;
	static const struct {
		const char *method, *path, *query, *header, *payload, *region, *secret;
		int64_t moment;
	} rows[] = {
		{"GET",  "/b/k", "q", "v", EMPTY,              "auto", "s", NOV_20_2026          },
		{"HEAD", "/b/k", "q", "v", EMPTY,              "auto", "s", NOV_20_2026          },
		{"GET",  "/b/K", "q", "v", EMPTY,              "auto", "s", NOV_20_2026          },
		{"GET",  "/b/k", "Q", "v", EMPTY,              "auto", "s", NOV_20_2026          },
		{"GET",  "/b/k", "q", "V", EMPTY,              "auto", "s", NOV_20_2026          },
		{"GET",  "/b/k", "q", "v", "UNSIGNED-PAYLOAD", "auto", "s", NOV_20_2026          },
		{"GET",  "/b/k", "q", "v", EMPTY,              "Auto", "s", NOV_20_2026          },
		{"GET",  "/b/k", "q", "v", EMPTY,              "auto", "S", NOV_20_2026          },
		{"GET",  "/b/k", "q", "v", EMPTY,              "auto", "s", NOV_20_2026 + 1000000},
	};
	char signatures[LENGTH(rows)][65];

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct fields headers = {0}, queries = {0};
		const struct sigv4_keys own = {.access_key = "a", .secret = rows[i].secret};
		const struct sigv4 what = {rows[i].method, rows[i].path, &queries, rows[i].payload,
			rows[i].region, rows[i].moment};

		fields_add(&queries, rows[i].query, "1");
		fields_add(&headers, "host", "h");
		fields_add(&headers, "content-type", "%s", rows[i].header);
		sigv4_sign(&what, &headers, &own, &hashes);
		memcpy(signatures[i], signature(&headers), sizeof(signatures[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(signatures[i], signatures[k]);
		fields_free(&headers);
		fields_free(&queries);
	}
}

/* P10: what is wrong is named, and not repeated. */
static void keys_that_cannot_be_any_are_refused_before_they_are_used(void **state)
{
	(void)state;
	static const struct {
		struct sigv4_keys keys;
		const char *words;
	} rows[] = {
		{{NULL, "s", NULL},        "access_key_id is missing"                         },
		{{"", "s", NULL},          "access_key_id is missing"                         },
		{{"a", NULL, NULL},        "secret_access_key is missing"                     },
		{{"a", "", NULL},          "secret_access_key is missing"                     },
		{{"a\r\nx: y", "s", NULL}, "access_key_id: no key has such characters in it"  },
		{{"a b", "s", NULL},       "access_key_id: no key has such characters in it"  },
		{{"a/b", "s", NULL},       "access_key_id: no key has such characters in it"  },
		{{"a", "s", "t\n"},        "session_token: no token has such characters in it"},
		{{"a", "s", "t\303\244"},  "session_token: no token has such characters in it"},
	};
	static const struct sigv4_keys good[] = {
		{"AKIAIOSFODNN7EXAMPLE", "wJalr/XUt+",           NULL                    },
		{"test:tester",          "any \303\244 thing\n", ""                      },
		{"a",                    "s",                    "AQoDYXdzEJr//SESSION=="},
	};
	struct err e;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(sigv4_check(&rows[i].keys, &e), ERR_CONFIG);
		assert_string_equal(e.text, rows[i].words);
	}
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_int_equal(sigv4_check(&good[i], &e), ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_that_aws_published_get_their_signatures),
		cmocka_unit_test(the_headers_that_a_request_gets_are_those_of_the_example),
		cmocka_unit_test(nasty_keys_are_signed_as_others_sign_them),
		cmocka_unit_test(headers_may_come_in_any_order_and_case),
		cmocka_unit_test(queries_may_come_in_any_order),
		cmocka_unit_test(a_session_token_is_sent_and_signed),
		cmocka_unit_test(everything_that_is_given_is_signed),
		cmocka_unit_test(keys_that_cannot_be_any_are_refused_before_they_are_used),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
