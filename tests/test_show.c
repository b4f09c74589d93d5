#include "shown.h"

static void a_ping_tells_who_answers(void **state)
{
	(void)state;
	shown(show_ping, "{'pid':7,'version':'0.1.0','machine':'ab12'}",
		"casmand 0.1.0 answers (pid 7, machine ab12)\n");
	shown(show_ping, "{}", "casmand unknown answers (pid unknown, machine unknown)\n");
}

static void a_scan_gets_its_receipt(void **state)
{
	(void)state;
	shown(show_scan, "{'scan':1234,'state':'counted','since_backup':3,'until_backup':7}",
		"Counted: scan 1234 (3 since the last backup, 7 until the next)\n");
	shown(show_scan, "{'scan':1,'state':'stored','since_backup':0,'until_backup':null}",
		"Stored: scan 1 (0 since the last backup)\n");
	shown(show_scan,
		"{'scan':12,'state':'counted','since_backup':3,'until_backup':7,'again':true}",
		"Counted before: scan 12 (3 since the last backup, 7 until the next)\n");
	shown(show_scan,
		"{'scan':2,'state':'captured','since_backup':0,'until_backup':3,'wait':'stored'}",
		"Captured: scan 2 (0 since the last backup, 3 until the next)\n"
		"⚠ not stored yet: casmand goes on with it by itself\n");
	shown(show_scan,
		"{'scan':2,'state':'counted','since_backup':1,'wait':'captured','error':'locked'}",
		"Counted: scan 2 (1 since the last backup)\n⚠ not captured yet: locked\n");
	shown(show_scan, "{'scan':2,'state':'stored','since_backup':0,'wait':'captured'}",
		"Stored: scan 2 (0 since the last backup)\n");
	shown(show_scan, "{}", "State unknown: scan unknown (unknown since the last backup)\n");
}

static void a_reload_tells_what_became_of_it(void **state)
{
	(void)state;
	shown(show_reload, "{'changed':true,'warnings':[]}", "✓ new configuration in force\n");
	shown(show_reload, "{'changed':false,'warnings':['no group x','b']}",
		"= configuration unchanged\n"
		"⚠ no group x\n"
		"⚠ b\n");
	shown(show_reload, "{}", "⚠ configuration read; whether it changed is unknown\n");
}

static void an_error_is_one_sentence_and_several_mistakes_are_lines(void **state)
{
	(void)state;
	shown(show_error, "{'code':-32000,'message':'parts.db: disk full'}",
		"casmanctl: parts.db: disk full\n");
	shown(show_error, "{'code':-32000,'message':'a','data':{'mistakes':['a']}}",
		"casmanctl: a\n");
	shown(show_error,
		"{'code':-32000,'message':'c:1: a','data':{'mistakes':['c:1: a','c:2: b']}}",
		"casmanctl: c:1: a\n"
		"  c:1: a\n"
		"  c:2: b\n");
	shown(show_error, "{}", "casmanctl: unknown error\n");
}

static void only_a_capture_and_a_wait_are_progress(void **state)
{
	(void)state;
	shown(show_progress, "{'database':'parts.db','state':'captured'}",
		"parts.db: captured, on its way to the store\n");
	shown(show_progress, "{'database':'parts.db','state':'stored','key':'k'}", "");
	shown(show_progress, "{'state':'waiting','seconds':8}",
		"Begins in 8 s: who is no administrator gets one backup in 10 s\n");
	shown(show_progress, "{'state':'waiting'}", "");
	shown(show_progress, "{}", "");
}

static void a_backup_is_a_line_for_each_database(void **state)
{
	(void)state;
	shown(show_backup,
		"{'versions':["
		"{'db_name':'parts.db','key':'backups/parts.db/20261120_143000_parts.db',"
		"'size_bytes':348160,'record_count':258,'state':'stored','suspect':false},"
		"{'db_name':'b.db','key':'k','size_bytes':512,'record_count':1,'state':'proven'},"
		"{'db_name':'c.db','key':'k','size_bytes':512,'record_count':null,'state':'stored',"
		"'suspect':true},"
		"{'db_name':'e.db','timestamp':'2026-11-20T14:00:00Z','state':'stored'}],"
		"'unchanged':['d.db','e.db'],'queued':[],'store_error':null,"
		"'failed':[{'database':'f.db','error':'capture: Permission denied'}]}",
		"✓ parts.db  stored as backups/parts.db/20261120_143000_parts.db  340.0 KB, "
		"258 records\n"
		"✓ b.db  stored as k  512 B, 1 record\n"
		"⚠ c.db  stored as k  512 B; looks damaged or emptied\n"
		"= d.db  unchanged\n"
		"= e.db  unchanged since 2026-11-20 14:00:00 UTC\n"
		"✗ f.db  capture: Permission denied\n");
}

