#include "check.h"
#include "client/escape.h"

static const struct row {
	const char *raw, *utf8, *ascii;
} rows[] = {
	{"",	     "",			 ""			},
	{"parts.db",     "parts.db",                 "parts.db"                },
	{"Größe",      "Größe",                  "Gr\\u00f6\\u00dfe"       },
	{"\U0001F4BE",   "\U0001F4BE",               "\\ud83d\\udcbe"          },
	{"\033[2J",      "\\u001b[2J",               "\\u001b[2J"              },
	{"a\nb\tc\x7f",  "a\\u000ab\\u0009c\\u007f", "a\\u000ab\\u0009c\\u007f"},
	{"\xc2\x9b"
	 "2J",  "\\u009b2J",                "\\u009b2J"               },
	{"\xff|\xc3",    "\\xff|\\xc3",              "\\xff|\\xc3"             },
	{"\xed\xa0\x80", "\\xed\\xa0\\x80",          "\\xed\\xa0\\x80"         },
	{"\xe2\x9c",     "\\xe2\\x9c",               "\\xe2\\x9c"              },
};

static void check(const char *raw, bool utf8, const char *expected)
{
	struct text t = {0};

	escape(&t, raw, utf8);
	char *escaped = text_take(&t);
	assert_string_equal(escaped, expected);
	free(escaped);
}

static void what_steers_a_terminal_is_written_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check(rows[i].raw, true, rows[i].utf8);
}

static void a_screen_without_utf8_gets_ascii_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check(rows[i].raw, false, rows[i].ascii);
}

/* "exe.txt" that is none; not in the table, for compilers refuse such a string. */
static void text_cannot_be_turned_around(void **state)
{
	(void)state;
	static const char raw[] = {'\xe2', '\x80', '\xae', 't', 'x', 't', '\0'};

	check(raw, true, "\\u202etxt");
}

static void no_byte_reaches_a_terminal_that_it_would_obey(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char raw[] = {'a', (char)byte, 'b', '\0'};
		struct text t = {0};

		escape(&t, raw, true);
		for (size_t i = 0; i < t.length; i++)
			assert_true(t.at[i] >= 0x20 && t.at[i] < 0x7f);
		text_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_steers_a_terminal_is_written_out),
		cmocka_unit_test(a_screen_without_utf8_gets_ascii_alone),
		cmocka_unit_test(text_cannot_be_turned_around),
		cmocka_unit_test(no_byte_reaches_a_terminal_that_it_would_obey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
