#include "daemon/io/holder.h"

#include "common/scoped.h"
#include "common/text.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define WAL_WRITER 120 /* byte of a -shm: https://www.sqlite.org/walformat.html, "WAL locks" */

struct lock {
	char kind[16]; /* READ or WRITE */
	int pid;
	unsigned major, minor;
	unsigned long inode;
	uint64_t from;
};

static bool read_lock(const char *line, struct lock *l)
{
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	return sscanf(line, "%*s POSIX %*s %15s %d %x:%x:%lu %lu", l->kind, &l->pid, &l->major,
		       &l->minor, &l->inode, &l->from) == 6;
}

static bool is_of(const struct lock *l, const struct stat *st)
{
	return l->inode == st->st_ino && l->major == major(st->st_dev) &&
		l->minor == minor(st->st_dev);
}

static void name(int pid, char to[HOLDER_ROOM])
{
	char path[64], command[32] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	FILE *f = fopen(path, "re");
	if (f) {
		if (fgets(command, sizeof(command), f))
			command[strcspn(command, "\n")] = '\0';
		(void)fclose(f);
	}
	if (!*command || !text_is_plain(command))
		(void)snprintf(to, HOLDER_ROOM, "pid %d", pid);
	else
		(void)snprintf(to, HOLDER_ROOM, "%s (pid %d)", command, pid);
}

bool holder_of(const char *path, char to[HOLDER_ROOM])
{
	struct stat database, index = {0};
	struct text beside = {0};
	char line[256];
	int writer = 0, reader = 0;

	if (stat(path, &database))
		return false;
	text_add(&beside, "%s-shm", path);
	(void)stat(beside.at, &index);
	text_free(&beside);
	scoped(file) FILE *f = fopen("/proc/locks", "re");
	while (f && fgets(line, sizeof(line), f)) {
		struct lock l;

		if (!read_lock(line, &l) || l.pid <= 0 || l.pid == getpid())
			continue;
		bool writes = strcmp(l.kind, "WRITE") == 0;
		if (writes && (is_of(&l, &database) || (is_of(&l, &index) && l.from == WAL_WRITER)))
			writer = l.pid;
		else if (is_of(&l, &database))
			reader = l.pid;
	}
	if (!writer && !reader)
		return false;
	name(writer ? writer : reader, to);
	return true;
}
