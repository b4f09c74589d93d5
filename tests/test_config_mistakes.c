/* Every mistake that a person can make in casmand.conf, and the exact words that answer it. */
#include "check.h"
#include "config_world.h"

#define REST "\n[database rest.db]\npath = /rest"

#define R2 "[sync]\nbackend = r2\n[r2]\n"

#define X10  "xxxxxxxxxx"
#define X40  X10 X10 X10 X10
#define X200 X40 X40 X40 X40 X40

/* clang-format off */
static const struct {
	const char *text, *mistakes;
} cases[] = {
	/* lines */
	{"hello" REST,
		"casmand.conf:1: this is neither [section] nor key = value nor a comment (; or "
		"#)\n"},
	{"\n[sync\nenabled = x" REST,
		"casmand.conf:2: a section is written [name], with both brackets\n"},
	{"[sync ;]" REST, "casmand.conf:1: a section is written [name], with both brackets\n"},
	{"[sync] enabled = no" REST,
		"casmand.conf:1: only a comment may follow a [section]; keys stand on lines of "
		"their own\n"},
	{"[sync]\n = x" REST, "casmand.conf:2: there is no key before the =\n"},
	{"# " X200 REST,
		"casmand.conf:1: the line has more than 199 bytes; put a long value into a file of "
		"its own and write KEY_file = PATH\n"},
	{"[" X40 X10 "]\nkey = x" REST,
		"casmand.conf:1: the section's name has more than 49 bytes\n"},
	{"[sync]\nenabled = \x01yes" REST,
		"casmand.conf:2: there is a control character in the line; only text and tabs may "
		"stand here\n"},
	{"[sync]\nenabled = yes\r\r\n" REST,
		"casmand.conf:2: there is a control character in the line; only text and tabs may "
		"stand here\n"},
	{"# Gr\xf6\xdf"
	 "e" REST,
		"casmand.conf:1: the line is no UTF-8; save the file as UTF-8\n"},

	/* sections and keys */
	{"path = /x" REST, "casmand.conf:1: key path stands before the first [section]\n"},
	{"[snyc]\nkeep_versions = x" REST,
		"casmand.conf:1: [snyc]: no such section; did you mean [sync]?\n"},
	{"[databse parts.db]" REST,
		"casmand.conf:1: [databse parts.db]: no such section; did you mean [database "
		"NAME]?\n"},
	{"[database]" REST,
		"casmand.conf:1: [database]: no such section; did you mean [database NAME]?\n"},
	{"[cloud]" REST,
		"casmand.conf:1: [cloud]: no such section; known: [daemon], [sync], [queue], [alert], "
		"[file], [r2], [s3], [quota], [maintain], [proof], [database NAME]\n"},
	{"[database \"parts.db\"]" REST,
		"casmand.conf:1: [database \"parts.db\"]: a name has 1 to 40 letters, digits, dots, "
		"underscores and dashes, and no dot first\n"},
	{"[sync]\nkeep_version = 3" REST,
		"casmand.conf:2: [sync] keep_version: no such key; did you mean keep_versions?\n"},
	{"[daemon]\nbackend = file" REST,
		"casmand.conf:2: [daemon] backend: no such key; it is a key of [sync]\n"},
	{"[file]\ncolour = red" REST, "casmand.conf:2: [file] colour: no such key; known: path\n"},
	{"[sync]\nkeep_versions_file = /x" REST,
		"casmand.conf:2: [sync] keep_versions_file: no such key; known: enabled, "
		"backend, keep_versions, keep_daily, backup_on_scan_count, backup_on_hours, "
		"cache_ttl_seconds, auto_sync_on_start\n"},
	{"[sync]\nenabled = on\n\nenabled = on" REST,
		"casmand.conf:4: [sync] enabled: given before, as enabled in line 2; keep one of "
		"them\n"},
	{"[file]\npath = /x\n[sync]\n[file]\npath_file = /y" REST,
		"casmand.conf:5: [file] path_file: given before, as path in line 2; keep one of "
		"them\n"},

	/* values */
	{"[sync]\nenabled = maybe" REST,
		"casmand.conf:2: [sync] enabled: \"maybe\" is not true or false (nor yes, no, on, "
		"off, 1, 0)\n"},
	{"[sync]\nbackend = ftp" REST,
		"casmand.conf:2: [sync] backend: \"ftp\" is none of disabled, file, r2, s3\n"},
	{"[daemon]\nlog_level = INFO" REST,
		"casmand.conf:2: [daemon] log_level: \"INFO\" is none of error, warning, info, "
		"debug\n"},
	{"[sync]\nkeep_versions = 0" REST,
		"casmand.conf:2: [sync] keep_versions: \"0\" is not a whole number from 1 to "
		"10000\n"},
	{"[sync]\nkeep_versions = 4294967297" REST,
		"casmand.conf:2: [sync] keep_versions: \"4294967297\" is not a whole number from 1 "
		"to 10000\n"},
	{"[sync]\nkeep_daily = -1\ncache_ttl_seconds = 1h\nbackup_on_scan_count =" REST,
		"casmand.conf:2: [sync] keep_daily: \"-1\" is not a whole number from 0 to 3660\n"
		"casmand.conf:3: [sync] cache_ttl_seconds: \"1h\" is not a whole number from 0 to "
		"31622400\n"
		"casmand.conf:4: [sync] backup_on_scan_count: \"\" is not a whole number from 0 to "
		"1000000\n"},
	{"[sync]\nbackup_on_hours = nan" REST,
		"casmand.conf:2: [sync] backup_on_hours: \"nan\" is not a number from 0 to 8784, "
		"as 24.0\n"},
	{"[sync]\nbackup_on_hours = 1.2.3" REST,
		"casmand.conf:2: [sync] backup_on_hours: \"1.2.3\" is not a number from 0 to 8784, "
		"as 24.0\n"},
	{"[sync]\nbackup_on_hours = ." REST,
		"casmand.conf:2: [sync] backup_on_hours: \".\" is not a number from 0 to 8784, as "
		"24.0\n"},
	{"[sync]\nbackup_on_hours = 8784.1" REST,
		"casmand.conf:2: [sync] backup_on_hours: \"8784.1\" is not a number from 0 to "
		"8784, as 24.0\n"},
	{"[queue]\nmax_bytes = much" REST,
		"casmand.conf:2: [queue] max_bytes: \"much\" is not a size up to 1099511627776 "
		"bytes, as 500 MiB\n"},
	{"[queue]\nmax_bytes = 1025 GiB" REST,
		"casmand.conf:2: [queue] max_bytes: \"1025 GiB\" is not a size up to 1099511627776 "
		"bytes, as 500 MiB\n"},
	{"[file]\npath = store" REST,
		"casmand.conf:2: [file] path: \"store\" is not an absolute path: it begins with /, "
		"without quotes\n"},
	{"[file]\npath =;x" REST,
		"casmand.conf:2: [file] path: \";x\" is not an absolute path: it begins with /, "
		"without quotes\n"},
	{"[daemon]\nadmin_group =;x" REST,
		"casmand.conf:2: [daemon] admin_group: \";x\" may not hold \" ;\", which begins a "
		"comment\n"},
	{"[daemon]\nadmin_group = a\tb" REST,
		"casmand.conf:2: [daemon] admin_group: the value holds a control character or is "
		"no UTF-8\n"},
	{"[daemon]\nsocket = /" X40 X40 X10 X10 "1234567" REST,
		"casmand.conf:2: [daemon] socket: \"/" X40 X10 X10 X10
		"xxxxxxxxx...\" has 108 bytes; at most 107 are possible\n"},
	{"[daemon]\nsocket_group = \u00fc" X10 X10 X10 "xxx" REST,
		"casmand.conf:2: [daemon] socket_group: \"\u00fc" X10 X10 X10
		"xxx\" has 35 bytes; at most 32 are possible\n"},
	{"[file]\npath = x" X40 X10 X10 X10 "xxxxxxxx\u00fc" REST,
		"casmand.conf:2: [file] path: \"x" X40 X10 X10 X10
		"xxxxxxxx...\" is not an absolute path: it begins with /, without quotes\n"},

	/* buckets */
	{R2 "account_id = a/b" REST,
		"casmand.conf:4: [r2] account_id: give Cloudflare's id of the account (32 letters "
		"and digits)\n"},
	{R2 "access_key_id = one/two" REST,
		"casmand.conf:4: [r2] access_key_id: no key has such characters in it\n"},
	{R2 "session_token = one two" REST,
		"casmand.conf:4: [r2] session_token: no token has such characters in it\n"},
	{R2 "bucket_name = a/b" REST,
		"casmand.conf:4: [r2] bucket_name: no bucket can be called 'a/b'\n"},
	{R2 "endpoint = r2.example" REST,
		"casmand.conf:4: [r2] endpoint: begin it with https:// (or http://)\n"},
	{R2 "endpoint = https://me:hush@r2.example" REST,
		"casmand.conf:4: [r2] endpoint: no name or password belongs in it\n"},
	{R2 "region = here and there" REST,
		"casmand.conf:4: [r2] region: no region is called 'here and there'\n"},
	{R2 "ca_file = ca.pem" REST,
		"casmand.conf:4: [r2] ca_file: \"ca.pem\" is not an absolute path: it begins with "
		"/, without quotes\n"},
	{R2 "path_style = true" REST,
		"casmand.conf:4: [r2] path_style: no such key; it is a key of [s3]\n"},
	{"[sync]\nbackend = s3\n[s3]\npath_style = maybe" REST,
		"casmand.conf:4: [s3] path_style: \"maybe\" is none of auto, true, false\n"},
	{R2 "bucket_name = ${NO}" REST,
		"casmand.conf:4: [r2] bucket_name: ${NO} is not set: there is neither a credential "
		"nor an environment variable of this name\n"},

	/* from elsewhere */
	{"[daemon]\nsocket = ${TWO}/${NO}/${NEITHER}" REST,
		"casmand.conf:2: [daemon] socket: ${NO} is not set: there is neither a credential "
		"nor an environment variable of this name; ${NEITHER} is not set: there is neither "
		"a credential nor an environment variable of this name\n"},
	{"[daemon]\nsocket = /${}" REST,
		"casmand.conf:2: [daemon] socket: a variable is written ${NAME}; names have "
		"letters, digits, _, - and .\n"},
	{"[daemon]\nsocket = /${ONE" REST,
		"casmand.conf:2: [daemon] socket: a variable is written ${NAME}; names have "
		"letters, digits, _, - and .\n"},
	{"[daemon]\nsocket = /${../../etc/passwd}" REST,
		"casmand.conf:2: [daemon] socket: a variable is written ${NAME}; names have "
		"letters, digits, _, - and .\n"},
	{"[daemon]\nsocket = /${..}" REST,
		"casmand.conf:2: [daemon] socket: a variable is written ${NAME}; names have "
		"letters, digits, _, - and .\n"},
	{"[daemon]\nsocket = ${NESTED}" REST,
		"casmand.conf:2: [daemon] socket: \"/${ONE}\" may not hold \"${\" once its "
		"variables are expanded\n"},
	{"[file]\npath = ${LINES}" REST,
		"casmand.conf:2: [file] path: the value holds a control character or is no "
		"UTF-8\n"},
	{"[file]\npath_file = /no/such" REST,
		"casmand.conf:2: [file] path_file: open /no/such: No such file or directory\n"},
	{"[file]\npath_file = store" REST,
		"casmand.conf:2: [file] path_file: the name of a file begins with /, without "
		"quotes\n"},
	{"[file]\npath_file = ${LINES}" REST,
		"casmand.conf:2: [file] path_file: the name of a file begins with /, without "
		"quotes\n"},
	{"[file]\npath_file = ${NO}" REST,
		"casmand.conf:2: [file] path_file: ${NO} is not set: there is neither a credential "
		"nor an environment variable of this name\n"},
	{"[file]\npath_file = /empty" REST,
		"casmand.conf:2: [file] path_file: \"\" is not an absolute path: it begins with /, "
		"without quotes\n"},

	/* databases */
	{"",
		"casmand.conf: there is no database to protect; name at least one, as [database "
		"parts.db] with its path\n"},
	{"[database parts.db]", "casmand.conf: [database parts.db] path is missing\n"},
	{"[database a]\npath = /x\n[database b]\n\npath = /x",
		"casmand.conf:5: [database b] path: [database a] has the same file; each file is "
		"given once\n"},
	{"[database a]\npath = a\n[database b]\npath = b",
		"casmand.conf:2: [database a] path: \"a\" is not an absolute path: it begins with "
		"/, without quotes\n"
		"casmand.conf:4: [database b] path: \"b\" is not an absolute path: it begins with "
		"/, without quotes\n"},

	/* together, in the order of the lines, what no line made at the end */
	{"[database a]\non_change = x\n[sync]\nenabled = x\nenable = x\n[daemon]\nsocket = x",
		"casmand.conf:2: [database a] on_change: \"x\" is none of backup, mark, ignore\n"
		"casmand.conf:4: [sync] enabled: \"x\" is not true or false (nor yes, no, on, off, "
		"1, 0)\n"
		"casmand.conf:5: [sync] enable: no such key; did you mean enabled?\n"
		"casmand.conf:7: [daemon] socket: \"x\" is not an absolute path: it begins with /, "
		"without quotes\n"
		"casmand.conf: [database a] path is missing\n"},
};

