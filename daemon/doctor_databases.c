/* The databases: can casmand see them, read them, open them without harm, and write them?
 *
 * Of a database no descriptor of our own is opened: closing it would drop the process's locks. */
#include "common/named.h"
#include "common/scoped.h"
#include "common/span.h"
#include "daemon/doctor_checks.h"
#include "daemon/io/filesystem.h"
#include "daemon/io/look.h"
#include "daemon/io/walright.h"
#include "daemon/io/way.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct patient {
	const struct doctor_world *world;
	struct findings *findings;
	const char *name, *path; /* links resolved */
	char *folder;
	bool wal;
	struct stat st;
};

static void found(const struct patient *p, enum finding_grade grade, const char *words)
{
	finding_add(p->findings, grade, p->name, "%s", words);
}

/* The first folder on the way that this user may not enter, or last of all not read; "" if none. */
static char *barred_folder(const char *path)
{
	char *part = text_copy(path), *last = strrchr(part, '/');

	*last = '\0';
	for (char *end = part; end; end = strchr(end + 1, '/')) {
		char after = *end;

		*end = '\0';
		if (*part && access(part, X_OK) && errno == EACCES)
			return part;
		*end = after;
	}
	if (!*part || access(part, R_OK | X_OK) == 0 || errno != EACCES)
		*part = '\0';
	return part;
}

static void unwatched(const struct patient *p, const struct err *e)
{
	scoped(heap) char *folder = barred_folder(p->path);
	const char *sysctl = strstr(e->text, "sysctl ");

	found(p, FINDING_WRONG, e->text);
	if (*folder)
		finding_mend(p->findings, "chmod o+rx %s (or make %s a member of its group)",
			folder, p->world->user);
	else
		finding_mend(p->findings, "%s", sysctl ? sysctl : "check `path`");
}

static void missing(const struct patient *p)
{
	bool folder = access(p->folder, F_OK) == 0;

	finding_add(
		p->findings, FINDING_ODD, p->name, "%s is not there", folder ? p->path : p->folder);
	finding_mend(p->findings,
		"nothing, if its application has not made it yet; else check "
		"`path`");
}

/* Who may, said by owner and mode, as ls(1) has them. */
static bool is_unreadable(const struct patient *p)
{
	scoped(heap) char *owner = named_user(p->st.st_uid);
	scoped(heap) char *group = named_group(p->st.st_gid);

	if (access(p->path, R_OK) == 0)
		return false;
	finding_add(p->findings, FINDING_WRONG, p->name,
		"%s may not read %s: it belongs to %s:%s and has mode %04o", p->world->user,
		p->path, owner, group, p->st.st_mode & 07777);
	if (account_has_group(p->st.st_gid))
		finding_mend(p->findings, "chmod g+r %s", p->path);
	else
		finding_mend(p->findings, "chgrp %s %s; chmod g+r %s", p->world->group, p->path,
			p->path);
	return true;
}

/* A -wal or -shm that others made, and that this user may not use. */
static bool is_locked_out(const struct patient *p)
{
	static const char *const suffixes[] = {"-wal", "-shm"};

	for (size_t i = 0; p->wal && i < LENGTH(suffixes); i++) {
		scoped(heap) char *path = NULL;

		REQUIRE(asprintf(&path, "%s%s", p->path, suffixes[i]) > 0);
		if (access(path, R_OK | W_OK) == 0 || errno == ENOENT || errno == EROFS)
			continue;
		finding_add(p->findings, FINDING_WRONG, p->name, "%s may not open %s: %s",
			p->world->user, path, strerrordesc_np(errno));
		finding_mend(p->findings, "chmod g+rw %s*; chgrp %s %s*", p->path, p->world->group,
			p->path);
		return true;
	}
	return false;
}

/* A WAL database needs it to be read at all, others when a version is restored. */
static bool is_unwritable(const struct patient *p)
{
	const char *what = access(p->path, W_OK) ? p->path : p->folder;

	if (access(what, W_OK) == 0)
		return false;
	bool mounted = errno == EROFS;
	finding_add(p->findings, p->wal ? FINDING_WRONG : FINDING_ODD, p->name,
		"casmand may not write to %s (%s): %s", what, strerrordesc_np(errno),
		p->wal ? "in WAL mode it cannot even read" : "versions are made, but not restored");
	if (mounted)
		finding_mend(p->findings,
			"systemctl edit casmand, and there [Service] ReadWritePaths=%s", p->folder);
	else
		finding_mend(p->findings, "chgrp %s %s; chmod g+w %s", p->world->group, what, what);
	return true;
}

static bool is_far(const struct patient *p)
{
	struct filesystem fs;
	struct err e;

	if (filesystem_of(p->path, &fs, &e) || !fs.network)
		return false;
	finding_add(p->findings, FINDING_ODD, p->name,
		"%s lies on a network file system (%s): what other machines write there is not "
		"noticed",
		p->path, fs.network);
	finding_mend(p->findings,
		"run casmand on the machine that has the disk, or back up by "
		"time: [sync] backup_on_hours");
	return true;
}

static void examine(struct patient *p)
{
	const struct footprint before = {0};
	struct footprint now;
	char size[SPAN_TEXT];
	struct err e;

	if (stat(p->path, &p->st)) {
		missing(p);
		return;
	}
	if (is_unreadable(p))
		return;
	e.code = look_at(p->path, &before, &now, &e);
	p->wal = now.wal;
	if (is_locked_out(p)) /* which look_at() may have met, in fewer words */
		return;
	if (!e.code && p->wal)
		e.code = walright_check(p->path, &e);
	if (e.code) {
		doctor_error(p->findings, p->name, &e,
			e.code == ERR_CORRUPT ? "restore a version: casmanctl list" : "ls -l; id");
		return;
	}
	if (!is_unwritable(p) && !is_far(p))
		finding_add(p->findings, FINDING_WELL, p->name, "%s, %s%s", p->path,
			span_size(size, now.size), p->wal ? ", WAL" : "");
}

static void database(const struct doctor_world *w, const struct config_database *d,
	struct marks *marks, struct findings *f)
{
	struct way way;

	way_start(&way, d->path);
	(void)way_settle(&way, marks);
	struct patient p = {.world = w, .findings = f, .name = d->name, .path = way.trail.path};
	p.folder = text_copy(p.path);
	char *slash = strrchr(p.folder, '/');
	slash[slash == p.folder] = '\0'; /* "/" itself stays */
	if (way.err.code)
		unwatched(&p, &way.err);
	else
		examine(&p);
	free(p.folder);
	way_end(&way);
}

void doctor_databases(const struct doctor_world *w, struct findings *f)
{
	struct marks marks;
	struct err e;

	if (marks_open(&marks, &e)) {
		const char *sysctl = strstr(e.text, "sysctl ");

		doctor_error(f, "watches", &e, sysctl ? sysctl : "");
		return;
	}
	for (size_t i = 0; i < w->config->database_count; i++)
		database(w, &w->config->databases[i], &marks, f);
	marks_close(&marks);
}
