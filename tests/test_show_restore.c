#include "client/moment.h"
#include "shown.h"

#include <time.h>

#define VERSION                                                                                    \
	"{'key':'backups/parts.db/K','db_name':'parts.db','timestamp':'2026-11-20T12:00:15Z',"     \
	"'size_bytes':343245,'record_count':248,'operation':'Scan-triggered backup (10 scans)'}"
#define LAST "{'key':'L','timestamp':'2026-11-20T14:02:00Z','size_bytes':348672,'record_count':258}"

static void what_would_happen_is_told_before_it_does(void **state)
{
	(void)state;
	shown(show_restore,
		"{'dry_run':true,'database':'parts.db','version':" VERSION ",'now':"
		"{'present':true,'dirty':true,'size_bytes':1,'last_version':" LAST "}}",
		"  Database: parts.db\n"
		"  Now:      258 records, 340.5 KB, of 2026-11-20 14:02:00 UTC, and changed since\n"
		"  Then:     248 records, 335.2 KB, of 2026-11-20 12:00:15 UTC: "
		"Scan-triggered backup (10 scans)\n"
		"  Key:      backups/parts.db/K\n");
	shown(show_restore,
		"{'dry_run':true,'database':'parts.db','version':" VERSION
		",'now':{'present':false}}",
		"  Database: parts.db\n"
		"  Now:      there is no file\n"
		"  Then:     248 records, 335.2 KB, of 2026-11-20 12:00:15 UTC: "
		"Scan-triggered backup (10 scans)\n"
		"  Key:      backups/parts.db/K\n");
	shown(show_restore, "{'dry_run':true}",
		"  Database: unknown\n"
		"  Now:      unknown, no version yet\n"
		"  Then:     unknown, of unknown\n"
		"  Key:      unknown\n");
}

static void what_happened_is_told_with_all_that_came_of_it(void **state)
{
	(void)state;
	shown(show_restore,
		"{'database':'parts.db','version':" VERSION
		",'safety':{'key':'S'},'published':{'key':'P'},'publish_error':null,'note':null}",
		"✓ parts.db restored: 248 records, 335.2 KB, of 2026-11-20 12:00:15 UTC\n"
		"  from backups/parts.db/K\n"
		"  what was there before is S\n"
		"  other machines will follow to P\n");
	shown(show_restore,
		"{'database':'parts.db','version':" VERSION
		",'safety':null,'published':null,'publish_error':'locked','note':'a note'}",
		"✓ parts.db restored: 248 records, 335.2 KB, of 2026-11-20 12:00:15 UTC\n"
		"  from backups/parts.db/K\n"
		"⚠ not published yet: locked\n"
		"⚠ a note\n");
	shown(show_restore, "{'dest':'old.db','version':" VERSION "}",
		"✓ old.db written: 248 records, 335.2 KB, of 2026-11-20 12:00:15 UTC\n"
		"  from backups/parts.db/K\n");
}

static void a_moment_is_local_time_unless_it_says_utc(void **state)
{
	static const struct {
		const char *text, *moment; /* NULL: none */
	} table[] = {
		{"2026-11-20 14:30",        "2026-11-20T19:30:00Z"},
		{"2026-11-20 14:30:05",     "2026-11-20T19:30:05Z"},
		{"2026-11-20T14:30",        "2026-11-20T19:30:00Z"},
		{"2026-11-20",              "2026-11-20T05:00:00Z"},
		{"2026-11-20 14:30 UTC",    "2026-11-20T14:30:00Z"},
		{"2026-11-20 14:30:05 UTC", "2026-11-20T14:30:05Z"},
		{"2026-11-20T14:30:05Z",    "2026-11-20T14:30:05Z"},
		{"2026-07-20 14:30",        "2026-07-20T18:30:00Z"}, /* summer */
		{"2026-13-20 14:30",        NULL                  },
		{"2026-11-20 14:30 CET",    NULL                  },
		{"14:30",                   NULL                  },
		{"yesterday",               NULL                  },
		{"",			NULL                  },
	};

	(void)state;
	assert_int_equal(setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1), 0); /* NOLINT: no thread */
	tzset();
	for (size_t i = 0; i < LENGTH(table); i++) {
		char text[STAMP_TEXT];
		int64_t moment;

		assert_int_equal(moment_parse(table[i].text, &moment), table[i].moment != NULL);
		if (table[i].moment)
			assert_string_equal(stamp_json(text, moment), table[i].moment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_happen_is_told_before_it_does),
		cmocka_unit_test(what_happened_is_told_with_all_that_came_of_it),
		cmocka_unit_test(a_moment_is_local_time_unless_it_says_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
