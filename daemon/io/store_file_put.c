#include "common/scoped.h"
#include "daemon/io/digest.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct put {
	struct file_job *job;
	const struct store_request *request;
	const struct version *version;
	struct file_spot spot;
};

static enum err_code is_taken(const struct put *p, struct err *e)
{
	return err_set(e, ERR_EXISTS, "%s is another version's", p->request->key);
}

/* ".casmand-0123abcd-<id>.tmp" for the database, "...<id>.metadata.json.tmp" for what is beside it:
 * nobody else's, and the same again after a crash. */
static void name_temporary(char to[OBJKEY_ROOM], const struct put *p, const char *name)
{
	(void)snprintf(to, OBJKEY_ROOM, ".casmand-%.8s-%s%s.tmp", p->job->machine, p->version->id,
		name + strlen(p->spot.database));
}

/* A crash between link and unlink leaves the temporary name beside the published one. */
static void sweep(const struct put *p, const char *name)
{
	char temporary[OBJKEY_ROOM];

	name_temporary(temporary, p, name);
	(void)unlinkat(p->spot.folder, temporary, 0);
}

static enum err_code publish(
	const struct put *p, const char *temporary, const char *name, struct err *e)
{
	enum err_code code = disk_publish(p->spot.folder, temporary, name, e);

	if (code)
		(void)unlinkat(p->spot.folder, temporary, 0);
	return code;
}

static enum err_code publish_text(
	const struct put *p, const char *name, const struct text *bytes, struct err *e)
{
	char temporary[OBJKEY_ROOM];

	name_temporary(temporary, p, name);
	if (disk_make(p->spot.folder, temporary, FILE_MODE, bytes, e))
		return e->code;
	return publish(p, temporary, name, e);
}

/* Whose is the key? */

enum owner { NOBODY, OURS, OURS_UNTAGGED, ANOTHER };

static bool is_there(const struct put *p, const char *name)
{
	struct stat st;

	return fstatat(p->spot.folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static enum err_code is_same_database(const struct put *p, bool *same, struct err *e)
{
	scoped(fd) int fd = disk_open_file(p->spot.folder, p->spot.database, e);
	char checksum[DIGEST_TEXT];
	uint64_t size;

	*same = false;
	if (fd < 0)
		return e->code == ERR_CORRUPT ? ERR_NONE : e->code; /* no file at all */
	if (digest_file(fd, &size, checksum, NULL, e))
		return err_note(e, "%s", p->spot.database);
	*same = size == p->version->size && strcmp(checksum, p->version->checksum) == 0;
	return ERR_NONE;
}

static enum err_code find_owner(const struct put *p, enum owner *owner, struct err *e)
{
	struct version tags = {0};
	bool same;
	enum err_code code = file_read_tags(&p->spot, &tags, e);
	bool tagged = code != ERR_MISSING;

	if (code && tagged && code != ERR_CORRUPT)
		return code;
	*owner = ANOTHER;
	if (tagged ? code || strcmp(tags.id, p->version->id) != 0 : is_there(p, p->spot.metadata))
		return ERR_NONE;
	if (!is_there(p, p->spot.database)) {
		*owner = NOBODY;
		return ERR_NONE;
	}
	if (is_same_database(p, &same, e))
		return e->code;
	if (same)
		*owner = tagged ? OURS : OURS_UNTAGGED;
	return ERR_NONE;
}

/* What is written is hashed again: a spool file that rotted is never published. */
static enum err_code copy_and_check(const struct put *p, int source, int to, struct err *e)
{
	const char *file = p->request->file;

	if (file_copy(p->job, &(struct file_side){source, file, true},
		    &(struct file_side){to, p->spot.database, false}, NULL, e))
		return e->code;
	enum err_code code = store_check_copy(to, file, p->version, e);
	p->job->local = code == ERR_CORRUPT;
	return code && !p->job->local ? err_note(e, "%s", p->spot.database) : code;
}

static enum err_code publish_database(const struct put *p, struct err *e)
{
	char temporary[OBJKEY_ROOM];
	struct err second;

	scoped(fd) int source = disk_open_file(AT_FDCWD, p->request->file, e);
	if (source < 0) {
		p->job->local = true;
		return e->code;
	}
	name_temporary(temporary, p, p->spot.database);
	int fd = disk_create(p->spot.folder, temporary, FILE_MODE, e);
	if (fd < 0)
		return e->code;
	enum err_code code = copy_and_check(p, source, fd, e);
	if (disk_finish(fd, temporary, code ? &second : e))
		code = e->code;
	if (!code)
		return publish(p, temporary, p->spot.database, e);
	(void)unlinkat(p->spot.folder, temporary, 0);
	return code;
}

static bool is_tagged_ours(const struct put *p)
{
	struct version tags = {0};
	struct err e;

	return !file_read_tags(&p->spot, &tags, &e) && strcmp(tags.id, p->version->id) == 0;
}

/* A clone of this machine may have put the same database at the same second: whose tags come first
 * has it. */
static enum err_code publish_tags(const struct put *p, struct err *e)
{
	scoped(heap) char *bytes = version_tags_text(p->version);
	struct text t = {0};

	text_add(&t, "%s", bytes);
	enum err_code code = publish_text(p, p->spot.tags, &t, e);
	text_free(&t);
	if (code == ERR_EXISTS && is_tagged_ours(p))
		return disk_sync(p->spot.folder, p->spot.tags, e);
	return code;
}

static enum err_code put_database(const struct put *p, struct err *e)
{
	enum owner owner;
	enum err_code code = ERR_NONE;

	sweep(p, p->spot.database);
	sweep(p, p->spot.tags);
	if (find_owner(p, &owner, e))
		return e->code;
	if (owner == ANOTHER)
		return is_taken(p, e);
	if (owner == OURS)
		return disk_sync(p->spot.folder, p->spot.database, e);
	if (owner == NOBODY)
		code = publish_database(p, e);
	if (!code)
		code = publish_tags(p, e);
	return code == ERR_EXISTS ? is_taken(p, e) : code;
}

static bool is_same_text(const struct text *a, const struct text *b)
{
	return a->length == b->length && memcmp(a->at, b->at, a->length) == 0;
}

static enum err_code put_metadata(const struct put *p, struct err *e)
{
	struct text ours = {0}, there = {0};

	text_bytes(&ours, p->request->bytes, p->request->length);
	enum err_code code = publish_text(p, p->spot.metadata, &ours, e);
	if (code == ERR_EXISTS) {
		code = disk_read(p->spot.folder, p->spot.metadata, ours.length, &there, e);
		if (code == ERR_CORRUPT || (!code && !is_same_text(&there, &ours)))
			code = is_taken(p, e);
		else if (!code)
			code = disk_sync(p->spot.folder, p->spot.metadata, e);
	}
	text_free(&ours);
	text_free(&there);
	return code;
}

enum err_code file_put(struct file_job *j, struct err *e)
{
	struct put p = {.job = j, .request = j->request, .version = j->request->version};

	REQUIRE(p.version && objkey_read(p.request->key, NULL, NULL) != OBJKEY_OTHER);
	if (file_find(j, true, &p.spot, e))
		return e->code;
	bool is_database = p.spot.kind == OBJKEY_DATABASE;
	REQUIRE(is_database ? p.request->file != NULL : p.request->bytes != NULL);
	enum err_code code = is_database ? put_database(&p, e) : put_metadata(&p, e);
	j->request->got.maybe = code && is_there(&p, p.spot.database);
	(void)close(p.spot.folder);
	return code;
}
