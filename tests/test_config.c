#include "check.h"
#include "common/place.h"
#include "config_world.h"

static struct facts nothing;

/* The value of one key, as it is printed. */
static void assert_value(const struct config *c, const char *line)
{
	struct text wanted = {0};
	char *print = printed(c);

	text_add(&wanted, "\n%s\n", line);
	if (!strstr(print, wanted.at))
		fail_msg("no \"%s\" in:\n%s", line, print);
	free(print);
	text_free(&wanted);
}

static void what_is_not_said_has_its_default(void **state)
{
	(void)state;
	struct config *c = parse_well("[database parts.db]\npath = /p\n", &nothing);

	assert_string_equal(c->state_dir, PLACE_STATE);
	assert_string_equal(c->socket, PLACE_SOCKET);
	assert_string_equal(c->socket_group, PLACE_GROUP);
	assert_string_equal(c->inbox, PLACE_INBOX);
	assert_string_equal(c->admin_group, "");
	assert_int_equal(c->log_level, LOG_INFO);
	assert_true(c->enabled);
	assert_int_equal(c->backend, BACKEND_FILE);
	assert_int_equal(c->keep_versions, 10);
	assert_int_equal(c->keep_daily, 7);
	assert_int_equal(c->backup_on_scan_count, 10);
	assert_float_equal(c->backup_on_hours, 24, 0);
	assert_int_equal(c->cache_ttl_seconds, 3600);
	assert_false(c->auto_sync_on_start);
	assert_string_equal(c->file_path, PLACE_STORE);
	assert_int_equal(c->database_count, 1);
	assert_string_equal(c->databases[0].name, "parts.db");
	assert_string_equal(c->databases[0].path, "/p");
	assert_string_equal(c->databases[0].count_table, "");
	assert_int_equal(c->databases[0].on_change, ON_CHANGE_BACKUP);
	assert_int_equal(c->databases[0].scans_from, SCANS_AUTO);
	assert_false(c->holds_secret);
	assert_string_equal(c->warnings.at, "");
	config_free(c);
}

static void databases_are_found_by_name_in_the_order_of_the_file(void **state)
{
	(void)state;
	struct config *c = parse_well("[database b]\npath = /b\n[database a]\npath = /a\n"
				      "[database b]\non_change = mark\n",
		&nothing);

	assert_int_equal(c->database_count, 2);
	assert_ptr_equal(config_find(c, "b"), &c->databases[0]);
	assert_ptr_equal(config_find(c, "a"), &c->databases[1]);
	assert_null(config_find(c, "c"));
	assert_int_equal(c->databases[0].on_change, ON_CHANGE_MARK);
	config_free(c);
}

#define REST "\n[database rest.db]\npath = /rest\n"
#define S3   "[sync]\nbackend = s3\n[s3]\n"
#define R2   "[sync]\nbackend = r2\n"
#define X10  "xxxxxxxxxx"
#define X40  X10 X10 X10 X10

