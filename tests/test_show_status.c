#include "shown.h"

#include <stdio.h>

#define CONFIGURATION                                                                              \
	"'enabled':true,'backend':'file','bucket':null,'endpoint':null,'keep_versions':10,"        \
	"'backup_on_scan_count':10,'backup_on_hours':24.0,"
#define STORE                                                                                      \
	"'store':{'reachable':true,'checked_at':'2026-11-20T14:29:57Z','error':null,"              \
	"'place':'/var/lib/casmand/store','warning':null,'last_ok_at':'2026-11-20T14:29:57Z'},"
#define GOOD_VERSION                                                                               \
	"{'timestamp':'2026-11-20T11:30:00Z','record_count':258,'state':'stored','suspect':false}"

static void a_fresh_machine_reads_as_in_the_reference(void **state)
{
	(void)state;
	shown(show_status,
		"{" CONFIGURATION STORE
		"'scans':{'total':0,'since_backup':0,'until_backup':10,'unprotected':0,"
		"'oldest_unprotected_at':null},'last_backup_at':null,"
		"'databases':["
		"{'name':'parts.db','path':'/"
		"p','present':true,'size_bytes':348160,'state':'in_step',"
		"'last_version':" GOOD_VERSION ",'error':null,'dirty':false,'mend':null},"
		"{'name':'assembled_casm.db','path':'/a','present':true,'size_bytes':46285,"
		"'state':'in_step','last_version':" GOOD_VERSION ",'error':null,'dirty':false,"
		"'unchanged_since':'2026-11-20T11:30:00Z'}],"
		"'queue':{'length':0,'bytes':0,'oldest_at':null,'next_try_at':null,'error':null},"
		"'warnings':[]}",
		"Database Sync Status\n" SHOWN_RULE "\n"
		"Configuration:\n"
		"  Enabled:              True\n"
		"  Backend:              file\n"
		"  Store:                /var/lib/casmand/store\n"
		"  Keep Versions:        10\n"
		"  Backup on Scans:      Every 10 scans\n"
		"  Backup on Time:       Every 24.0 hours\n"
		"\n"
		"Backend Status:\n"
		"  ✓ file store reached 3 s ago\n"
		"\n"
		"Local Databases:\n"
		"  parts.db                 340.0 KB  ✓\n"
		"    Last version: 2026-11-20 11:30:00 UTC (3 h ago), 258 records\n"
		"  assembled_casm.db         45.2 KB  ✓\n"
		"    Last version: 2026-11-20 11:30:00 UTC (3 h ago), 258 records\n"
		"    Unchanged since 2026-11-20 11:30:00 UTC\n"
		"\n"
		"Scan Tracker:\n"
		"  Scans since backup:   0\n"
		"  Unprotected scans:    0\n"
		"  Last backup:          Never\n"
		"  Status:               OK (10 scans until backup)\n"
		"\n"
		"Queue:\n"
		"  empty\n");
}

static void status_with_skew(const char *skew, const char *warning)
{
	char json[1024], expected[1024];

	(void)snprintf(json, sizeof(json),
		"{" CONFIGURATION STORE "'databases':[],'clock_skew_seconds':%s,"
		"'scans':{'total':0,'since_backup':0,'until_backup':10,'unprotected':0,"
		"'oldest_unprotected_at':null},'last_backup_at':null,"
		"'queue':{'length':0,'bytes':0,'oldest_at':null,'next_try_at':null,'error':null},"
		"'warnings':[]}",
		skew);
	(void)snprintf(expected, sizeof(expected), "  ✓ file store reached %s", warning);
	struct doc *d = quoted_doc(json);
	struct pen p = {.look = shown_look()};
	show_status(&p, d);
	if (!strstr(p.text.at, expected)) /* then shows both */
		assert_string_equal(p.text.at, expected);
	text_free(&p.text);
	doc_free(d);
}

