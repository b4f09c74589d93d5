#include "common/scoped.h"
#include "daemon/io/digest.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARKER      ".casmand-store"
#define MARKER_MOST 4096 /* bytes; somebody may have added a note */
#define MARKER_HEAD "casmand-store "
#define MARKER_REST                                                                                \
	"\nThis folder is a store of casmand: versions of SQLite databases lie in backups/.\n"     \
	"This file tells that the disk is mounted.  Leave it here.\n"

static bool parse_marker(const char *text, char id[VERSION_ID + 1])
{
	const char *at = text + strlen(MARKER_HEAD);

	if (strncmp(text, MARKER_HEAD, strlen(MARKER_HEAD)) != 0 ||
		strspn(at, "0123456789abcdef") != VERSION_ID || at[VERSION_ID] != '\n')
		return false;
	memcpy(id, at, VERSION_ID);
	id[VERSION_ID] = '\0';
	return true;
}

/* ERR_MISSING if there is none. */
static enum err_code read_marker(const struct file_job *j, char id[VERSION_ID + 1], struct err *e)
{
	struct text t = {0};
	enum err_code code = disk_read(j->root, MARKER, MARKER_MOST, &t, e);

	if (code == ERR_CORRUPT || (!code && !parse_marker(t.at, id)))
		code = err_set(e, ERR_REFUSED,
			"%s/" MARKER
			" is not casmand's: restore it, or give [file] path another folder",
			j->place);
	text_free(&t);
	return code;
}

/* ERR_EXISTS if another machine was faster. */
static enum err_code write_marker(const struct file_job *j, const char *temporary, struct err *e)
{
	char id[VERSION_ID + 1];
	struct text t = {0};

	digest_random_id(id);
	text_add(&t, MARKER_HEAD "%s" MARKER_REST, id);
	enum err_code code = disk_make(j->root, temporary, FILE_MODE, &t, e);
	text_free(&t);
	if (code)
		return code;
	code = disk_publish(j->root, temporary, MARKER, e);
	if (code)
		(void)unlinkat(j->root, temporary, 0);
	return code;
}

/* The store's folder, but not what is missing above it: there a disk is to be mounted. */
static int make_root(const char *place, struct err *e)
{
	scoped(heap) char *path = text_copy(place);

	for (size_t length = strlen(path); length > 1 && path[length - 1] == '/';)
		path[--length] = '\0';
	char *slash = strrchr(path, '/');
	REQUIRE(slash);
	*slash = '\0';
	scoped(fd) int above = disk_open_folder(slash > path ? path : "/", e);
	return above < 0 ? -1 : disk_open_below(above, slash + 1, FILE_FOLDER_MODE, e);
}

static enum err_code open_root(struct file_job *j, bool make, struct err *e)
{
	j->root = disk_open_folder(j->place, e);
	if (j->root < 0 && e->code == ERR_MISSING && make)
		j->root = make_root(j->place, e);
	if (j->root >= 0)
		return ERR_NONE;
	if (e->code != ERR_MISSING)
		return e->code;
	e->code = ERR_OFFLINE;
	return err_note(e, "store not reached: %s is not there (is the disk mounted?)", j->place);
}

static enum err_code no_marker(const struct file_job *j, struct err *e)
{
	return err_set(e, ERR_OFFLINE,
		"store not reached: %s has no " MARKER " (is the disk mounted?)", j->place);
}

enum err_code file_open(struct file_job *j, struct err *e)
{
	char found[VERSION_ID + 1];

	if (open_root(j, false, e))
		return e->code;
	if (read_marker(j, found, e))
		return e->code == ERR_MISSING ? no_marker(j, e) : e->code;
	if (j->id[0] && strcmp(found, j->id) != 0)
		return err_set(e, ERR_OFFLINE,
			"store not reached: another store is mounted at %s (%s, not %s)", j->place,
			found, j->id);
	return ERR_NONE;
}

/* Reads the marker, which is made if it is missing. */
static enum err_code adopt(struct file_job *j, struct err *e)
{
	char temporary[64];

	(void)snprintf(temporary, sizeof(temporary), ".casmand-%.8s-marker.tmp", j->machine);
	(void)unlinkat(j->root, temporary, 0); /* left by a crash after the link */
	enum err_code code = read_marker(j, j->id, e);
	if (code != ERR_MISSING)
		return code;
	code = write_marker(j, temporary, e);
	j->request->got.first_use = code == ERR_NONE;
	return !code || code == ERR_EXISTS ? read_marker(j, j->id, e) : code;
}

enum err_code file_probe(struct file_job *j, struct err *e)
{
	struct store_request *r = j->request;

	if (open_root(j, !j->known, e))
		return e->code;
	enum err_code code = j->known ? read_marker(j, j->id, e) : adopt(j, e);
	if (code == ERR_MISSING)
		return no_marker(j, e);
	if (!code)
		(void)snprintf(r->got.name, sizeof(r->got.name), "file:%s", j->id);
	return code;
}
