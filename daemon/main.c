/* casmand - the black-box recorder for SQLite databases on machines in the field.
 *
 * The map, in the order in which data flows:
 *
 *   io/watch      inotify: something happened to a database's files (way trail marks)
 *   io/look       was it a commit?  core/footprint: what commits leave behind
 *   io/ipc        lines on the socket (ipc_conn ipc_lines ipc_who ipc_socket)
 *   io/inbox      files in a folder: scans of apps that found no casmand; intake takes them in
 *   control       lines to calls: verbs, call; common/proto: their form
 *                 scans, receipts (who waits for one), backing, backup; listing, lists, report:
 *                 what is told
 *   io/link       netlink: the network may be back; core/linknews: is that good news?
 *   io/alarm      the one timer
 *        |
 *   core/trigger  when is a database due, and why?
 *        |
 *   pipeline      the watched databases; of each: watched (begins), seeing and making (what comes
 *                 of looks and captures), health (what is wrong)
 *   capture       one job: copy, hash, check, keep
 *                 io/snapshot, io/pages, io/walright, io/check, io/digest; core/dating: its moment
 *        |
 *   io/state      state.db: what is known, through every crash
 *   spool         the captured versions' files: whole, bounded; core/retention: which are kept
 *        |
 *   transfer      captured versions into the store; sending: one of them
 *                 core/patience, core/backoff: when; core/upload: the steps
 *                 core/objkey, core/version: keys and metadata
 *   prune         versions out of the store: a round of them; deletion: one of them
 *                 keeping: what stays, and why; core/keep: the rules, core/covering: who is a head
 *   sweep         the store's listing into state.db
 *   budget        what is asked of a bucket and lies there, counted (io/state_quota); core/quota: what
 *                 waits when little is left; held: which versions do
 *   storage       the store in use, and its health; neighbours: does a folder lie well?
 *   io/store      one set of requests; io/store_file: a folder, a USB disk, NFS
 *                 io/store_s3: a bucket, by io/http, core/s3, core/sigv4, core/s3xml
 *
 *   whereabouts   where a database stands among its versions; core/lineage, core/ancestry: how that
 *                 is told; core/sync_rule: what sync does about it
 *   restore       the way back; restoring: as a verb; choose: which version; restore_record: crashes
 *   sync          in step with the store, or why not; syncing: as a verb, and at start
 *                 differ, io/rows: by what rows two histories differ
 *   download      one version into the spool folder; prove: is it what it should be?
 *   replace       safety version and contents: two jobs around one lock
 *   upkeep        what keeps a store healthy; tending: as verbs; duty: core/rota: when it is due
 *   verify        versions in the store are proven: trial, each; io/state_proof: what was found
 *   maintain      a bucket's objects stay in the class that is free: core/tidying
 *
 *   io/live       a proven copy through SQLite into the live database; io/live_made: where there
 *                 is none; io/holder: who keeps it locked
 *
 *   rounds        the doctor at start and when asked; doctor: a table of checks (doctor_*)
 *                 core/findings, io/account, io/filesystem; doctor_alone: without the daemon
 *
 *   watchman      what an administrator is told without asking; facts: what he looks at
 *                 core/alert: conditions, begun and cleared; io/state_alerts, core/notice
 *                 courier: by a command (io/child) or a webhook (io/http); the heartbeat
 *
 *   engine wires pipeline, transfer, sweep and storage; a reload makes a new one.
 *   manager       systemd hears how it stands (core/standing), and that the loop turns (io/notify)
 *   daemon wires engine, watchman, state, socket, intake, alarm and io/signals; load reads the configuration.
 */
#include "common/log.h"
#include "common/place.h"
#include "daemon/daemon.h"
#include "daemon/doctor_alone.h"
#include "daemon/io/digest.h"
#include "daemon/io/http.h"
#include "daemon/load.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DONE   0
#define FAILED 1
#define USAGE  2