/* The one who reads has that clock, too: ages count from the corrected one. */
static void a_clock_that_is_wrong_is_said_with_its_mend(void **state)
{
	(void)state;
	status_with_skew("null", "3 s ago\n\n");
	status_with_skew("0", "3 s ago\n\n");
	status_with_skew("5", "3 s ago\n\n"); /* the store tells whole seconds, and late */
	status_with_skew("-5", "3 s ago\n\n");
	status_with_skew("-10800",
		"3 h ago\n  ⚠ The clock of this machine is 3 h behind the store's; casmand "
		"corrects "
		"that. Mend: timedatectl set-ntp true\n");
	status_with_skew("2678400",
		"in 30 days\n  ⚠ The clock of this machine is 31 days ahead of the store's; "
		"casmand "
		"corrects that. Mend: timedatectl set-ntp true\n");
}

static void a_machine_in_trouble_tells_all_of_it(void **state)
{
	(void)state;
	shown(show_status,
		"{'enabled':true,'backend':'r2','bucket':'casman-databases','endpoint':'https://x',"
		"'keep_versions':3,'backup_on_scan_count':1,'backup_on_hours':0.25,"
		"'store':{'reachable':false,'checked_at':'2026-11-20T14:29:57Z',"
		"'error':'no credentials','place':'r2','warning':'on the same disk',"
		"'last_ok_at':null},"
		"'scans':{'total':20,'since_backup':3,'until_backup':1,'unprotected':12,"
		"'oldest_unprotected_at':'2026-11-19T14:30:00Z'},"
		"'last_backup_at':'2026-11-20T14:20:00Z',"
		"'databases':[],"
		"'queue':{'length':2,'bytes':1048576,'oldest_at':'2026-11-18T14:00:00Z',"
		"'next_try_at':'2026-11-20T14:30:40Z','error':'timed out'},"
		"'warnings':['no group casman','b']}",
		"Database Sync Status\n" SHOWN_RULE "\n"
		"Configuration:\n"
		"  Enabled:              True\n"
		"  Backend:              r2\n"
		"  Bucket:               casman-databases\n"
		"  Keep Versions:        3\n"
		"  Backup on Scans:      Every 1 scan\n"
		"  Backup on Time:       Every 0.25 hours\n"
		"\n"
		"Backend Status:\n"
		"  ✗ Storage backend not available: no credentials\n"
		"  Last reached:         Never\n"
		"  ⚠ on the same disk\n"
		"  Endpoint:             https://x\n"
		"\n"
		"Local Databases:\n"
		"  none: name them in casmand.conf, as [database NAME]\n"
		"\n"
		"Scan Tracker:\n"
		"  Scans since backup:   3\n"
		"  Unprotected scans:    12 (oldest 24 h ago)\n"
		"  Last backup:          2026-11-20 14:20:00 UTC (10 min ago)\n"
		"  Status:               Waiting for the store (1 scan until backup)\n"
		"\n"
		"Queue:\n"
		"  Waiting:              2 versions, 1.0 MB\n"
		"  Oldest:               2 days ago\n"
		"  Next try:             in 40 s\n"
		"  Last error:           timed out\n"
		"\n"
		"Warnings:\n"
		"  ⚠ no group casman\n"
		"  ⚠ b\n");
}

/* P11: a bucket is initialized when a signed request was answered, and not before. */
static void a_bucket_reads_as_in_the_reference(void **state)
{
	(void)state;
	static const struct {
		const char *backend, *reachable, *words;
	} cases[] = {
		{"r2", "true",  "  ✓ R2 backend initialized, reached 3 s ago\n"       },
		{"s3", "true",  "  ✓ S3 backend initialized, reached 3 s ago\n"       },
		{"r2", "null",  "  ⚠ not asked yet\n  Last reached:         3 s ago\n"},
		{"s3", "false",
                 "  ✗ Storage backend not available: unknown\n"
			"  Last reached:         3 s ago\n"                             },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct text json = {0};
		struct pen p = {.look = shown_look()};

		text_add(&json,
			"{'backend':'%s','bucket':'casman-databases',"
			"'endpoint':'https://a.r2.cloudflarestorage.com','store':{'reachable':%s,"
			"'error':null,'warning':'no proof','last_ok_at':'2026-11-20T14:29:57Z'}}",
			cases[i].backend, cases[i].reachable);
		struct doc *d = quoted_doc(json.at);
		show_status(&p, d);
		text_free(&json);
		text_add(&json,
			"Backend Status:\n%s  ⚠ no proof\n"
			"  Endpoint:             https://a.r2.cloudflarestorage.com\n\n",
			cases[i].words);
		assert_non_null(strstr(p.text.at, "  Bucket:               casman-databases\n"));
		if (!strstr(p.text.at, json.at))
			fail_msg("no \"%s\" in:\n%s", json.at, p.text.at);
		text_free(&json);
		text_free(&p.text);
		doc_free(d);
	}
}

