#include "check.h"
#include "common/text.h"

static void a_text_grows_and_is_given_away(void **state)
{
	(void)state;
	struct text t = {0};

	for (int i = 0; i < 1000; i++)
		text_add(&t, "%d,", i % 10);
	assert_int_equal((int)t.length, 2000);
	char *taken = text_take(&t);
	assert_null(t.at);
	assert_int_equal((int)strlen(taken), 2000);
	free(taken);
	taken = text_take(&t);
	assert_string_equal(taken, "");
	free(taken);
}

static void what_does_not_fit_is_refused_whole(void **state)
{
	(void)state;
	char to[4];

	assert_true(text_fit(to, sizeof(to), "abc"));
	assert_string_equal(to, "abc");
	assert_false(text_fit(to, sizeof(to), "abcd"));
	assert_string_equal(to, "");
}

static void plain_text_is_utf8_without_control_characters(void **state)
{
	(void)state;
	static const char *const plain[] = {"", "parts", "Größe", "\u20ac", "\U0001F4BE"};
	static const char *const odd[] = {"\n", "a\tb", "\x7f", "\xff", "\xc3", "\xc0\xaf",
		"\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x28\xa1"};

	for (size_t i = 0; i < LENGTH(plain); i++)
		assert_true(text_is_plain(plain[i]));
	for (size_t i = 0; i < LENGTH(odd); i++)
		assert_false(text_is_plain(odd[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_grows_and_is_given_away),
		cmocka_unit_test(what_does_not_fit_is_refused_whole),
		cmocka_unit_test(plain_text_is_utf8_without_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