static const char usage[] =
	"usage: casmand [--config FILE] [--check | --doctor | --version | --help]\n"
	"\n"
	"Watches SQLite databases and puts versions of them into a store. Runs in the\n"
	"foreground, logs to standard error. See casmand(8), casmand.conf(5).\n"
	"\n"
	"  -c, --config FILE  the configuration (default " PLACE_CONFIG ")\n"
	"      --check        validate it, print what is in force, and end\n"
	"      --doctor       say what is or will go wrong and what mends it, and end\n"
	"      --json         (with --doctor) as JSON\n"
	"      --version      print the version, and end\n"
	"  -h, --help         print this, and end\n";

struct options {
	const char *config;
	bool check, doctor, json;
};

/* DONE: go on; else what to exit with, after *ended says that it is no failure. */
static int read_options(int argc, char **argv, struct options *o, bool *ended)
{
	static const struct option table[] = {
		{"config",  required_argument, NULL, 'c'},
		{"check",   no_argument,       NULL, 'k'},
		{"doctor",  no_argument,       NULL, 'd'},
		{"json",    no_argument,       NULL, 'j'},
		{"version", no_argument,       NULL, 'v'},
		{"help",    no_argument,       NULL, 'h'},
		{NULL,      0,                 NULL, 0  },
	};
	int option;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): before the first thread */
	while ((option = getopt_long(argc, argv, "c:h", table, NULL)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 'k': o->check = true; break;
		case 'd': o->doctor = true; break;
		case 'j': o->json = true; break;
		case 'v':
			(void)printf("casmand %s\n", CASMAND_VERSION);
			*ended = true;
			return DONE;
		case 'h':
			(void)fputs(usage, stdout);
			*ended = true;
			return DONE;
		default: (void)fputs("Try: casmand --help\n", stderr); return USAGE;
		}
	}
	if (optind == argc)
		return DONE;
	(void)fprintf(
		stderr, "casmand: %s: no argument is taken\nTry: casmand --help\n", argv[optind]);
	return USAGE;
}

static int check(const struct config *c)
{
	struct text out = {0};

	config_print(c, &out);
	(void)fputs(out.at, stdout);
	if (c->warnings.length)
		(void)fprintf(stderr, "%s", c->warnings.at);
	text_free(&out);
	return fflush(stdout) ? FAILED : DONE;
}

static int run(struct config *config, const char *path)
{
	struct err e;

	log_open(config->log_level);
	if (daemon_run(config, path, &e) == ERR_NONE)
		return DONE;
	if (e.code == ERR_TIMEOUT)
		_exit(DONE);
	log_error("casmand", "error=\"%s\"", e.text);
	return FAILED;
}

/* It idles for hours between captures: what one took goes back at once. */
static void frugal(void)
{
	static const struct {
		int parameter, value;
	} settings[] = {
		{M_ARENA_MAX,      1        }, /* five threads that seldom allocate need no more */
		{M_MMAP_THRESHOLD, 64 * 1024}, /* what is larger is mapped, and unmapped */
		{M_TRIM_THRESHOLD, 64 * 1024},
		{M_TOP_PAD,        16 * 1024},
	};

	for (size_t i = 0; i < LENGTH(settings); i++)
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): before the first thread */
		(void)mallopt(settings[i].parameter, settings[i].value);
}

static int serve(const struct options *o)
{
	struct text mistakes = {0};
	struct config *config;
	struct err e;
	int exit;

	if (load_config(&config, o->config, &mistakes, &e)) {
		(void)fprintf(stderr, "%s", mistakes.at);
		text_free(&mistakes);
		return FAILED;
	}
	text_free(&mistakes);
	if (!o->check)
		return run(config, o->config);
	exit = check(config);
	config_free(config);
	return exit;
}

int main(int argc, char **argv)
{
	struct options o = {.config = PLACE_CONFIG};
	bool ended = false;

	int exit = read_options(argc, argv, &o, &ended);
	if (exit != DONE || ended)
		return exit;
	(void)prctl(PR_SET_DUMPABLE, 0); /* before a secret is read: no core file may hold it */
	(void)signal(SIGPIPE, SIG_IGN);
	frugal();
	digest_open();
	exit = o.doctor ? doctor_alone(o.config, o.json) : serve(&o);
	http_global_end();
	digest_close();
	return exit;
}
