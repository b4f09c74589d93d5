#include "common/stamp.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE           1000 /* entries in one answer, as S3 has it */
#define NANOS_IN_MICRO 1000

struct list {
	const char *prefix, *after; /* keys are listed that begin with one and follow the other */
	struct store_entry *entries;
	size_t count, room;
	int backups;         /* the folder of folders; belongs to its walk() */
	const char *db_name; /* the one that is being read */
};

typedef enum err_code each_name(struct list *l, const char *name, struct err *e);

/* Takes the folder's descriptor over. */
static enum err_code walk(int folder, each_name *each, struct list *l, struct err *e)
{
	DIR *stream = fdopendir(folder);
	enum err_code code = ERR_NONE;
	struct dirent *entry = NULL;

	if (!stream) {
		err_sys(e, "list a folder");
		(void)close(folder);
		return e->code;
	}
	do {
		errno = 0;
		entry = readdir(stream); /* NOLINT(concurrency-mt-unsafe): the stream is ours */
		if (entry)
			code = each(l, entry->d_name, e);
		else if (errno)
			code = err_sys(e, "list a folder");
	} while (entry && !code);
	(void)closedir(stream);
	return code;
}

static enum err_code add_if_ours(struct list *l, const char *name, struct err *e)
{
	char key[OBJKEY_ROOM];

	(void)e;
	if (snprintf(key, sizeof(key), OBJKEY_PREFIX "%s/%s", l->db_name, name) >= (int)sizeof(key))
		return ERR_NONE;
	enum objkey_kind kind = objkey_read(key, NULL, NULL);
	if ((kind != OBJKEY_DATABASE && kind != OBJKEY_IS_METADATA) ||
		strncmp(key, l->prefix, strlen(l->prefix)) != 0 || strcmp(key, l->after) <= 0)
		return ERR_NONE;
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->entries = reallocarray(l->entries, l->room, sizeof(l->entries[0]));
		REQUIRE(l->entries);
	}
	memcpy(l->entries[l->count++].key, key, sizeof(key));
	return ERR_NONE;
}

static enum err_code add_folder(struct list *l, const char *name, struct err *e)
{
	char key[OBJKEY_ROOM];
	size_t length = objkey_name_length(name);

	if (!length || name[length])
		return ERR_NONE;
	int written = snprintf(key, sizeof(key), OBJKEY_PREFIX "%s/", name);
	if (strncmp(key, l->prefix, strnlen(l->prefix, (size_t)written)) != 0)
		return ERR_NONE; /* nothing in it begins so */
	int folder = disk_open_below(l->backups, name, 0, e);
	if (folder < 0) /* what is no folder, or no longer there, has nothing of ours */
		return e->code == ERR_REFUSED || e->code == ERR_MISSING ? ERR_NONE : e->code;
	l->db_name = name;
	return walk(folder, add_if_ours, l, e);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct store_entry *)a)->key, ((const struct store_entry *)b)->key);
}

/* Sizes and times of one page; what was deleted meanwhile, or is no file, is left out. */
static enum err_code measure(const struct file_job *j, struct list *l, struct err *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct store_entry *entry = &l->entries[i];
		struct stat st;
		bool is_there = fstatat(j->root, entry->key, &st, AT_SYMLINK_NOFOLLOW) == 0;

		if (!is_there && errno != ENOENT)
			return err_sys(e, "look at %s", entry->key);
		if (!is_there || !S_ISREG(st.st_mode))
			continue;
		entry->size = (uint64_t)st.st_size;
		entry->modified =
			st.st_mtim.tv_sec * STAMP_SECOND + st.st_mtim.tv_nsec / NANOS_IN_MICRO;
		l->entries[kept++] = *entry;
	}
	l->count = kept;
	return ERR_NONE;
}

static enum err_code find_all(const struct file_job *j, struct list *l, struct err *e)
{
	l->backups = disk_open_below(j->root, FILE_BACKUPS, 0, e);
	if (l->backups >= 0)
		return walk(l->backups, add_folder, l, e);
	return e->code == ERR_MISSING ? ERR_NONE : e->code; /* nothing was ever put */
}

enum err_code file_list(struct file_job *j, struct err *e)
{
	struct store_request *r = j->request;
	struct list l = {.prefix = r->key, .after = r->got.cursor};
	char cursor[OBJKEY_ROOM] = "";

	enum err_code code = find_all(j, &l, e);
	if (!code && l.count > 0)
		qsort(l.entries, l.count, sizeof(l.entries[0]), by_key);
	if (l.count > PAGE) {
		l.count = PAGE;
		memcpy(cursor, l.entries[PAGE - 1].key, sizeof(cursor));
	}
	if (!code)
		code = measure(j, &l, e);
	if (code) {
		free(l.entries);
		return code;
	}
	r->got.entries = l.entries;
	r->got.entry_count = l.count;
	memcpy(r->got.cursor, cursor, sizeof(cursor));
	return ERR_NONE;
}
