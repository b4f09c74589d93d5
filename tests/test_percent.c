#include "check.h"
#include "daemon/core/percent.h"

static void only_unreserved_characters_stay_as_they_are(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *keep, *encoded;
	} rows[] = {
		{"",		     "",  ""                     },
		{"AZaz09-._~",           "",  "AZaz09-._~"           },
		{"a/b c",                "/", "a/b%20c"              },
		{"a/b c",                "",  "a%2Fb%20c"            },
		{"+%*'()!",              "/", "%2B%25%2A%27%28%29%21"},
		{"\x01\x7f\xc3\xa4\xff", "/", "%01%7F%C3%A4%FF"      },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct text t = {0};

		text_add(&t, "=");
		percent_encode(&t, rows[i].bytes, rows[i].keep);
		assert_string_equal(t.at + 1, rows[i].encoded);
		text_free(&t);
	}
}

static void what_was_encoded_is_decoded(void **state)
{
	(void)state;
	char all[256], copy[256];
	struct text t = {0};

	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (char)(i + 1); /* 1 to 255, and the end */
	percent_encode(&t, all, "");
	for (char *c = t.at; (c = strstr(c, "%C")); c++)
		c[1] = 'c'; /* small digits mean the same */
	assert_true(percent_decode(t.at, true));
	memcpy(copy, t.at, sizeof(copy));
	assert_memory_equal(copy, all, sizeof(all));
	text_free(&t);
}

static void a_plus_is_a_blank_only_where_it_is_said(void **state)
{
	(void)state;
	char listed[] = "a+b%2Bc%20d", path[] = "a+b%2Bc%20d";

	assert_true(percent_decode(listed, true));
	assert_string_equal(listed, "a b+c d");
	assert_true(percent_decode(path, false));
	assert_string_equal(path, "a+b+c d");
}

static void what_cannot_have_been_encoded_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"%", "a%", "%4", "%zz", "%4z", "%z4", "%%41", "% 1",
		"%00", "a%00b", "%-1", "%\xc3\xa4"};

	for (size_t i = 0; i < LENGTH(wrong); i++) {
		char *copy = text_copy(wrong[i]);

		assert_false(percent_decode(copy, false));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_unreserved_characters_stay_as_they_are),
		cmocka_unit_test(what_was_encoded_is_decoded),
		cmocka_unit_test(a_plus_is_a_blank_only_where_it_is_said),
		cmocka_unit_test(what_cannot_have_been_encoded_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