static struct facts facts = {
	.variables = {{"ONE", "/one"}, {"TWO", "/two"}, {"NESTED", "/${ONE}"}, {"LINES", "/a\n/b"}},
	.files = {{"/empty", "\n/second"}},
};
/* clang-format on */

static void each_mistake_is_told_with_its_place_and_what_would_be_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct text mistakes = {0};

		assert_null(parse(cases[i].text, &facts, &mistakes));
		assert_string_equal(mistakes.at, cases[i].mistakes);
		text_free(&mistakes);
	}
}

static void a_nul_does_not_end_the_file_unseen(void **state)
{
	(void)state;
	static const char text[] = "[database a]\npath = /a\n\0\nunknown";
	struct text mistakes = {0};

	assert_null(parse_by(&config_table, text, sizeof(text) - 1, &facts, &mistakes));
	assert_string_equal(mistakes.at,
		"casmand.conf:3: there is a control character in the line; only text and tabs may "
		"stand here\n"
		"casmand.conf:4: this is neither [section] nor key = value nor a comment (; or "
		"#)\n");
	text_free(&mistakes);
}

/* clang-format off */
static const struct {
	struct facts facts;
	const char *mistakes;
} environments[] = {
	{{.variables = {{"CASMAN_SYNC_ENABLED", "maybe"}}},
		"CASMAN_SYNC_ENABLED: \"maybe\" is not true or false (nor yes, no, on, off, 1, 0)\n"},
	{{.variables = {{"CASMAN_SYNC_BACKEND", "S3"}}},
		"CASMAN_SYNC_BACKEND: \"S3\" is none of disabled, file, r2, s3\n"},
	{{.variables = {{"CASMAN_SYNC_BACKEND", "r2"}, {"R2_ENDPOINT", "e"},
		 {"R2_SECRET_ACCESS_KEY", "hush\x01"}}},
		"R2_SECRET_ACCESS_KEY: the value holds a control character or is no UTF-8\n"
		"R2_ENDPOINT: begin it with https:// (or http://)\n"},
	{{.variables = {{"CASMAN_DATABASE_DIR", "here"}}},
		"CASMAN_DATABASE_DIR: \"here/parts.db\" is not an absolute path: it begins with /, "
		"without quotes\n"
		"CASMAN_DATABASE_DIR: \"here/assembled_casm.db\" is not an absolute path: it begins "
		"with /, without quotes\n"},
	{{.variables = {{"CASMAN_PARTS_DB", "/x"}, {"CASMAN_ASSEMBLED_DB", "/x"}}},
		"CASMAN_ASSEMBLED_DB: [database parts.db] has the same file; each file is given "
		"once\n"},
	{{.variables = {{"CASMAN_PARTS_DB", "/${HOME}"}}},
		"CASMAN_PARTS_DB: \"/${HOME}\" may not hold \"${\" once its variables are "
		"expanded\n"},
};
/* clang-format on */

static void a_mistake_in_the_environment_names_the_variable(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(environments); i++) {
		struct facts with = environments[i].facts;
		struct text mistakes = {0};

		assert_null(parse("[database parts.db]\npath = /p\n"
				  "[database assembled_casm.db]\npath = /a\n",
			&with, &mistakes));
		assert_string_equal(mistakes.at, environments[i].mistakes);
		text_free(&mistakes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_told_with_its_place_and_what_would_be_right),
		cmocka_unit_test(a_nul_does_not_end_the_file_unseen),
		cmocka_unit_test(a_mistake_in_the_environment_names_the_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