/* clang-format off */
static const struct {
	const char *text, *value;
} values[] = {
	{"[sync]\nenabled = false" REST, "enabled = false"},
	{"[sync]\nenabled = no" REST, "enabled = false"},
	{"[sync]\nenabled = Off" REST, "enabled = false"},
	{"[sync]\nenabled = 0" REST, "enabled = false"},
	{"[sync]\nauto_sync_on_start = true" REST, "auto_sync_on_start = true"},
	{"[sync]\nauto_sync_on_start = yes" REST, "auto_sync_on_start = true"},
	{"[sync]\nauto_sync_on_start = ON" REST, "auto_sync_on_start = true"},
	{"[sync]\nauto_sync_on_start = 1" REST, "auto_sync_on_start = true"},
	{"[sync]\nkeep_versions = 10000" REST, "keep_versions = 10000"},
	{"[sync]\nkeep_versions = 007" REST, "keep_versions = 7"},
	{"[sync]\nbackup_on_hours = 8784" REST, "backup_on_hours = 8784.0"},
	{"[sync]\nbackup_on_hours = .5" REST, "backup_on_hours = 0.5"},
	{"[sync]\nbackup_on_hours = 0.1234567890123" REST, "backup_on_hours = 0.1234567890123"},
	{"[sync]\nbackend = disabled" REST, "backend = disabled"},
	{S3 "path_style = true" REST, "path_style = true"},
	{S3 "path_style = Yes" REST, "path_style = true"},
	{S3 "path_style = 0" REST, "path_style = false"},
	{S3 "ca_file =" REST, "ca_file ="},
	{"[queue]\nmax_bytes = 536870912" REST, "max_bytes = 512 MiB"},
	{"[queue]\nmax_bytes = 1.5k" REST, "max_bytes = 1536"},
	{"[queue]\nmax_bytes = 1024GiB" REST, "max_bytes = 1024 GiB"},
	{"[queue]\nmax_bytes = 1000001" REST, "max_bytes = 1000001"},
	{R2 "[quota]" REST, "storage_gb = 10.0"},
	{R2 "[quota]\nstorage_gb = 0" REST, "storage_gb = 0.0"},
	{R2 REST, "class_a_operations = 1000000"},
	{R2 REST, "class_b_operations = 10000000"},
	{R2 "[quota]\nshare = 0.05" REST, "share = 0.05"},
	{S3 REST, "storage_gb = 0.0"}, /* AWS has no free tier */
	{S3 REST, "class_a_operations = 0"},
	{S3 REST, "class_b_operations = 0"},
	{S3 REST, "block_threshold = 0.95"},
	{S3 "[quota]\nclass_a_operations = 4000000000" REST, "class_a_operations = 4000000000"},
	{"[daemon]\nlog_level = debug" REST, "log_level = debug"},
	{"[daemon]\nsocket_group =" REST, "socket_group ="},

	/* lines */
	{"\xef\xbb\xbf[sync]\r\nenabled = no\r\n" REST, "enabled = false"},
	{"[sync] # here\n  keep_daily : 3 ; there\n" REST, "keep_daily = 3"},
	{"  [sync]\t; here\n\tkeep_daily\t=\t3\t;there\n\n  # and\n;so on" REST, "keep_daily = 3"},
	{"[sync]\nenabled = no\n  keep_daily = 3" REST, "keep_daily = 3"},
	{"[file]\npath = /a;b#c d" REST, "path = /a;b#c d"},
	{"[file]\npath = /\"Gr\u00f6\u00dfe\"" REST, "path = /\"Gr\u00f6\u00dfe\""},
	{"[file]\npath=/" X40 X40 X40 X40 X10 X10 X10 "123" REST,
		"path = /" X40 X40 X40 X40 X10 X10 X10 "123"},
	{"[database " X40 "]\npath = /x" REST, "[database " X40 "]"},
	{"[daemon]\nsocket = /" X40 X40 X10 X10 "123456" REST,
		"socket = /" X40 X40 X10 X10 "123456"},

	/* from elsewhere */
	{"[file]\npath = ${ONE}" REST, "path = /one"},
	{"[file]\npath = ${ONE}/$ONE/${TWO}$" REST, "path = /one/$ONE//credential$"},
	{"[file]\npath = /${EMPTY}" REST, "path = /"},
	{"[file]\npath = ${SPACES}" REST, "path = /spaces"},
	{"[sync]\nkeep_daily = ${DAYS}" REST, "keep_daily = 30"},
	{"[file]\npath_file = /etc${ONE}" REST, "path = /first line"},
	{"[database a]\npath_file = /dos\ncount_table_file = /empty" REST, "path = /dos line"},
};