static void quota(const char *backend, const char *json, const char *expected)
{
	struct text whole = {0};

	text_add(&whole, "{'backend':'%s','quota':%s}", backend, json);
	shown(show_quota, whole.at, expected);
	text_free(&whole);
}

static void what_is_used_of_a_bucket_reads_as_in_the_reference(void **state)
{
	(void)state;
	quota("file", "null", "");
	quota("r2",
		"{'month':'2026-11','class_a':{'used':1234,'limit':1000000,'projected':3702,"
		"'level':'fine'},'class_b':{'used':9600000,'limit':10000000,'projected':12000000,"
		"'level':'block'},'storage_bytes':{'used':8589934592,'limit':10000000000,"
		"'projected':9663676416,'level':'warn'},'free':3,'warning':'9600000 of ...'}",
		"\nR2 Free Tier Quota Usage:\n"
		"  Storage:              8.0 GB of 10.0 GB (85.9%), by the month's end 9.0 GB  ⚠\n"
		"  Class A Operations:   1234 of 1000000 (0.1%), by the month's end 3702  ✓\n"
		"  Class B Operations:   9600000 of 10000000 (96.0%), by the month's end 12000000  "
		"✗\n"
		"  ⚠ 9600000 of ...\n");
	quota("s3",
		"{'class_a':{'used':12,'limit':null,'projected':30,'level':'fine'},"
		"'class_b':{'used':6,'limit':null,'projected':null,'level':'fine'},"
		"'storage_bytes':{'used':null,'limit':null,'projected':null,'level':'fine'},"
		"'warning':null}",
		"\nBucket Usage:\n"
		"  Storage:              not measured yet\n"
		"  Class A Operations:   12, by the month's end 30\n"
		"  Class B Operations:   6\n");
	quota("r2", "{}",
		"\nR2 Free Tier Quota Usage:\n"
		"  Storage:              not measured yet\n"
		"  Class A Operations:   unknown\n"
		"  Class B Operations:   unknown\n");
}

/* P11: an answer that knows nothing says nothing good. */
static void what_is_not_known_is_not_called_good(void **state)
{
	(void)state;
	static const char expected[] = "Database Sync Status\n" SHOWN_RULE "\n"
				       "Configuration:\n"
				       "  Enabled:              unknown\n"
				       "  Backend:              unknown\n"
				       "  Store:                unknown\n"
				       "  Keep Versions:        unknown\n"
				       "  Backup on Scans:      unknown\n"
				       "  Backup on Time:       unknown\n"
				       "\n"
				       "Backend Status:\n"
				       "  ⚠ not asked yet\n"
				       "  Last reached:         unknown\n"
				       "\n"
				       "Local Databases:\n"
				       "  unknown\n"
				       "\n"
				       "Scan Tracker:\n"
				       "  Scans since backup:   unknown\n"
				       "  Unprotected scans:    unknown\n"
				       "  Last backup:          unknown\n"
				       "  Status:               unknown\n"
				       "\n"
				       "Queue:\n"
				       "  unknown\n";

	shown(show_status, "{}", expected);
	shown(show_status, "{'enabled':7,'store':[],'scans':'x','databases':{},'queue':true}",
		expected);
}

static void a_store_that_was_not_asked_still_tells_its_last_error(void **state)
{
	(void)state;
	struct doc *d = quoted_doc("{'store':{'reachable':null,'error':'no credentials',"
				   "'last_ok_at':'2026-11-20T13:30:00Z'}}");
	struct pen p = {.look = shown_look()};

	show_status(&p, d);
	assert_non_null(strstr(p.text.at,
		"Backend Status:\n  ⚠ not asked yet: no credentials\n"
		"  Last reached:         60 min ago\n"));
	text_free(&p.text);
	doc_free(d);
}

