#include "client/verbs.h"

#include "client/ask.h"
#include "client/doctor.h"
#include "client/prune.h"
#include "client/restore.h"
#include "client/show.h"

#include <string.h>

#define QUICK 30 /* seconds for what casmand answers from what it knows */

/* Tables, to be read in columns. */
/* clang-format off */

const struct option common_options[] = {
	{"--socket",  "PATH",    "casmand's socket (else $CASMAND_SOCKET)", OPTION_SOCKET,  NULL, NULL},
	{"--json",    NULL,      "the result, or the error, as JSON",       OPTION_JSON,    NULL, NULL},
	{"--timeout", "SECONDS", "how long to wait for casmand",            OPTION_TIMEOUT, NULL, NULL},
	{"--help",    NULL,      "this text",                               OPTION_HELP,    NULL, NULL},
	{"--version", NULL,      "casmanctl's version",                     OPTION_VERSION, NULL, NULL},
	{0},
};

static const struct option scan_operand = {"DB", NULL, NULL, OPTION_TEXT, "database", NULL};
static const struct option scan_options[] = {
	{"--count", "N",    "so many scans at once",                    OPTION_COUNT, "count", NULL},
	{"--note",  "TEXT", "what was scanned, for the record",         OPTION_TEXT,  "note",  NULL},
	{"--uid",   "TEXT", "counts once, however often it is posted",  OPTION_TEXT,  "uid",   NULL},
	{"--wait",  "STATE", "until it is counted, captured or stored", OPTION_TEXT,  "wait",  NULL},
	{0},
};

static const struct option backup_operand = {"DB...", NULL, NULL, OPTION_LIST, "databases", NULL};
static const struct option backup_options[] = {
	{"--parts",     NULL,   "parts.db",                           OPTION_LIST,  "databases", "parts.db"},
	{"--assembled", NULL,   "assembled_casm.db",                  OPTION_LIST,  "databases", "assembled_casm.db"},
	{"--operation", "TEXT", "why, in words",                      OPTION_TEXT,  "operation", NULL},
	{"--no-wait",   NULL,   "return once the backup has begun",   OPTION_FALSE, "wait",      NULL},
	{0},
};

static const struct option list_options[] = {
	{"--table",   NULL,   "one line a version",                       OPTION_TABLE, NULL,       NULL},
	{"--db",      "NAME", "versions of this database only",           OPTION_TEXT,  "database", NULL},
	{"--machine", "NAME", "of this machine only: its host, or its id", OPTION_TEXT,  "machine",  NULL},
	{"--since",   "TIME", "since this (local) time; or 2h, 3d: so long", OPTION_TEXT, "since",   NULL},
	{"--limit",   "N",    "so many versions at most",                 OPTION_COUNT, "limit",    NULL},
	{0},
};

static const struct option queue_options[] = {
	{"--limit", "N", "so many versions at most", OPTION_COUNT, "limit", NULL},
	{0},
};

static const struct option history_options[] = {
	{"--db",    "NAME", "of this database only",           OPTION_TEXT,  "database", NULL},
	{"--limit", "N",    "so many events (else the last 50)", OPTION_COUNT, "limit",    NULL},
	{0},
};

static const struct option doctor_options[] = {
	{"--config", "FILE", "its configuration, where casmand is down", OPTION_TEXT, "config", NULL},
	{0},
};

static const struct option restore_operand = {"KEY | DB latest", NULL, NULL, OPTION_LIST, "words", NULL};
static const struct option restore_options[] = {
	{"--at",           "TIME", "of DB, as it was at this (local) time",    OPTION_TEXT,  "at",           NULL},
	{"--before",       "SPAN", "of DB, as it was so long ago",             OPTION_TEXT,  "before",       NULL},
	{"--dest",         "PATH", "to this new file, not into the database",  OPTION_TEXT,  "dest",         NULL},
	{"--no-backup",    NULL,   "make no safety version (not recommended)", OPTION_FALSE, "safety",       NULL},
	{"--no-publish",   NULL,   "keep the restored contents to this machine", OPTION_FALSE, "publish",    NULL},
	{"--dry-run",      NULL,   "only show what would happen",              OPTION_TRUE,  "dry_run",      NULL},
	{"--yes",          NULL,   "do not ask",                               OPTION_TRUE,  "yes",          NULL},
	{"--lock-timeout", "SPAN", "wait so long for writers (30s)",           OPTION_TEXT,  "lock_timeout", NULL},
	{0},
};

static const struct option prune_options[] = {
	{"--dry-run", NULL,   "only show what stays and what goes, and why", OPTION_TRUE, "dry_run", NULL},
	{"--machine", "NAME", "what this machine made goes, on purpose",     OPTION_TEXT, "machine", NULL},
	{"--yes",     NULL,   "do not ask",                                  OPTION_TRUE, "yes",     NULL},
	{0},
};

static const struct option key_operand = {"KEY", NULL, NULL, OPTION_TEXT, "key", NULL};
static const struct option sync_operand = {"DB...", NULL, NULL, OPTION_LIST, "databases", NULL};
static const struct option sync_options[] = {
	{"--parts",     NULL, "parts.db",                                   OPTION_LIST, "databases", "parts.db"},
	{"--assembled", NULL, "assembled_casm.db",                          OPTION_LIST, "databases", "assembled_casm.db"},
	{"--force",     NULL, "take the newest version of the others",      OPTION_TRUE, "force",     NULL},
	{"--mine",      NULL, "keep what is here, and let the others follow", OPTION_TRUE, "mine",    NULL},
	{"--dry-run",   NULL, "only show what would be done",               OPTION_TRUE, "dry_run",   NULL},
	{0},
};