static const struct facts from_elsewhere = {
	.variables = {{"ONE", "/one"}, {"TWO", "/variable"}, {"EMPTY", ""},
		{"SPACES", " /spaces "}, {"DAYS", "30"}},
	.credentials = {{"TWO", "/credential\nsecond"}},
	.files = {{"/etc/one", "  /first line \nsecond"}, {"/dos", "/dos line\r\n"}, {"/empty", ""}},
};
/* clang-format on */

static void a_value_is_read_as_it_is_meant(void **state)
{
	(void)state;
	struct facts facts = from_elsewhere;

	for (size_t i = 0; i < LENGTH(values); i++) {
		struct config *c = parse_well(values[i].text, &facts);

		assert_value(c, values[i].value);
		config_free(c);
	}
}

static void a_section_that_is_not_in_use_is_left_alone(void **state)
{
	(void)state;
	static const char text[] = "[file]\npath = ${USB}/store" REST;
	struct facts off = {.variables = {{"CASMAN_SYNC_BACKEND", "disabled"}}};
	struct text mistakes = {0};

	struct config *c = parse_well(text, &off);
	assert_int_equal(c->backend, BACKEND_DISABLED);
	assert_string_equal(c->file_path, PLACE_STORE);
	char *print = printed(c);
	assert_null(strstr(print, "[file]"));
	free(print);
	config_free(c);

	assert_null(parse(text, &nothing, &mistakes));
	text_free(&mistakes);
	assert_null(parse("[file]\npaht = /x" REST, &off, &mistakes));
	text_free(&mistakes);
}

/* clang-format off */
static const struct {
	struct facts facts;
	const char *parts, *assembled, *warnings;
} environments[] = {
	{{.variables = {{"CASMAN_DATABASE_DIR", "/dir"}}}, "/dir/parts.db",
		"/dir/assembled_casm.db", ""},
	{{.variables = {{"CASMAN_DATABASE_DIR", " /dir/ "}}}, "/dir/parts.db",
		"/dir/assembled_casm.db", ""},
	{{.variables = {{"CASMAN_PARTS_DB", "/p"}, {"CASMAN_DATABASE_DIR", "/dir"}}}, "/p",
		"/dir/assembled_casm.db", ""},
	{{.variables = {{"CASMAN_ASSEMBLED_DB", "/a"}, {"CASMAN_DATABASE_DIR", "/dir"}}},
		"/dir/parts.db", "/a", ""},
	{{.variables = {{"CASMAN_PARTS_DB", ""}, {"CASMAN_DATABASE_DIR", ""}}},
		"/file/parts", "/file/assembled", ""},
};
/* clang-format on */

static void the_environment_has_the_last_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(environments); i++) {
		struct facts facts = environments[i].facts;
		struct config *c =
			parse_well("[database parts.db]\npath = /file/parts\n"
				   "[database assembled_casm.db]\npath = /file/assembled\n",
				&facts);

		assert_string_equal(config_find(c, "parts.db")->path, environments[i].parts);
		assert_string_equal(
			config_find(c, "assembled_casm.db")->path, environments[i].assembled);
		assert_string_equal(c->warnings.at, environments[i].warnings);
		config_free(c);
	}

	struct facts facts = {
		.variables = {{"CASMAN_SYNC_ENABLED", "False"}, {"CASMAN_SYNC_BACKEND", "disabled"},
			      {"CASMAN_PARTS_DB", "/p"}}
        };
	struct config *c = parse_well("[sync]\nenabled = ${NO}\nbackend = ftp\n"
				      "[database parts.db]\n",
		&facts);
	assert_false(c->enabled);
	assert_int_equal(c->backend, BACKEND_DISABLED);
	assert_string_equal(c->databases[0].path, "/p");
	config_free(c);
}

static void a_variable_for_a_database_that_is_not_named_is_odd_and_no_mistake(void **state)
{
	(void)state;
	struct facts facts = {.variables = {{"CASMAN_ASSEMBLED_DB", "/a"}}};
	struct config *c = parse_well("[database parts.db]\npath = /p\n", &facts);

	assert_string_equal(c->warnings.at,
		"CASMAN_ASSEMBLED_DB is set, but there is no [database assembled_casm.db]\n");
	assert_int_equal(strlen(c->warnings.at), c->warnings.length);
	config_free(c);
}