static void sync_that_is_off_is_not_called_good_either(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *json, *status;
	} rows[] = {
		{"{'enabled':false,'scans':{'since_backup':0,'until_backup':10,'unprotected':0}}",
			"Uploads disabled (10 scans until backup)"},
		{"{'backend':'disabled','scans':{'since_backup':0,'until_backup':10,"
		 "'unprotected':0}}",
			"Disabled"},
		{"{'backup_on_scan_count':0,'scans':{'since_backup':0,'until_backup':null,"
		 "'unprotected':0}}",
			"Off (scans start no backup)"},
		{"{'scans':{'since_backup':10,'until_backup':0,'unprotected':10}}", "Backup due"},
		{"{'scans':{'since_backup':3,'until_backup':7,'unprotected':null}}", "unknown"},
		{"{'scans':{'since_backup':3,'until_backup':7,'unprotected':4}}",
			"Waiting for the store (7 scans until backup)"},
		{"{'scans':{'since_backup':3,'until_backup':7,'unprotected':3}}",
			"OK (7 scans until backup)"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct doc *d = quoted_doc(rows[i].json);
		struct pen p = {.look = shown_look()};

		print_message("# %s\n", rows[i].json);
		show_scans(&p, d);
		const char *line = strstr(p.text.at, "Status:               ");
		assert_non_null(line);
		line += strlen("Status:               ");
		assert_int_equal((int)strcspn(line, "\n"), (int)strlen(rows[i].status));
		assert_memory_equal(line, rows[i].status, strlen(rows[i].status));
		text_free(&p.text);
		doc_free(d);
	}
}

#define DATABASE "[{'name':'a.db','path':'/d/a.db','size_bytes':512,"
#define ROW      "\nLocal Databases:\n  a.db                        512 B  "
#define LAST     "    Last version: 2026-11-20 11:30:00 UTC (3 h ago), 258 records"

