#include "check.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/version.h"

#include <stdio.h>

#define SUM "a3f2d8e9c1b400000000000000000000000000000000000000000000000000ff"

#define METADATA                                                                                   \
	"{\n"                                                                                      \
	"  \"filename\": \"parts.db\",\n"                                                          \
	"  \"timestamp\": \"2024-12-08T14:30:22.123456+00:00\",\n"                                 \
	"  \"checksum\": \"" SUM "\",\n"                                                           \
	"  \"size_bytes\": 348160,\n"                                                              \
	"  \"db_name\": \"parts.db\",\n"                                                           \
	"  \"record_count\": 258,\n"                                                               \
	"  \"operation\": \"Generated 10 ANTENNA P1 parts\"\n"                                     \
	"}"

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

static enum err_code read_text(struct version *v, const char *text, struct err *e)
{
	return version_read_metadata(v, text, strlen(text), e);
}

static void metadata_is_written_as_python_writes_it(void **state)
{
	(void)state;
	struct version v = {.db_name = "parts.db",
		.timestamp = INT64_C(1733668222123456),
		.checksum = SUM,
		.size = 348160,
		.record_count = 258,
		.operation = "Generated 10 ANTENNA P1 parts"};

	char *text = version_metadata(&v);
	assert_string_equal(text, METADATA);
	free(text);
}

static void what_is_not_known_is_null(void **state)
{
	(void)state;
	struct version v = {
		.db_name = "a", .checksum = SUM, .record_count = VERSION_NO_COUNT, .size = 0};
	struct err e;

	char *text = version_metadata(&v);
	assert_non_null(strstr(text, "\"timestamp\": \"1970-01-01T00:00:00+00:00\""));
	assert_non_null(strstr(text, "\"record_count\": null"));
	assert_non_null(strstr(text, "\"operation\": null"));
	v = (struct version){.record_count = 7, .operation = "old"};
	assert_int_equal(read_text(&v, text, &e), ERR_NONE);
	assert_int_equal(v.record_count, VERSION_NO_COUNT);
	assert_string_equal(v.operation, "");
	free(text);
}

static void metadata_is_read_into_its_seven_members_and_no_others(void **state)
{
	(void)state;
	struct version v = made_by(1, 2, 3);
	struct err e;

	assert_int_equal(read_text(&v, METADATA, &e), ERR_NONE);
	assert_string_equal(v.db_name, "parts.db");
	assert_true(v.timestamp == INT64_C(1733668222123456));
	assert_string_equal(v.checksum, SUM);
	assert_int_equal(v.size, 348160);
	assert_int_equal(v.record_count, 258);
	assert_string_equal(v.operation, "Generated 10 ANTENNA P1 parts");
	assert_int_equal(v.sequence, 3);
	assert_string_equal(v.host, "site-3");
}

/* METADATA with `was` replaced by `is`; the caller frees it. */
static char *altered(const char *was, const char *is)
{
	struct text t = {0};
	const char *at = strstr(METADATA, was);

	assert_non_null(at);
	text_bytes(&t, METADATA, (size_t)(at - METADATA));
	text_add(&t, "%s%s", is, at + strlen(was));
	return text_take(&t);
}

static void metadata_of_another_form_is_refused_in_words(void **state)
{
	(void)state;
	static const struct {
		const char *was, *is, *says;
	} rows[] = {
		{"{\n",				  "",                          "metadata: no JSON at byte"           },
		{"}",				    "",			  "metadata: no JSON at byte"           },
		{"  \"filename\": \"parts.db\",\n",      "",                          "metadata: filename is missing"       },
		{"\"parts.db\"",                         "7",                         "metadata: filename is not a text"    },
		{"\n}",				  ",\n\"etag\": 1}",           "metadata: etag does not belong there"},
		{"2024-12",			      "2024-13",                   "metadata: timestamp is not a time"   },
		{"2024-12",			      "1969-12",                   "metadata: timestamp is not a time"   },
		{"2024-12-08T14:30:22.123456+00:00",     "9999-12-31T23:59:59-23:59",
                 "metadata: timestamp is not a time"									},
		{"\"2024-12-08T14:30:22.123456+00:00\"", "1733668222",                "metadata: timestamp"                 },
		{SUM,				    "unknown",                   "metadata: checksum is not 64"        },
		{"a3f2",				 "A3F2",                      "metadata: checksum is not 64"        },
		{"a3f2",				 "0a3f2",                     "metadata: checksum is not 64"        },
		{"348160",			       "-1",                        "metadata: size_bytes is not"         },
		{"348160",			       "1.5",                       "metadata: size_bytes is not"         },
		{"348160",			       "\"348160\"",                "metadata: size_bytes is not"         },
		{"348160",			       "99999999999999999999",      "metadata: no JSON"                   },
		{"db_name\": \"",                        "db_name\": \"../",          "metadata: db_name is not"            },
		{"db_name\": \"parts.db",                "db_name\": \"parts.db/x",   "metadata: db_name is not"            },
		{"db_name\": \"parts.db",                "db_name\": \"",             "metadata: db_name is not"            },
		{"258",				  "-1",                        "metadata: record_count is not"       },
		{"258",				  "false",                     "metadata: record_count is not"       },
		{"\"Generated 10 ANTENNA P1 parts\"",    "[]",                        "metadata: operation is not"          },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct version v = {.db_name = "untouched"};
		struct err e = {0};
		char *text = altered(rows[i].was, rows[i].is);

		assert_int_equal(read_text(&v, text, &e), ERR_CORRUPT);
		if (!strstr(e.text, rows[i].says))
			fail_msg("%s\nis no %s", e.text, rows[i].says);
		assert_string_equal(v.db_name, "untouched");
		assert_int_equal(v.size, 0);
		free(text);
	}
}