/* The table, with admin_group for a secret. */
static struct config_table secretive(struct config_row rows[64])
{
	struct config_table table = config_table;

	assert_true(table.row_count <= 64);
	for (size_t i = 0; i < table.row_count; i++) {
		rows[i] = table.rows[i];
		rows[i].secret = strcmp(rows[i].key, "admin_group") == 0;
	}
	table.rows = rows;
	return table;
}

/* P10 */
static void a_secret_is_masked_never_quoted_and_known_to_stand_in_the_file(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool held;
	} cases[] = {
		{"admin_group = hush",       true },
		{"admin_group = ${HUSH}",    false},
		{"admin_group = ${HU}${SH}", false},
		{"admin_group = hu${SH}",    true },
		{"admin_group = ${HU}sh",    true },
		{"admin_group_file = /hush", false},
	};
	struct config_row rows[64];
	struct config_table table = secretive(rows);
	struct facts facts = {
		.variables = {{"HUSH", "hush"}, {"HU", "hu"}, {"SH", "sh"}}
        };
	struct text text = {0}, mistakes = {0}, print = {0};

	facts.files[0] = (struct fact){"/hush", "hush\n"};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		text_add(&text, "[daemon]\n%s" REST, cases[i].line);
		struct config *c = parse_by(&table, text.at, text.length, &facts, &mistakes);
		assert_non_null(c);
		assert_string_equal(c->admin_group, "hush");
		assert_int_equal(c->holds_secret, cases[i].held);
		config_print_by(&table, c, &print);
		assert_null(strstr(print.at, "hush"));
		assert_non_null(strstr(print.at, "\nadmin_group = ******\n"));
		config_free(c);
		text_free(&text);
		text_free(&print);
	}
	text_add(&text, "[daemon]\nadmin_group = " X40 REST);
	assert_null(parse_by(&table, text.at, text.length, &facts, &mistakes));
	assert_string_equal(mistakes.at,
		"casmand.conf:2: [daemon] admin_group: the value has 40 bytes; at most 32 are "
		"possible\n");
	text_free(&text);
	text_free(&mistakes);
}

static void only_what_is_in_use_makes_two_configurations_differ(void **state)
{
	(void)state;
	static const char base[] = "[sync]\nbackend = r2\n[r2]\naccount_id = 1a\n"
				   "access_key_id = k\nsecret_access_key = one" REST;
	static const struct {
		const char *text;
		bool same;
	} others[] = {
		{base,										      true },
		{"# a remark\n[sync]\nbackend=r2\nkeep_versions = 10\n[r2]\naccount_id = 1a\n"
		 "access_key_id = k\nsecret_access_key = one\n[file]\npath = /other" REST,
                 true											    },
		{"[sync]\nbackend = r2\n[r2]\naccount_id = 1a\naccess_key_id = k\n"
		 "secret_access_key = two" REST,
                 false											   },
		{"[sync]\nbackend = r2\nkeep_versions = 9\n[r2]\naccount_id = 1a\n"
		 "access_key_id = k\nsecret_access_key = one" REST,
                 false											   },
		{"[sync]\nbackend = disabled" REST,							 false},
		{"[sync]\nbackend = r2\n[r2]\naccount_id = 1a\naccess_key_id = k\n"
		 "secret_access_key = one" REST "[database b]\npath = /b\n",
                 false											   },
		{"[sync]\nbackend = r2\n[r2]\naccount_id = 1a\naccess_key_id = k\n"
		 "secret_access_key = one" REST "on_change = mark\n",
                 false											   },
	};
	struct facts facts = {0};
	struct config *one = parse_well(base, &facts);

	for (size_t i = 0; i < LENGTH(others); i++) {
		struct config *other = parse_well(others[i].text, &facts);

		if (config_same(one, other) != others[i].same)
			fail_msg("%s", others[i].text);
		config_free(other);
	}
	config_free(one);
}