/* clang-format off */
static const struct {
	const char *json, *expected;
} databases[] = {
	{DATABASE "'present':true,'state':'in_step','dirty':false,'error':null,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "✓\n" LAST "\n"},
	{DATABASE "'present':true,'state':'in_step','dirty':null,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    Not known whether it changed since\n"},
	{DATABASE "'present':true,'state':'unknown','dirty':false,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    Not known whether the store holds the same contents\n"},
	{DATABASE "'present':true,'dirty':false,'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    Not known whether the store holds the same contents\n"},
	{DATABASE "'present':true,'state':'sideways','dirty':false,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    In a state that this casmanctl does not know\n"},
	{DATABASE "'present':null,'state':'in_step','dirty':false,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n    Not known whether the file is there\n" LAST "\n"},
	{DATABASE "'present':true,'state':'ahead','dirty':true,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    Changes that no version holds yet\n"},
	{DATABASE "'present':true,'state':'ahead','dirty':false,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    Newer than what the store holds\n"},
	{DATABASE "'present':true,'state':'behind','dirty':false,"
		  "'last_version':" GOOD_VERSION "}]",
		ROW "⚠\n" LAST "\n    The store holds a newer version\n"},
	{DATABASE "'present':true,'state':'no_version','dirty':true,"
		  "'last_version':null}]",
		ROW "⚠\n    No version yet\n    Changes that no version holds yet\n"},
	{DATABASE "'present':true,'state':'in_step','dirty':false,'last_version':"
		  "{'timestamp':'2026-11-20T11:30:00Z','state':'captured',"
		  "'suspect':false}}]",
		ROW "⚠\n    Last version: 2026-11-20 11:30:00 UTC (3 h ago), captured, "
		    "waits for the store\n"},
	{DATABASE "'present':true,'state':'in_step','dirty':false,'last_version':"
		  "{'timestamp':'2026-11-20T11:30:00Z','state':'stored','suspect':true}}]",
		ROW "⚠\n    Last version: 2026-11-20 11:30:00 UTC (3 h ago)\n"
		"    Suspect: looks damaged or emptied\n"},
	{DATABASE "'present':true,'state':'in_step','dirty':false,'last_version':"
		  "{'timestamp':'2026-11-20T11:30:00Z','state':'stored','suspect':true,"
		  "'why':'lost table parts'}}]",
		ROW "⚠\n    Last version: 2026-11-20 11:30:00 UTC (3 h ago)\n"
		"    Suspect: lost table parts\n"},
	{DATABASE "'present':true,'state':'in_step','dirty':false,'last_version':"
		  "{'timestamp':'2026-11-20T11:30:00Z','state':'stored'}}]",
		ROW "⚠\n    Last version: 2026-11-20 11:30:00 UTC (3 h ago)\n"},
	{DATABASE "'present':true,'state':'in_step','dirty':false,"
		  "'last_version':" GOOD_VERSION ",'error':'open: Permission denied',"
		  "'mend':'usermod -aG x casmand'}]",
		ROW "✗\n    open: Permission denied\n    Mend: usermod -aG x casmand\n" LAST "\n"},
	{"[{'name':'a.db','path':'/d/a.db','size_bytes':null,'present':false,"
	 "'state':'absent','dirty':null,'last_version':null}]",
		"\nLocal Databases:\n  a.db                            -  ⚠\n"
		"    There is no file /d/a.db\n"},
	{"[{'name':'a.db','path':'/d/a.db','size_bytes':null,'present':false,'last_version':null,"
	 "'state':'absent','error':'/d/a.db is not there','error_name':'not_found'}]",
		"\nLocal Databases:\n  a.db                            -  ⚠\n"
		"    /d/a.db is not there\n"},
	{"[{'name':'a.db','path':'/d/a.db','size_bytes':null,'present':false,'last_version':null,"
	 "'state':'absent','error':'Permission denied','error_name':'not_permitted'}]",
		"\nLocal Databases:\n  a.db                            -  ✗\n"
		"    Permission denied\n"},
	{"[{'name':'a.db','path':'/d/a.db','size_bytes':null,'present':false,"
	 "'state':'absent','last_version':" GOOD_VERSION "}]",
		"\nLocal Databases:\n  a.db                            -  ✗\n"
		"    There is no file /d/a.db\n" LAST "\n"},
	{"[{}]",
		"\nLocal Databases:\n  unknown                   unknown  ⚠\n"
		"    Not known whether the file is there\n"
		"    Last version: unknown\n"
		"    Not known whether it changed since\n"
		"    Not known whether the store holds the same contents\n"},
};
/* clang-format on */

/* P11 again: the mark is good only where everything is known and good. */
static void each_state_of_a_database_has_its_mark_and_its_words(void **state)
{
	(void)state;

	for (size_t i = 0; i < LENGTH(databases); i++) {
		print_message("# %s\n", databases[i].json);
		shown(show_databases, databases[i].json, databases[i].expected);
	}
}

static void long_names_keep_the_columns(void **state)
{
	(void)state;
	struct doc *d = quoted_doc("[{'name':'a_database_of_thirty_letters.d','size_bytes':1},"
				   "{'name':'b.db','size_bytes':348160}]");
	struct pen p = {.look = shown_look()};

	show_databases(&p, d);
	assert_non_null(strstr(p.text.at, "\n  a_database_of_thirty_letters.d          1 B  ⚠\n"));
	assert_non_null(strstr(p.text.at, "\n  b.db                               340.0 KB  ⚠\n"));
	text_free(&p.text);
	doc_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_machine_reads_as_in_the_reference),
		cmocka_unit_test(a_clock_that_is_wrong_is_said_with_its_mend),
		cmocka_unit_test(a_machine_in_trouble_tells_all_of_it),
		cmocka_unit_test(a_bucket_reads_as_in_the_reference),
		cmocka_unit_test(what_is_used_of_a_bucket_reads_as_in_the_reference),
		cmocka_unit_test(what_is_not_known_is_not_called_good),
		cmocka_unit_test(a_store_that_was_not_asked_still_tells_its_last_error),
		cmocka_unit_test(sync_that_is_off_is_not_called_good_either),
		cmocka_unit_test(each_state_of_a_database_has_its_mark_and_its_words),
		cmocka_unit_test(long_names_keep_the_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