static void a_file_name_of_its_own_and_any_offset_are_understood(void **state)
{
	(void)state;
	struct version v = {0};
	struct err e;
	char *text = altered("\"filename\": \"parts.db\"", "\"filename\": \"/x/parts (2).db\"");

	assert_int_equal(read_text(&v, text, &e), ERR_NONE);
	assert_string_equal(v.db_name, "parts.db");
	free(text);
	text = altered("14:30:22.123456+00:00", "16:30:22.123456+02:00");
	assert_int_equal(read_text(&v, text, &e), ERR_NONE);
	assert_true(v.timestamp == INT64_C(1733668222123456));
	free(text);
}

static void an_operation_is_cut_between_characters(void **state)
{
	(void)state;
	struct version v;
	char text[300];

	memset(text, 'a', sizeof(text));
	text[VERSION_OPERATION] = '\0';
	version_operation(&v, text);
	assert_int_equal(strlen(v.operation), VERSION_OPERATION);
	memcpy(text + VERSION_OPERATION - 1, "\xc3\xa4rger",
		7); /* its second byte is one too far */
	version_operation(&v, text);
	assert_int_equal(strlen(v.operation), VERSION_OPERATION - 1);
	memset(text, 0x80, sizeof(text) - 1); /* no character begins anywhere */
	text[sizeof(text) - 1] = '\0';
	version_operation(&v, text);
	assert_string_equal(v.operation, "");
}

static void a_first_version_has_no_ancestors(void **state)
{
	(void)state;
	struct version v = made_by(1, 1, 1), python = {.db_name = "parts.db"};

	v.bases = v.ancestor_count = v.past_count = 1;
	version_descend(&v, NULL);
	assert_int_equal(v.bases + v.ancestor_count + v.past_count, 0);
	version_descend(&v, &python);
	assert_int_equal(v.bases + v.ancestor_count + v.past_count, 0);
}

static void descent_remembers_the_last_16_ids_nearest_first(void **state)
{
	(void)state;
	struct version v = {0};
	char id[VERSION_ID + 1];

	for (unsigned i = 1; i <= 20; i++) {
		struct version child = made_by(1, i, i);

		version_descend(&child, &v);
		v = child;
	}
	hex_id(id, 19);
	assert_int_equal(v.bases, 1);
	assert_string_equal(v.base[0], id);
	assert_int_equal(v.ancestor_count, VERSION_ANCESTORS);
	for (unsigned i = 0; i < VERSION_ANCESTORS; i++) {
		hex_id(id, 19 - i);
		assert_string_equal(v.ancestors[i], id);
	}
	assert_int_equal(v.past_count, 1);
	assert_int_equal(v.past[0].sequence, 19);
}

static void past_keeps_the_highest_of_each_machine(void **state)
{
	(void)state;
	struct version base = made_by(2, 1, 5), v = made_by(1, 2, 9);

	base.past[0].sequence = 7; /* a clone: the same machine went further in another life */
	hex_id(base.past[0].machine, 0xa0000 + 2);
	base.past[1].sequence = 3;
	hex_id(base.past[1].machine, 0xa0000 + 1);
	base.past_count = 2;
	version_descend(&v, &base);
	assert_int_equal(v.past_count, 2);
	assert_string_equal(v.past[0].machine, base.machine);
	assert_int_equal(v.past[0].sequence, 7);
	assert_string_equal(v.past[1].machine, v.machine);
	assert_int_equal(v.past[1].sequence, 3);
}