static void what_is_printed_reads_again_as_the_same(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"[database a]\npath = /a",
		"[sync]\nbackend = disabled\nbackup_on_hours = 0.0000000000001\n"
		"keep_daily = 0" REST,
		"[sync]\nbackup_on_hours = 8783.9999999999\nenabled = off" REST,
		"[daemon]\nsocket_group =\nadmin_group = #wheel\nlog_level = error" REST,
		"[file]\npath = /${VALUE}=x:y[z]\n[database z]\npath = /z\ncount_table = a b" REST,
		"[database 1]\npath = /1\non_change = ignore\nscans_from = commits\n[database 0]\n"
		"path = /0\non_change = mark\nscans_from = socket",
		"[sync]\nbackend = r2\n[r2]\naccount_id = 1a\naccess_key_id = ${VALUE}\n"
		"secret_access_key = ${SECRET}\nendpoint = http://h:1/p\nca_file = /ca" REST,
		"[sync]\nbackend = s3\n[r2]\nsession_token = t\nbucket_name = of.r2\n[s3]\n"
		"secret_access_key = ${SECRET}\nregion = r\npath_style = off" REST,
	};
	struct facts facts = {
		.variables = {{"VALUE", "=#a;b]"}, {"SECRET", "${X} ;"}}
        };

	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct config *c = parse_well(texts[i], &facts);
		char *once = printed(c);
		struct config *again = parse_well(once, &nothing);
		char *twice = printed(again);

		assert_string_equal(once, twice);
		assert_memory_equal(
			&again->backup_on_hours, &c->backup_on_hours, sizeof(c->backup_on_hours));
		config_free(again);
		config_free(c);
		free(once);
		free(twice);
	}
}

static void a_database_is_named_so_that_its_versions_can_be(void **state)
{
	(void)state;
	static const char *const good[] = {"parts.db", "a", "_", "-x", "A.b-C_9"};
	static const char *const bad[] = {"", ".db", "a b", "a/b", "a\\b", "\u00fc.db", "a\n"};

	for (size_t i = 0; i < LENGTH(good); i++)
		assert_true(config_name_valid(good[i]));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(config_name_valid(bad[i]));
	assert_true(config_name_valid(X40));
	assert_false(config_name_valid(X40 "x"));
}

static void a_backend_has_the_name_that_the_file_gives_it(void **state)
{
	(void)state;
	assert_string_equal(config_backend_name(BACKEND_FILE), "file");
	assert_string_equal(config_backend_name(BACKEND_DISABLED), "disabled");
	assert_string_equal(config_backend_name(BACKEND_R2), "r2");
	assert_string_equal(config_backend_name(BACKEND_S3), "s3");
}

static void nothing_is_freed_without_harm(void **state)
{
	(void)state;
	config_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(databases_are_found_by_name_in_the_order_of_the_file),
		cmocka_unit_test(a_value_is_read_as_it_is_meant),
		cmocka_unit_test(a_section_that_is_not_in_use_is_left_alone),
		cmocka_unit_test(the_environment_has_the_last_word),
		cmocka_unit_test(a_variable_for_a_database_that_is_not_named_is_odd_and_no_mistake),
		cmocka_unit_test(a_secret_is_masked_never_quoted_and_known_to_stand_in_the_file),
		cmocka_unit_test(only_what_is_in_use_makes_two_configurations_differ),
		cmocka_unit_test(what_is_printed_reads_again_as_the_same),
		cmocka_unit_test(a_database_is_named_so_that_its_versions_can_be),
		cmocka_unit_test(a_backend_has_the_name_that_the_file_gives_it),
		cmocka_unit_test(nothing_is_freed_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
