#include "check.h"
#include "daemon/core/version.h"

#include <stdio.h>

#define ID_A "0123456789abcdef0123456789abcdef"
#define ID_B "fedcba9876543210fedcba9876543210"
#define SUM  "a3f2d8e9c1b400000000000000000000000000000000000000000000000000ff"

static void hex_id(char to[VERSION_ID + 1], unsigned number)
{
	(void)snprintf(to, VERSION_ID + 1, "%032x", number);
}

static struct version made_by(unsigned machine, unsigned id, uint64_t sequence)
{
	struct version v = {.sequence = sequence, .host = "site-3"};

	hex_id(v.machine, 0xa0000 + machine);
	hex_id(v.id, id);
	memcpy(v.content, SUM, sizeof(v.content));
	return v;
}

static void tags_are_written_in_a_fixed_order(void **state)
{
	(void)state;
	struct version v = made_by(1, 2, 7), base = made_by(3, 4, 5);
	struct version_tag tags[VERSION_TAGS];
	static const char *const expected[VERSION_TAGS][2] = {
		{"id",        "00000000000000000000000000000002"  },
		{"machine",   "000000000000000000000000000a0001"  },
		{"host",      "site?3??"                          },
		{"content",   SUM				 },
		{"sequence",  "7"				 },
		{"base",      "00000000000000000000000000000004"  },
		{"ancestors", "00000000000000000000000000000004"  },
		{"past",      "000000000000000000000000000a0003:5"},
	};

	memcpy(v.host, "site 3\xc3\xa4", 9);
	version_descend(&v, &base);
	version_tags(&v, tags);
	for (size_t i = 0; i < VERSION_TAGS; i++) {
		assert_string_equal(tags[i].name, expected[i][0]);
		assert_string_equal(tags[i].value, expected[i][1]);
	}
}

static void the_longest_tags_fit_and_come_back(void **state)
{
	(void)state;
	struct version v = made_by(1, 2, INT64_MAX), back = {0};
	struct version_tag tags[VERSION_TAGS], again[VERSION_TAGS];
	struct err e;

	v.bases = VERSION_BASES;
	v.ancestor_count = VERSION_ANCESTORS;
	v.past_count = VERSION_PAST;
	memset(v.host, 'h', VERSION_HOST);
	for (unsigned i = 0; i < VERSION_PAST; i++) {
		hex_id(v.past[i].machine, i);
		v.past[i].sequence = INT64_MAX;
		hex_id(v.ancestors[i], i);
	}
	for (unsigned i = 0; i < VERSION_BASES; i++)
		hex_id(v.base[i], i);
	version_tags(&v, tags);
	for (size_t i = 0; i < VERSION_TAGS; i++)
		assert_int_equal(
			version_read_tag(&back, tags[i].name, tags[i].value, &e), ERR_NONE);
	version_tags(&back, again);
	for (size_t i = 0; i < VERSION_TAGS; i++)
		assert_string_equal(again[i].value, tags[i].value);
	assert_int_equal(back.past_count, VERSION_PAST);
}

static void empty_lists_and_unknown_tags_are_fine(void **state)
{
	(void)state;
	struct version v = made_by(1, 2, 3);
	struct err e;

	v.bases = v.ancestor_count = v.past_count = 1;
	assert_int_equal(version_read_tag(&v, "base", "", &e), ERR_NONE);
	assert_int_equal(version_read_tag(&v, "ancestors", "", &e), ERR_NONE);
	assert_int_equal(version_read_tag(&v, "past", "", &e), ERR_NONE);
	assert_int_equal(version_read_tag(&v, "host", "", &e), ERR_NONE);
	assert_int_equal(version_read_tag(&v, "colour", "\xff blue", &e), ERR_NONE);
	assert_int_equal(v.bases + v.ancestor_count + v.past_count, 0);
}

static void tags_of_another_form_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value;
	} rows[] = {
		{"id",        ""				      },
		{"id",        "0123456789abcdef0123456789abcde"       },
		{"id",        ID_A "0"				},
		{"id",        ID_A "\n"                               },
		{"id",        "0123456789ABCDEF0123456789abcdef"      },
		{"machine",   "../../../../../../../../../../x"       },
		{"content",   ID_A				    },
		{"content",   SUM "0"                                 },
		{"host",      "two words"                             },
		{"host",      "\xc3\xa4"                              },
		{"sequence",  ""				      },
		{"sequence",  "0"				     },
		{"sequence",  "01"				    },
		{"sequence",  "-1"				    },
		{"sequence",  "1 "				    },
		{"sequence",  "9223372036854775808"                   },
		{"sequence",  "99999999999999999999999999"            },
		{"base",      ID_A ","                                },
		{"base",      "," ID_A                                },
		{"base",      ID_A " " ID_B                           },
		{"base",      ID_A "," ID_A "," ID_A "," ID_A "," ID_A},
		{"past",      ID_A				    },
		{"past",      ID_A ":"                                },
		{"past",      ID_A ":0"                               },
		{"past",      ID_A ":1,"                              },
		{"past",      ID_A ":1," ID_A ":2"                    },
		{"past",      ":1"				    },
		{"ancestors", "x"				     },
	};
	char long_host[VERSION_HOST + 2];

	memset(long_host, 'h', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	for (size_t i = 0; i <= LENGTH(rows); i++) {
		struct version v = made_by(1, 2, 3), before = v;
		struct err e = {0};
		const char *name = i < LENGTH(rows) ? rows[i].name : "host";
		const char *value = i < LENGTH(rows) ? rows[i].value : long_host;

		if (version_read_tag(&v, name, value, &e) != ERR_CORRUPT)
			fail_msg("%s: %s was taken", name, value);
		assert_memory_equal(&v, &before, sizeof(v));
		assert_non_null(strstr(e.text, name));
	}
}

static void tags_make_a_document_that_is_read_again(void **state)
{
	(void)state;
	struct version v = made_by(1, 2, 7), base = made_by(3, 4, 5), back = {0};
	struct err e;

	version_descend(&v, &base);
	char *text = version_tags_text(&v);
	assert_int_equal(version_read_tags(&back, text, strlen(text), &e), ERR_NONE);
	char *twice = version_tags_text(&back);
	assert_string_equal(text, twice);
	assert_non_null(strstr(text, v.past[0].machine));
	free(twice);
	free(text);
}

static void a_document_that_lacks_a_tag_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "[]", "null", "{}", "{\"id\": 7}"};
	struct version v = made_by(1, 2, 3);
	struct err e;

	for (size_t i = 0; i < LENGTH(texts); i++)
		assert_int_equal(
			version_read_tags(&v, texts[i], strlen(texts[i]), &e), ERR_CORRUPT);
	char *text = version_tags_text(&v);
	strstr(text, "\"past\"")[2] = 'e';
	assert_int_equal(version_read_tags(&v, text, strlen(text), &e), ERR_CORRUPT);
	assert_string_equal(e.text, "the tag past is missing");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_written_in_a_fixed_order),
		cmocka_unit_test(the_longest_tags_fit_and_come_back),
		cmocka_unit_test(empty_lists_and_unknown_tags_are_fine),
		cmocka_unit_test(tags_of_another_form_are_refused),
		cmocka_unit_test(tags_make_a_document_that_is_read_again),
		cmocka_unit_test(a_document_that_lacks_a_tag_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