static const struct option verify_operand = {"KEY | DB", NULL, NULL, OPTION_TEXT, "key", NULL};
static const struct option verify_options[] = {
	{"--all", NULL, "every version in the store", OPTION_TRUE, "all", NULL},
	{0},
};

static const struct option status_options[] = {
	{"--refresh", NULL, "ask the store first", OPTION_TRUE, "refresh", NULL},
	{0},
};

const struct verb verbs[] = {
	{
		.name = "ping",
		.help = "is casmand there?",
		.timeout_s = QUICK,
		.show = show_ping,
	},
	{
		.name = "scan",
		.help = "count a scan, after it was committed",
		.operand = &scan_operand,
		.options = scan_options,
		.timeout_s = QUICK,
		.unanswered = "Whether the scan was counted is not known: one with a --uid may be "
			      "posted again, and counts once",
		.so_far = true,
		.show = show_scan,
		.exit = exit_of_scan,
	},
	{
		.name = "backup",
		.help = "make versions, and wait until they are stored",
		.operand = &backup_operand,
		.options = backup_options,
		.unanswered = "What casmand has captured it stores by itself: see casmanctl status",
		.ask = ask_backup,
		.show = show_backup,
		.exit = exit_of_backup,
	},
	{
		.name = "status",
		.help = "where things stand",
		.options = status_options,
		.timeout_s = QUICK,
		.show = show_status,
	},
	{
		.name = "list",
		.help = "the versions that there are",
		.options = list_options,
		.timeout_s = QUICK,
		.ask = ask_list,
		.show = show_list,
		.exit = exit_of_list,
	},
	{
		.name = "queue",
		.help = "what waits for the store, and why",
		.options = queue_options,
		.timeout_s = QUICK,
		.ask = ask_queue,
		.show = show_queue,
	},
	{
		.name = "history",
		.help = "what happened, the latest first",
		.options = history_options,
		.timeout_s = QUICK,
		.ask = ask_history,
		.show = show_history,
	},
	{
		.name = "doctor",
		.help = "what is or will go wrong, and what mends it",
		.options = doctor_options,
		.timeout_s = QUICK,
		.ask = ask_doctor,
		.show = show_doctor,
		.exit = exit_of_doctor,
		.alone = doctor_alone,
	},
	{
		.name = "metrics",
		.help = "where things stand, as OpenMetrics",
		.timeout_s = QUICK,
		.ask = ask_metrics,
		.show = show_metrics,
		.bare = true,
	},
	{
		.name = "restore",
		.help = "bring a version back into its database",
		.operand = &restore_operand,
		.options = restore_options,
		.unanswered = "casmand goes on with what it began: see casmanctl history",
		.ask = ask_restore,
		.show = show_restore,
	},
	{
		.name = "prune",
		.help = "delete old versions now, or show why they stay",
		.options = prune_options,
		.unanswered = "casmand goes on with what it began: see casmanctl history",
		.ask = ask_prune,
		.show = show_prune,
	},
	{
		.name = "pin",
		.help = "keep a version, whatever retention says",
		.operand = &key_operand,
		.timeout_s = QUICK,
		.show = show_pin,
	},
	{
		.name = "unpin",
		.help = "keep it no longer than others",
		.operand = &key_operand,
		.timeout_s = QUICK,
		.show = show_pin,
	},
	{
		.name = "accept",
		.help = "a suspect version is as it should be",
		.operand = &key_operand,
		.timeout_s = QUICK,
		.show = show_accept,
	},
	{
		.name = "sync",
		.help = "take what others stored, and store what is here",
		.operand = &sync_operand,
		.options = sync_options,
		.unanswered = "What casmand has begun it brings to its end: see casmanctl history",
		.show = show_sync,
		.exit = exit_of_sync,
	},
	{
		.name = "verify",
		.help = "fetch versions from the store, and prove them",
		.operand = &verify_operand,
		.options = verify_options,
		.unanswered = "casmand goes on with what it began: see casmanctl status",
		.ask = ask_verify,
		.show = show_verify,
		.exit = exit_of_verify,
	},
	{
		.name = "maintain",
		.help = "keep the store's objects in the class that is free (R2)",
		.unanswered = "casmand goes on with what it began: see casmanctl status",
		.show = show_maintain,
		.exit = exit_of_maintain,
	},
	{
		.name = "reload",
		.help = "read the configuration again",
		.timeout_s = QUICK,
		.show = show_reload,
	},
	{0},
};

/* clang-format on */

const struct verb *verb_find(const char *name)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static const struct option *find_in(const struct option *list, const char *word, size_t length)
{
	for (; list && list->name; list++)
		if (strlen(list->name) == length && memcmp(list->name, word, length) == 0)
			return list;
	return NULL;
}

const struct option *verb_option(const struct verb *v, const char *word, size_t length)
{
	const struct option *o = find_in(common_options, word, length);

	return o || !v ? o : find_in(v->options, word, length);
}

enum err_code verb_ask(
	const struct verb *v, struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	if (v->ask)
		return v->ask(l, params, a, e);
	return link_call(l, v->name, doc_copy(params), a, e);
}
