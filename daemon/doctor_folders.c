/* The configuration, the state folder, and the store where it is a folder. */
#include "common/scoped.h"
#include "common/span.h"
#include "daemon/doctor_checks.h"
#include "daemon/io/filesystem.h"
#include "daemon/io/inbox.h"
#include "daemon/neighbours.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for versions.  Captures need as much as the databases have, and a queue some of it for each
 * day without a network. */
#define ROOM_LEAST  (UINT64_C(8) << 20)
#define ROOM_COPIES 10

void doctor_configuration(const struct doctor_world *w, struct findings *f)
{
	scoped(heap) char *lines = text_copy(w->config->warnings.at ? w->config->warnings.at : "");
	char *rest = NULL;
	bool odd = false;

	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		finding_add(f, FINDING_ODD, "configuration", "%s", line);
		finding_mend(f, "mend %s, then: casmanctl reload", w->config_path);
		odd = true;
	}
	if (!odd)
		finding_add(f, FINDING_WELL, "configuration", "%s", w->config_path);
}

static uint64_t size_of_databases(const struct config *c)
{
	uint64_t sum = 0;
	struct stat st;

	for (size_t i = 0; i < c->database_count; i++)
		if (stat(c->databases[i].path, &st) == 0)
			sum += (uint64_t)st.st_size;
	return sum;
}

/* False: all is well with the room. */
static bool is_tight(const struct doctor_world *w, const struct filesystem *fs, const char *topic,
	const char *path, struct findings *f)
{
	uint64_t sum = size_of_databases(w->config);
	char room[SPAN_TEXT], need[SPAN_TEXT];
	bool wrong = fs->free < sum + ROOM_LEAST;

	if (fs->free / ROOM_COPIES >= sum && !wrong)
		return false;
	finding_add(f, wrong ? FINDING_WRONG : FINDING_ODD, topic,
		"%s has %s left, and one version of each database takes %s", path,
		span_size(room, fs->free), span_size(need, sum));
	finding_mend(f, "make room: df -h %s", path);
	return true;
}

static bool is_elsewhere(const struct doctor_world *w, const struct filesystem *fs,
	const char *path, struct findings *f)
{
	if (fs->memory) {
		finding_add(f, FINDING_WRONG, "state",
			"%s lies in memory: the queue and all counts are lost with the power",
			path);
	} else if (fs->network) {
		finding_add(f, FINDING_ODD, "state",
			"%s lies on a network file system (%s): without the network nothing is "
			"counted",
			path, fs->network);
	} else {
		return false;
	}
	finding_mend(f, "let [daemon] state_dir in %s be a folder on the machine's own disk",
		w->config_path);
	return true;
}

/* Is it a folder of this user's own, that nobody else looks into? */
static bool is_others(
	const struct doctor_world *w, const struct stat *st, const char *path, struct findings *f)
{
	if (!S_ISDIR(st->st_mode)) {
		finding_add(f, FINDING_WRONG, "state", "%s is no folder", path);
		finding_mend(f, "move it away, then: systemctl restart casmand");
	} else if (geteuid() != 0 && st->st_uid != geteuid()) {
		finding_add(f, FINDING_WRONG, "state", "%s does not belong to %s", path, w->user);
		finding_mend(f, "chown -R %s:%s %s", w->user, w->group, path);
	} else if (st->st_mode & (S_IRWXG | S_IRWXO)) {
		finding_add(f, FINDING_ODD, "state", "%s is open to others (mode %04o)", path,
			st->st_mode & 07777);
		finding_mend(f, "chmod 700 %s", path);
	} else {
		return false;
	}
	return true;
}

static void read_only(struct findings *f, const char *topic, const char *path)
{
	finding_add(f, FINDING_WRONG, topic, "casmand may not write to %s: %s", path,
		errno == EROFS ? "it is mounted read-only, or not among the service's "
				 "ReadWritePaths="
			       : strerrordesc_np(errno));
	finding_mend(f,
		errno == EROFS ? "mount -o remount,rw; or systemctl edit casmand, and there "
				 "[Service] ReadWritePaths=%s"
			       : "ls -ld %s",
		path);
}

void doctor_state(const struct doctor_world *w, struct findings *f)
{
	const char *path = w->config->state_dir;
	struct filesystem fs;
	char room[SPAN_TEXT];
	struct stat st;
	struct err e;

	if (stat(path, &st)) {
		finding_add(f, FINDING_ODD, "state", "%s: %s", path, strerrordesc_np(errno));
		finding_mend(f, "nothing, if casmand never ran: systemctl start casmand");
	} else if (is_others(w, &st, path, f)) {
		return;
	} else if (access(path, R_OK | W_OK | X_OK)) {
		read_only(f, "state", path);
	} else if (filesystem_of(path, &fs, &e)) {
		doctor_error(f, "state", &e, "df -h");
	} else if (!is_elsewhere(w, &fs, path, f) && !is_tight(w, &fs, "state", path, f)) {
		finding_add(
			f, FINDING_WELL, "state", "%s, %s free", path, span_size(room, fs.free));
	}
}

void doctor_inbox(const struct doctor_world *w, struct findings *f)
{
	const char *path = w->config->inbox, *group = w->config->socket_group;
	struct err e;

	if (!*path)
		return;
	switch ((int)inbox_check(path, &e)) {
	case ERR_NONE: finding_add(f, FINDING_WELL, "inbox", "%s", path); break;
	case ERR_MISSING:
		finding_add(f, FINDING_ODD, "inbox",
			"%s, so scans that are posted while casmand is down are not kept for it",
			e.text);
		finding_mend(f, "install -d -m 1730 -o %s -g %s %s; systemctl restart casmand",
			w->user, *group ? group : w->group, path);
		break;
	default: doctor_error(f, "inbox", &e, "ls -ld the folder and those above it"); break;
	}
}

/* Whether it is there, and is the right one, the store's own probe tells. */
void doctor_store_folder(const struct doctor_world *w, struct findings *f)
{
	const char *path = w->config->file_path;
	char room[SPAN_TEXT];
	struct filesystem fs;
	struct err e;

	if (w->config->backend != BACKEND_FILE || access(path, F_OK))
		return;
	if (access(path, R_OK | W_OK | X_OK))
		read_only(f, "store", path);
	else if (filesystem_of(path, &fs, &e))
		doctor_error(f, "store", &e, "df -h");
	else if (!is_tight(w, &fs, "store", path, f))
		finding_add(
			f, FINDING_WELL, "store", "%s, %s free", path, span_size(room, fs.free));
}

void doctor_neighbours(const struct doctor_world *w, struct findings *f)
{
	char warning[NEIGHBOURS_ROOM];

	if (w->config->backend != BACKEND_FILE || !neighbours_see(w->config, warning))
		return;
	finding_add(f, FINDING_ODD, "store", "%s", warning);
	finding_mend(f, "[file] path in %s (README: Another disk as the store)", w->config_path);
}