static void a_full_past_forgets_the_lowest_but_never_the_bases_own(void **state)
{
	(void)state;
	struct version base = made_by(99, 1, 1), v = made_by(1, 2, 9);

	base.past_count = VERSION_PAST;
	for (unsigned i = 0; i < VERSION_PAST; i++) {
		base.past[i].sequence = i == 5 ? 2 : 100 + i;
		hex_id(base.past[i].machine, i);
	}
	version_descend(&v, &base);
	assert_int_equal(v.past_count, VERSION_PAST);
	assert_string_equal(v.past[0].machine, base.machine);
	assert_int_equal(v.past[0].sequence, 1);
	for (size_t i = 1; i < v.past_count; i++)
		assert_true(v.past[i].sequence >= 100);

	/* Where the base's machine is one of the sixteen, nobody has to go. */
	memcpy(base.machine, base.past[5].machine, sizeof(base.machine));
	version_descend(&v, &base);
	assert_int_equal(v.past_count, VERSION_PAST);
	assert_int_equal(v.past[0].sequence, 2);
}

static void a_version_of_the_python_client_is_known_by_its_checksum_and_time(void **state)
{
	(void)state;
	struct version python = {.db_name = "parts.db", .timestamp = 77 * STAMP_SECOND},
		       v = made_by(1, 1, 1);

	memset(python.checksum, 'c', VERSION_HASH);
	version_descend(&v, &python);
	assert_int_equal(v.bases, 1);
	assert_string_equal(v.base[0], "cccccccccccccccccccccccccccccccc");
	assert_string_equal(v.ancestors[0], v.base[0]);
	assert_string_equal(v.past[0].machine, VERSION_PYTHON);
	assert_int_equal(v.past[0].sequence, 77);
}

static void a_version_that_joins_two_has_the_ancestors_of_both_in_turn(void **state)
{
	(void)state;
	struct version line[2] = {made_by(1, 1, 1), made_by(2, 21, 1)}, v = made_by(3, 99, 1);

	for (unsigned i = 2; i <= 12; i++)
		for (unsigned m = 0; m < 2; m++) {
			struct version child = made_by(m + 1, 20 * m + i, i);

			version_descend(&child, &line[m]);
			line[m] = child;
		}
	version_descend(&v, &line[0]);
	version_join(&v, &line[1]);
	version_join(&v, &line[1]); /* once more changes nothing */
	assert_int_equal(v.bases, 2);
	assert_int_equal(v.ancestor_count, VERSION_ANCESTORS);
	for (unsigned i = 0; i < VERSION_ANCESTORS; i++) {
		char id[VERSION_ID + 1];

		hex_id(id, (i % 2 ? 32 : 12) - i / 2);
		assert_string_equal(v.ancestors[i], id);
	}
	assert_int_equal(v.past_count, 2);
	assert_int_equal(v.past[0].sequence, 12);
	assert_int_equal(v.past[1].sequence, 12);
}

static void a_fifth_base_is_still_an_ancestor(void **state)
{
	(void)state;
	struct version v = made_by(9, 99, 1);

	version_descend(&v, NULL);
	for (unsigned i = 1; i <= 5; i++) {
		struct version base = made_by(i, i, 1);

		version_join(&v, &base);
	}
	assert_int_equal(v.bases, VERSION_BASES);
	assert_int_equal(v.ancestor_count, 5);
	assert_int_equal(v.past_count, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_written_as_python_writes_it),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(metadata_is_read_into_its_seven_members_and_no_others),
		cmocka_unit_test(metadata_of_another_form_is_refused_in_words),
		cmocka_unit_test(a_file_name_of_its_own_and_any_offset_are_understood),
		cmocka_unit_test(an_operation_is_cut_between_characters),
		cmocka_unit_test(a_first_version_has_no_ancestors),
		cmocka_unit_test(descent_remembers_the_last_16_ids_nearest_first),
		cmocka_unit_test(past_keeps_the_highest_of_each_machine),
		cmocka_unit_test(a_full_past_forgets_the_lowest_but_never_the_bases_own),
		cmocka_unit_test(a_version_of_the_python_client_is_known_by_its_checksum_and_time),
		cmocka_unit_test(a_version_that_joins_two_has_the_ancestors_of_both_in_turn),
		cmocka_unit_test(a_fifth_base_is_still_an_ancestor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