/* P4, P11: what waits is told as waiting, and so is what nobody can say. */
static void a_backup_that_is_not_stored_does_not_look_stored(void **state)
{
	(void)state;
	shown(show_backup,
		"{'versions':[{'db_name':'a.db','key':'k','state':'captured'},"
		"{'db_name':'b.db','key':'k','state':'sending'},"
		"{'db_name':'c.db','key':'k','state':'refused'},"
		"{'db_name':'d.db','key':'k','state':'superseded'},"
		"{'db_name':'e.db','key':'k','state':'new to us'},"
		"{'db_name':'f.db','timestamp':'2026-11-20T14:00:00Z','state':'captured'}],"
		"'unchanged':['f.db','g.db'],'queued':['a.db','g.db','h.db'],"
		"'store_error':'/mnt/usb: not mounted'}",
		"⚠ a.db  captured, waits for the store: /mnt/usb: not mounted (nothing is lost)\n"
		"⚠ b.db  captured, waits for the store: /mnt/usb: not mounted (nothing is lost)\n"
		"✗ c.db  refused by the store: /mnt/usb: not mounted\n"
		"= d.db  superseded by a newer one before it was stored: /mnt/usb: not mounted\n"
		"✗ e.db  in an unknown state: /mnt/usb: not mounted\n"
		"⚠ f.db  unchanged, its version waits for the store: /mnt/usb: not mounted "
		"(nothing is lost)\n"
		"⚠ g.db  unchanged, its version waits for the store: /mnt/usb: not mounted "
		"(nothing is lost)\n"
		"⚠ h.db  captured, waits for the store: /mnt/usb: not mounted (nothing is lost)\n");
	shown(show_backup,
		"{'versions':[{'db_name':'a.db','state':'captured'}],'store_error':null}",
		"⚠ a.db  captured, waits for the store (nothing is lost)\n");
}

static void a_backup_of_nothing_says_so(void **state)
{
	(void)state;
	shown(show_backup, "{'versions':[],'unchanged':[],'queued':[],'failed':[]}",
		"✗ no database was backed up\n");
	shown(show_backup, "{}", "✗ no database was backed up\n");
	shown(show_backup, "{'versions':[],'unchanged':[],'started':['parts.db','b.db']}",
		"Started: parts.db, b.db\n"
		"How far it is: casmanctl status\n");
}

#define REFERENCE                                                                                  \
	"'db_name':'parts.db','size_bytes':348672,'operation':'Generated 10 ANTENNA P1 parts',"    \
	"'checksum':'a3f2d8e9c1b4aaaaaaaa','suspect':false,"

static void a_list_reads_as_in_the_reference(void **state)
{
	(void)state;
	shown(show_list,
		"{'versions':[{'key':'backups/parts.db/20241208_143022_parts.db'," REFERENCE
		"'timestamp':'2024-12-08T14:30:22.123Z','record_count':258,'machine':'ab',"
		"'state':'stored'},"
		"{'key':'backups/parts.db/20241208_120015_parts.db'," REFERENCE
		"'timestamp':'2024-12-08T12:00:15Z','record_count':248,'machine':'ab',"
		"'state':'proven'}],'cursor':null,'checked_at':'2026-11-20T14:29:00Z'}",
		"Available Backups (2):\n" SHOWN_RULE "\n"
		"backups/parts.db/20241208_143022_parts.db\n"
		"  Database:    parts.db\n"
		"  Timestamp:   2024-12-08 14:30:22 UTC\n"
		"  Size:        340.5 KB\n"
		"  Records:     258\n"
		"  Operation:   Generated 10 ANTENNA P1 parts\n"
		"  Checksum:    a3f2d8e9c1b4...\n"
		"\n"
		"backups/parts.db/20241208_120015_parts.db\n"
		"  Database:    parts.db\n"
		"  Timestamp:   2024-12-08 12:00:15 UTC\n"
		"  Size:        340.5 KB\n"
		"  Records:     248\n"
		"  Operation:   Generated 10 ANTENNA P1 parts\n"
		"  Checksum:    a3f2d8e9c1b4...\n"
		"  Proven:      fetched again, and found good\n");
}

