/* OpenMetrics: what is known has a sample, what is not has none, and ages grow. */
#include "shown.h"

#include <string.h>

static char *metrics(const char *json, int64_t later)
{
	struct pen p = {.look = shown_look()};
	struct doc *d = quoted_doc(json);

	p.look.now += later * STAMP_SECOND;
	show_metrics(&p, d);
	doc_free(d);
	return text_take(&p.text);
}

static void has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no %s in\n%s", line, text);
}

static const char status[] =
	"{'scans':{'total':12,'unprotected':3,'oldest_unprotected_at':'2026-11-20T14:29:00Z'},"
	"'queue':{'length':1,'bytes':8192,'oldest_at':'2026-11-20T14:29:30Z'},"
	"'store':{'reachable':false},'clock_skew_seconds':-2.5,'resident_bytes':4194304,"
	"'quota':{'month':'2026-11','class_a':{'used':41},'class_b':{'used':7},'free':5,"
	"'storage_bytes':{'used':123456}},"
	"'counts':{'captured':3,'unchanged':2,'capture_failed':1,'stored':2,'upload_failed':7},"
	"'alerts':[{'condition':'suspect','database':'parts.db','words':'w','since':null}],"
	"'proof':[{'database':'parts.db','key':'k','proven_at':'2026-11-20T14:28:00Z'}],"
	"'databases':[{'name':'parts.db','error':null,'dirty':true,"
	"'dirty_since':'2026-11-20T14:29:50Z','last_stored_at':'2026-11-20T14:28:00Z','last_"
	"version':"
	"{'timestamp':'2026-11-20T14:28:00Z','state':'captured'}},"
	"{'name':'a\\\"b','error':'gone','last_version':null}]}";

static void what_is_known_has_a_sample(void **state)
{
	char *text = metrics(status, 0);

	(void)state;
	has(text, "\ncasmand_scans 12\n");
	has(text, "\ncasmand_scans_unprotected 3\n");
	has(text, "\ncasmand_scans_unprotected_age_seconds 60\n");
	has(text, "\ncasmand_queue_age_seconds 30\n");
	has(text, "\ncasmand_store_up 0\n");
	has(text, "\ncasmand_clock_skew_seconds -2.5\n");
	has(text, "\ncasmand_database_up{database=\"parts.db\"} 1\n");
	has(text, "\ncasmand_database_up{database=\"a\\\"b\"} 0\n");
	has(text, "\ncasmand_database_stored{database=\"parts.db\"} 0\n");
	has(text, "_timestamp_seconds{database=\"parts.db\"} 1795184880\n");
	has(text, "\ncasmand_store_requests{class=\"a\",month=\"2026-11\"} 41\n");
	has(text, "\ncasmand_store_requests{class=\"b\",month=\"2026-11\"} 7\n");
	has(text, "\ncasmand_store_requests{class=\"free\",month=\"2026-11\"} 5\n");
	has(text, "\ncasmand_store_bytes 123456\n");
	has(text, "\ncasmand_resident_memory_bytes 4194304\n");
	has(text, "\ncasmand_captures_total{result=\"failed\"} 1\n");
	has(text, "\ncasmand_uploads_total{result=\"stored\"} 2\n");
	has(text, "\ncasmand_alert{condition=\"suspect\",database=\"parts.db\"} 1\n");
	has(text, "last_stored_timestamp_seconds{database=\"parts.db\"} 1795184880\n");
	has(text, "last_proven_timestamp_seconds{database=\"parts.db\"} 1795184880\n");
	has(text, "\ncasmand_database_uncaptured_age_seconds{database=\"parts.db\"} 10\n");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
}

static void p11_a_pipeline_that_is_stuck_makes_its_ages_grow(void **state)
{
	char *text = metrics(status, 3600);

	(void)state;
	has(text, "\ncasmand_scans_unprotected_age_seconds 3660\n");
	has(text, "\ncasmand_queue_age_seconds 3630\n");
	has(text, "\ncasmand_database_uncaptured_age_seconds{database=\"parts.db\"} 3610\n");
	free(text);
}

static void p11_what_is_not_known_has_no_sample(void **state)
{
	char *text = metrics("{'store':{'reachable':null}}", 0), *rest = NULL;

	(void)state;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		assert_int_equal(line[0], '#');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_has_a_sample),
		cmocka_unit_test(p11_a_pipeline_that_is_stuck_makes_its_ages_grow),
		cmocka_unit_test(p11_what_is_not_known_has_no_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
