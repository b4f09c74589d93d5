#include "check.h"
#include "common/scoped.h"
#include "common/text.h"
#include "daemon/core/s3bucket.h"

#define ACCOUNT "0123456789abcdef0123456789abcdef"
#define KEY     "backups/parts.db/20261120_143022_parts.db"

static void each_store_is_addressed_as_it_wants(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		struct s3bucket_options options;
		const char *endpoint, *host, *region, *url;
	} rows[] = {
		{{.is_r2 = true, .account = ACCOUNT, .name = "casman-databases", .region = "auto"},
			"https://" ACCOUNT ".r2.cloudflarestorage.com",
			ACCOUNT ".r2.cloudflarestorage.com", "auto",
			"https://" ACCOUNT ".r2.cloudflarestorage.com/casman-databases/" KEY},
		{{.is_r2 = true,
			 .account = ACCOUNT,
			 .endpoint = "https://" ACCOUNT ".eu.r2.cloudflarestorage.com/",
			 .name = "b"},
			"https://" ACCOUNT ".eu.r2.cloudflarestorage.com",
			ACCOUNT ".eu.r2.cloudflarestorage.com", "auto",
			"https://" ACCOUNT ".eu.r2.cloudflarestorage.com/b/" KEY},
		{{.is_r2 = true,
			 .endpoint = "http://127.0.0.1:8787/cdn-cgi/local/r2/s3",
			 .name = "test"},
			"http://127.0.0.1:8787/cdn-cgi/local/r2/s3", "127.0.0.1:8787", "auto",
			"http://127.0.0.1:8787/cdn-cgi/local/r2/s3/test/" KEY},
		{{.name = "casman", .region = "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com",
			"casman.s3.eu-west-1.amazonaws.com", "eu-west-1",
			"https://casman.s3.eu-west-1.amazonaws.com/" KEY},
		{{.name = "casman", .region = "auto"}, "https://s3.us-east-1.amazonaws.com",
			"casman.s3.us-east-1.amazonaws.com", "us-east-1",
			"https://casman.s3.us-east-1.amazonaws.com/" KEY},
		{{.name = "casman", .region = "cn-north-1"},
			"https://s3.cn-north-1.amazonaws.com.cn",
			"casman.s3.cn-north-1.amazonaws.com.cn", "cn-north-1",
			"https://casman.s3.cn-north-1.amazonaws.com.cn/" KEY},
		/* no certificate covers a bucket with a dot, and no host has a capital */
		{{.name = "my.bucket", .region = "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com",
			"s3.eu-west-1.amazonaws.com", "eu-west-1",
			"https://s3.eu-west-1.amazonaws.com/my.bucket/" KEY},
		{{.name = "MyBucket", .region = "us-east-1"}, "https://s3.us-east-1.amazonaws.com",
			"s3.us-east-1.amazonaws.com", "us-east-1",
			"https://s3.us-east-1.amazonaws.com/MyBucket/" KEY},
		{{.name = "casman", .region = "eu-west-1", .style = S3BUCKET_IN_PATH},
			"https://s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com",
			"eu-west-1", "https://s3.eu-west-1.amazonaws.com/casman/" KEY},
		{{.name = "casman",
			 .endpoint = "https://minio.example:9000",
			 .style = S3BUCKET_IN_HOST},
			"https://minio.example:9000", "casman.minio.example:9000", "us-east-1",
			"https://casman.minio.example:9000/" KEY},
		{{.name = "casman", .endpoint = "https://minio.example"}, "https://minio.example",
			"minio.example", "us-east-1", "https://minio.example/casman/" KEY},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3bucket b;
		struct err e;

		assert_int_equal(s3bucket_open(&b, &rows[i].options, &e), ERR_NONE);
		scoped(heap) char *path = s3bucket_path(&b, KEY);
		scoped(heap) char *url = s3bucket_url(&b, path, NULL);
		assert_string_equal(b.endpoint, rows[i].endpoint);
		assert_string_equal(b.host, rows[i].host);
		assert_string_equal(b.region, rows[i].region);
		assert_string_equal(b.name, rows[i].options.name);
		assert_string_equal(url, rows[i].url);
		s3bucket_close(&b);
	}
}

static void an_endpoint_has_many_spellings(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
		{"https://h",               "h",          "https://h"          },
		{"HTTPS://H.Example/",      "h.example",  "https://h.example"  },
		{"https://h:443",           "h",          "https://h"          },
		{"http://h:80/",            "h",          "http://h"           },
		{"http://h:443",            "h:443",      "http://h:443"       },
		{"https://h:80",            "h:80",       "https://h:80"       },
		{"http://h:65535",          "h:65535",    "http://h:65535"     },
		{"http://[::1]:9000",       "[::1]:9000", "http://[::1]:9000"  },
		{"http://[FE80::1]",        "[fe80::1]",  "http://[fe80::1]"   },
		{"http://h/a/b//",          "h",          "http://h/a/b"       },
		{"http://h/a%20b/%7e",      "h",          "http://h/a%20b/~"   },
 /* Cloudflare shows it with the bucket at its end */
		{"https://h/bucket",        "h",          "https://h"          },
		{"https://h/bucket/",       "h",          "https://h"          },
		{"https://h/bucket/bucket", "h",          "https://h/bucket"   },
		{"https://h/my-bucket",     "h",          "https://h/my-bucket"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct s3bucket_options o = {.endpoint = rows[i][0], .name = "bucket"};
		struct text url = {0};
		struct s3bucket b;
		struct err e;

		assert_int_equal(s3bucket_open(&b, &o, &e), ERR_NONE);
		assert_string_equal(b.host, rows[i][1]);
		assert_string_equal(b.endpoint, rows[i][2]);
		scoped(heap) char *path = s3bucket_path(&b, "");
		scoped(heap) char *found = s3bucket_url(&b, path, NULL);
		text_add(&url, "%s/bucket", rows[i][2]);
		assert_string_equal(found, url.at);
		text_free(&url);
		s3bucket_close(&b);
	}
}

static void a_wrong_setting_is_named(void **state)
{
	(void)state;
	static const struct {
		struct s3bucket_options options;
		const char *key;
	} rows[] = {
		{{.name = ""},						"bucket_name"},
		{{.name = NULL},					      "bucket_name"},
		{{.name = "a/b"},					     "bucket_name"},
		{{.name = "a b"},					     "bucket_name"},
		{{.name = ".."},					      "bucket_name"},
		{{.name = "b\r\nx: y"},                                       "bucket_name"},
		{{.name = "b@evil.example"},                                  "bucket_name"},
		{{.name = "b", .region = "eu west"},                          "region"     },
		{{.name = "b", .region = "eu/west"},                          "region"     },
		{{.name = "b", .region = "eu-west-1\n"},                      "region"     },
		{{.name = "b", .is_r2 = true},                                "account_id" },
		{{.name = "b", .is_r2 = true, .account = "evil.example/"},    "account_id" },
		{{.name = "b", .endpoint = "h"},                              "endpoint"   },
		{{.name = "b", .endpoint = "ftp://h"},                        "endpoint"   },
		{{.name = "b", .endpoint = "https:/h"},                       "endpoint"   },
		{{.name = "b", .endpoint = "https://"},                       "endpoint"   },
		{{.name = "b", .endpoint = "https:///p"},                     "endpoint"   },
		{{.name = "b", .endpoint = "https://h h"},                    "endpoint"   },
		{{.name = "b", .endpoint = "https://h:"},                     "endpoint"   },
		{{.name = "b", .endpoint = "https://h:0"},                    "endpoint"   },
		{{.name = "b", .endpoint = "https://h:65536"},                "endpoint"   },
		{{.name = "b", .endpoint = "https://h:99999999999999999999"}, "endpoint"   },
		{{.name = "b", .endpoint = "https://h:-1"},                   "endpoint"   },
		{{.name = "b", .endpoint = "https://h:80x"},                  "endpoint"   },
		{{.name = "b", .endpoint = "https://h?x"},                    "endpoint"   },
		{{.name = "b", .endpoint = "https://h/p?x"},                  "endpoint"   },
		{{.name = "b", .endpoint = "https://h/#x"},                   "endpoint"   },
		{{.name = "b", .endpoint = "https://h/%zz"},                  "endpoint"   },
		{{.name = "b", .endpoint = "https://h/%0d%0a"},               "endpoint"   },
		{{.name = "b", .endpoint = "https://[::1"},                   "endpoint"   },
		{{.name = "b", .endpoint = "https://[]"},                     "endpoint"   },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3bucket b;
		struct err e;

		assert_int_equal(s3bucket_open(&b, &rows[i].options, &e), ERR_CONFIG);
		assert_int_equal(strncmp(e.text, rows[i].key, strlen(rows[i].key)), 0);
		s3bucket_close(&b);
	}
}

/* P10 */
static void a_password_in_an_endpoint_is_refused_and_not_repeated(void **state)
{
	(void)state;
	const struct s3bucket_options o = {.endpoint = "https://key:hunter2@h", .name = "b"};
	struct s3bucket b;
	struct err e;

	assert_int_equal(s3bucket_open(&b, &o, &e), ERR_CONFIG);
	assert_string_equal(e.text, "endpoint: no name or password belongs in it");
	s3bucket_close(&b);
}

static void the_bucket_itself_has_a_path(void **state)
{
	(void)state;
	static const struct {
		enum s3bucket_style style;
		const char *path, *url;
	} rows[] = {
		{S3BUCKET_IN_PATH, "/b", "http://h/b?list-type=2&prefix=a%2F" },
		{S3BUCKET_IN_HOST, "/",  "http://b.h/?list-type=2&prefix=a%2F"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct s3bucket_options o = {
			.endpoint = "http://h", .name = "b", .style = rows[i].style};
		struct fields queries = {0};
		struct s3bucket b;
		struct err e;

		fields_add(&queries, "prefix", "a/");
		fields_add(&queries, "list-type", "2");
		assert_int_equal(s3bucket_open(&b, &o, &e), ERR_NONE);
		scoped(heap) char *path = s3bucket_path(&b, "");
		scoped(heap) char *url = s3bucket_url(&b, path, &queries);
		assert_string_equal(path, rows[i].path);
		assert_string_equal(url, rows[i].url);
		fields_free(&queries);
		s3bucket_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_store_is_addressed_as_it_wants),
		cmocka_unit_test(an_endpoint_has_many_spellings),
		cmocka_unit_test(a_wrong_setting_is_named),
		cmocka_unit_test(a_password_in_an_endpoint_is_refused_and_not_repeated),
		cmocka_unit_test(the_bucket_itself_has_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
