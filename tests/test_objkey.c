#include "check.h"
#include "daemon/core/objkey.h"

#define AFTERNOON INT64_C(1733668222000000) /* 2024-12-08 14:30:22 UTC */
#define FORTY     "a234567890b234567890c234567890d234567890"
#define STAMPED   "backups/parts.db/20241208_143022_parts.db"

static void a_version_gets_the_key_that_the_python_client_would_give_it(void **state)
{
	(void)state;
	char key[OBJKEY_ROOM];

	objkey_make(key, "parts.db", AFTERNOON + 999999);
	assert_string_equal(key, STAMPED);
}

static void the_longest_key_fits_with_its_suffix(void **state)
{
	(void)state;
	char key[OBJKEY_ROOM], name[CONFIG_NAME_MAX + 1];

	objkey_make(key, FORTY, INT64_C(253402300799999999)); /* the end of 9999 */
	assert_true(strlen(key) + sizeof(OBJKEY_METADATA) <= OBJKEY_ROOM);
	memcpy(key + strlen(key), OBJKEY_METADATA, sizeof(OBJKEY_METADATA));
	assert_int_equal(objkey_read(key, name, NULL), OBJKEY_IS_METADATA);
	assert_string_equal(name, FORTY);
}

static void a_key_tells_what_it_names(void **state)
{
	(void)state;
	static const struct {
		const char *key, *name;
		enum objkey_kind kind;
	} rows[] = {
		{STAMPED,						   "parts.db",        OBJKEY_DATABASE   },
		{STAMPED ".metadata.json",                                  "parts.db",        OBJKEY_IS_METADATA},
		{STAMPED ".casmand.json",                                   "parts.db",        OBJKEY_IS_TAGS    },
		{"backups/a/20241208_143022_a",                             "a",               OBJKEY_DATABASE   },
		{"backups/" FORTY "/20241208_143022_" FORTY,                FORTY,             OBJKEY_DATABASE   },
 /* a name that looks like a suffix is a name first */
		{"backups/x.metadata.json/20241208_143022_x.metadata.json", "x.metadata.json",
                 OBJKEY_DATABASE										 },
	};
	char name[CONFIG_NAME_MAX + 1];
	int64_t moment;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		moment = 0;
		assert_int_equal(objkey_read(rows[i].key, name, &moment), rows[i].kind);
		assert_string_equal(name, rows[i].name);
		assert_true(moment == AFTERNOON);
		assert_int_equal(objkey_read(rows[i].key, NULL, NULL), rows[i].kind);
	}
}

static void other_objects_are_nobodys_business(void **state)
{
	(void)state;
	static const char *const keys[] = {
		"",
		"backups/",
		"backups/parts.db",
		"backups/parts.db/",
		"backups//20241208_143022_",
		"backups/parts.db/20241208_143022",
		"backups/parts.db/20241208_143022_",
		"backups/parts.db/20241208_143022_parts",
		"backups/parts.db/20241208_143022_other.db",
		"backups/parts.db/20241308_143022_parts.db",
		"backups/parts.db/20240230_143022_parts.db",
		"backups/parts.db/20241208-143022_parts.db",
		"backups/parts.db/19691231_235959_parts.db",
		"backups/parts.db/00010101_000000_parts.db",
		"backups/parts.db/2024",
		STAMPED ".json",
		STAMPED ".metadata.json ",
		STAMPED ".metadata.jsonx",
		STAMPED "/",
		"/" STAMPED,
		"Backups/parts.db/20241208_143022_parts.db",
		"backups/../20241208_143022_..",
		"backups/.db/20241208_143022_.db",
		"backups/a b/20241208_143022_a b",
		"backups/a\xc3\xa4/20241208_143022_a\xc3\xa4",
		"backups/x/../20241208_143022_x",
		"backups/" FORTY "e/20241208_143022_" FORTY "e",
	};
	char name[CONFIG_NAME_MAX + 1] = "untouched";
	int64_t moment = 7;

	for (size_t i = 0; i < LENGTH(keys); i++)
		assert_int_equal(objkey_read(keys[i], name, &moment), OBJKEY_OTHER);
	assert_string_equal(name, "untouched");
	assert_int_equal(moment, 7);
}

static void a_name_ends_where_it_may_not_go_on(void **state)
{
	(void)state;
	assert_int_equal(objkey_name_length("parts.db"), 8);
	assert_int_equal(objkey_name_length("parts.db/rest"), 8);
	assert_int_equal(objkey_name_length(FORTY), 40);
	assert_int_equal(objkey_name_length(FORTY "1"), 0);
	assert_int_equal(objkey_name_length(".hidden"), 0);
	assert_int_equal(objkey_name_length(""), 0);
	assert_int_equal(objkey_name_length("/"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_version_gets_the_key_that_the_python_client_would_give_it),
		cmocka_unit_test(the_longest_key_fits_with_its_suffix),
		cmocka_unit_test(a_key_tells_what_it_names),
		cmocka_unit_test(other_objects_are_nobodys_business),
		cmocka_unit_test(a_name_ends_where_it_may_not_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