/* P11: a listing says how far it can be trusted. */
static void a_list_tells_what_is_out_of_the_ordinary(void **state)
{
	(void)state;
	shown(show_list,
		"{'versions':[{'key':'k1','db_name':'a.db','timestamp':'2024-12-08T14:30:22Z',"
		"'size_bytes':512,'record_count':null,'operation':null,'checksum':'abc',"
		"'machine':'0123456789abcdef','state':'captured','suspect':true},"
		"{'key':'k2\\n','machine':null}],"
		"'cursor':'more','checked_at':'2026-11-20T14:25:00Z'}",
		"Available Backups (first 2):\n" SHOWN_RULE "\n"
		"k1\n"
		"  Database:    a.db\n"
		"  Timestamp:   2024-12-08 14:30:22 UTC\n"
		"  Size:        512 B\n"
		"  Checksum:    abc...\n"
		"  State:       captured, waits for the store\n"
		"  Machine:     01234567\n"
		"  Suspect:     looks damaged or emptied; kept, and pushes no other version out\n"
		"\n"
		"k2\\u000a\n"
		"  Database:    unknown\n"
		"  Timestamp:   unknown\n"
		"  Size:        unknown\n"
		"  Checksum:    unknown\n"
		"  State:       in an unknown state\n"
		"  Machine:     unknown\n"
		"\n"
		"Listing of 2026-11-20 14:25:00 UTC, 5 min ago\n");
}

static void an_empty_list_names_the_first_step_and_its_own_doubts(void **state)
{
	(void)state;
	shown(show_list, "{'versions':[],'cursor':null,'checked_at':'2026-11-20T14:30:00Z'}",
		"No backups found\n"
		"Create the first one: casmanctl backup\n");
	shown(show_list, "{'versions':[],'cursor':null,'checked_at':null,'error':'no disk'}",
		"No backups found\n"
		"Create the first one: casmanctl backup\n"
		"\n"
		"⚠ Storage backend not available: no disk\n");
	shown(show_list,
		"{'versions':[],'cursor':null,'checked_at':'2026-11-20T14:25:00Z','error':'?'}",
		"No backups found\n"
		"Create the first one: casmanctl backup\n"
		"\n"
		"⚠ Storage backend not available: ?\n"
		"Listing of 2026-11-20 14:25:00 UTC, 5 min ago\n");
	shown(show_list, "{'versions':[],'cursor':null,'checked_at':null}",
		"No backups found\n"
		"Create the first one: casmanctl backup\n"
		"\n"
		"⚠ not checked: the store may hold other versions\n");
}

static void a_poor_screen_gets_ascii_and_a_rich_one_colours(void **state)
{
	(void)state;
	struct look look = shown_look();

	look.utf8 = false;
	shown_on(look, show_backup,
		"{'versions':[{'db_name':'ö','key':'k','state':'stored','size_bytes':1},"
		"{'db_name':'b','state':'captured'}],'unchanged':['c'],"
		"'failed':[{'database':'d','error':'e'}]}",
		"ok \\u00f6  stored as k  1 B\n"
		"!! b  captured, waits for the store (nothing is lost)\n"
		"== c  unchanged\n"
		"xx d  e\n");
	look.utf8 = look.colour = true;
	shown_on(look, show_reload, "{'changed':true,'warnings':['\\u001b[2J']}",
		"\033[32m✓\033[0m new configuration in force\n"
		"\033[33m⚠\033[0m \\u001b[2J\n");
}

static void sentences_are_wrapped_at_the_edge_of_the_screen(void **state)
{
	(void)state;
	struct look look = shown_look();

	look.width = 40;
	shown_on(look, show_reload,
		"{'changed':false,'warnings':['the group casman does not exist, so the daemon uses "
		"its "
		"own','one_word_that_is_longer_than_the_whole_screen_is_left']}",
		"= configuration unchanged\n"
		"⚠ the group casman does not exist, so\n"
		"  the daemon uses its own\n"
		"⚠ one_word_that_is_longer_than_the_whole_screen_is_left\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_tells_who_answers),
		cmocka_unit_test(a_scan_gets_its_receipt),
		cmocka_unit_test(a_reload_tells_what_became_of_it),
		cmocka_unit_test(an_error_is_one_sentence_and_several_mistakes_are_lines),
		cmocka_unit_test(only_a_capture_and_a_wait_are_progress),
		cmocka_unit_test(a_backup_is_a_line_for_each_database),
		cmocka_unit_test(a_backup_that_is_not_stored_does_not_look_stored),
		cmocka_unit_test(a_backup_of_nothing_says_so),
		cmocka_unit_test(a_list_reads_as_in_the_reference),
		cmocka_unit_test(a_list_tells_what_is_out_of_the_ordinary),
		cmocka_unit_test(an_empty_list_names_the_first_step_and_its_own_doubts),
		cmocka_unit_test(a_poor_screen_gets_ascii_and_a_rich_one_colours),
		cmocka_unit_test(sentences_are_wrapped_at_the_edge_of_the_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
