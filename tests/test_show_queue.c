#include "shown.h"

static void a_queue_says_what_waits_how_long_and_why(void **state)
{
	(void)state;
	shown(show_queue,
		"{'length':2,'bytes':2048,'max_bytes':1048576,'full':false,'paused':false,"
		"'oldest_at':'2026-11-20T14:25:00Z','next_try_at':'2026-11-20T14:30:40Z',"
		"'error':'store not reached: no route','versions':["
		"{'key':'k1','db_name':'a.db','timestamp':'2026-11-20T14:25:00Z','size_bytes':512,"
		"'operation':'Database changed','state':'captured','error':'timed out'},"
		"{'key':'k2\\n','db_name':'b.db','timestamp':null,'size_bytes':1536,'operation':"
		"null,"
		"'state':'sending','error':null}],'cursor':null}",
		"Queue\n" SHOWN_RULE
		"  Waiting:              2 versions, 2.0 KB of at most 1.0 MB\n"
		"  Oldest:               5 min ago\n"
		"  Next try:             in 40 s\n"
		"  Last error:           store not reached: no route\n"
		"\n"
		"k1\n"
		"  Database:    a.db\n"
		"  Captured:    5 min ago\n"
		"  Size:        512 B\n"
		"  Operation:   Database changed\n"
		"  Error:       timed out\n"
		"\n"
		"k2\\u000a\n"
		"  Database:    b.db\n"
		"  Captured:    unknown\n"
		"  Size:        1.5 KB\n"
		"  On its way to the store\n");
}

static void a_queue_that_is_full_or_held_back_says_so(void **state)
{
	(void)state;
	shown(show_queue,
		"{'length':1,'bytes':512,'max_bytes':512,'full':true,'paused':true,"
		"'oldest_at':'2026-11-20T14:25:00Z','next_try_at':null,'error':null,'versions':[]}",
		"Queue\n" SHOWN_RULE
		"  ✗ full: captures stop until something is stored; scans are counted\n"
		"  Waiting:              1 version, 512 B of at most 512 B\n"
		"  Oldest:               5 min ago\n"
		"  ⚠ not sent: uploads are off (enabled = false)\n");
	shown(show_queue, "{'length':0,'bytes':0,'versions':[]}", "Queue\n" SHOWN_RULE "  empty\n");
	shown(show_queue, "{}", "Queue\n" SHOWN_RULE "  unknown\n");
}

static void history_is_a_line_for_each_event(void **state)
{
	(void)state;
	shown(show_history,
		"{'events':[{'at':'2026-11-20T14:25:00Z','event':'stored','database':'a.db',"
		"'version':'0','key':'k1','text':null},"
		"{'at':'2026-11-20T14:24:00Z','event':'upload_failed','database':null,'key':null,"
		"'text':'no \\n route'},"
		"{'at':null,'event':'of a later casmand','database':'b.db'},{}],'cursor':null}",
		"2026-11-20 14:25:00 UTC  stored a.db\n"
		"                         k1\n"
		"2026-11-20 14:24:00 UTC  not stored: no \\u000a route\n"
		"unknown                  of a later casmand b.db\n"
		"unknown                  unknown\n");
	shown(show_history, "{'events':[]}", "Nothing happened yet\n");
	shown(show_history, "{}", "unknown\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_says_what_waits_how_long_and_why),
		cmocka_unit_test(a_queue_that_is_full_or_held_back_says_so),
		cmocka_unit_test(history_is_a_line_for_each_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
