#include "common/scoped.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TAGS_MOST 16384          /* bytes; casmand's have at most 2 KiB */
#define CHUNK     (256UL * 1024) /* bytes of a file in memory at a time */

enum err_code file_find(const struct file_job *j, bool make, struct file_spot *spot, struct err *e)
{
	const char *key = j->request->key;
	char db_name[CONFIG_NAME_MAX + 1], database[OBJKEY_ROOM];
	unsigned mode = make ? FILE_FOLDER_MODE : 0;
	int64_t moment;

	spot->kind = objkey_read(key, db_name, &moment);
	if (spot->kind != OBJKEY_DATABASE && spot->kind != OBJKEY_IS_METADATA)
		return err_set(e, ERR_MISSING, "%s is no version's key", key);
	objkey_make(database, db_name, moment);
	const char *name = strrchr(database, '/') + 1;
	(void)snprintf(spot->database, OBJKEY_ROOM, "%s", name);
	(void)snprintf(spot->metadata, OBJKEY_ROOM, "%s" OBJKEY_METADATA, name);
	(void)snprintf(spot->tags, OBJKEY_ROOM, "%s" OBJKEY_TAGS, name);

	scoped(fd) int backups = disk_open_below(j->root, FILE_BACKUPS, mode, e);
	if (backups < 0)
		return e->code;
	spot->folder = disk_open_below(backups, db_name, mode, e);
	return spot->folder < 0 ? e->code : ERR_NONE;
}

enum err_code file_read_tags(const struct file_spot *spot, struct version *tags, struct err *e)
{
	struct text t = {0};
	enum err_code code = disk_read(spot->folder, spot->tags, TAGS_MOST, &t, e);

	if (!code) {
		code = version_read_tags(tags, t.at, t.length, e);
		if (code)
			err_note(e, "%s", spot->tags);
	}
	text_free(&t);
	return code;
}

enum err_code file_copy(struct file_job *j, const struct file_side *from,
	const struct file_side *to, struct digest *sum, struct err *e)
{
	scoped(heap) char *chunk = malloc(CHUNK);
	ssize_t got;

	REQUIRE(chunk);
	while ((got = read(from->fd, chunk, CHUNK)) != 0) {
		if (got > 0 && disk_put(to->fd, to->name, chunk, (size_t)got, e)) {
			j->local = to->local;
			return e->code;
		}
		if (got > 0 && sum)
			digest_add(sum, chunk, (size_t)got);
		if (got < 0 && errno != EINTR) {
			j->local = from->local;
			return err_sys(e, "read %s", from->name);
		}
	}
	return ERR_NONE;
}
