/* Files that hold secrets: the configuration, what its KEY_file name, the service's environment. */
#include "common/place.h"
#include "common/scoped.h"
#include "daemon/core/config_keys.h"
#include "daemon/core/config_lines.h"
#include "daemon/doctor_checks.h"
#include "daemon/io/disk.h"
#include "daemon/io/ipc_who.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CONFIG_MOST ((size_t)1024 * 1024) /* bytes, as in load.c */
#define SUFFIX      "_file"

struct reading {
	const struct doctor_world *world;
	struct findings *findings;
	char section[CONFIG_NAME_MAX + 1];
	bool odd;
};

/* Who may post scans need not know the keys of the store. */
static bool is_for_scanners(const struct doctor_world *w, const struct stat *st)
{
	gid_t gid;

	return st->st_mode & S_IRGRP && *w->config->socket_group &&
		who_group(w->config->socket_group, &gid) && st->st_gid == gid;
}

static void look_at_file(struct reading *r, const char *path)
{
	struct stat st;

	if (stat(path, &st) || !(st.st_mode & S_IROTH || is_for_scanners(r->world, &st)))
		return;
	r->odd = true;
	finding_add(r->findings, st.st_mode & S_IROTH ? FINDING_WRONG : FINDING_ODD, "secrets",
		"%s holds a secret, and %s can read it", path,
		st.st_mode & S_IROTH ? "everybody" : r->world->config->socket_group);
	finding_mend(r->findings, "chmod 600 %s; then change the key, somebody may have it", path);
}

static bool names_secret(const char *section, const char *key)
{
	size_t length = strlen(key), suffix = strlen(SUFFIX);

	if (length <= suffix || strcmp(key + length - suffix, SUFFIX) != 0)
		return false;
	scoped(heap) char *base = strndup(key, length - suffix);
	REQUIRE(base);
	const struct config_row *row = config_row(&config_table, section, base);
	return row && row->secret;
}

static void on_line(void *arg, const struct config_line *line)
{
	struct reading *r = arg;

	if (line->heading && line->section)
		text_cut(r->section, sizeof(r->section), line->section);
	else if (line->key && names_secret(r->section, line->key))
		look_at_file(r, line->value);
}

void doctor_secrets(const struct doctor_world *w, struct findings *f)
{
	struct reading r = {.world = w, .findings = f};
	struct text text = {0};
	struct err e;

	if (!disk_read(AT_FDCWD, w->config_path, CONFIG_MOST, &text, &e))
		config_lines(text.at, text.length, on_line, &r);
	if (text.at)
		explicit_bzero(text.at, text.length);
	text_free(&text);
	if (w->config->holds_secret)
		look_at_file(&r, w->config_path);
	look_at_file(&r, PLACE_ENVIRONMENT);
	if (!r.odd)
		finding_add(f, FINDING_WELL, "secrets", "nobody else can read them");
}
