#include "daemon/io/walright.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *user_name(uid_t uid, char *to, size_t size)
{
	char room[1024];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found)
		(void)snprintf(to, size, "%s", found->pw_name);
	else
		(void)snprintf(to, size, "%u", (unsigned)uid);
	return to;
}

enum err_code walright_check(const char *path, struct err *e)
{
	char user[64];
	struct stat st;

	if (stat(path, &st))
		return err_sys(e, "look at %s", path);
	bool owner = geteuid() == 0 || geteuid() == st.st_uid;
	if (owner || (getegid() == st.st_gid && st.st_mode & S_IWGRP))
		return ERR_NONE;
	if (getegid() == st.st_gid) /* SQLite gives -wal and -shm the database's own mode */
		return err_set(e, ERR_DENIED,
			"%s is in WAL mode and not writable by its group: opening it could lock "
			"its application out. Mend: chmod g+w %s*",
			path, path);
	user_name(st.st_uid, user, sizeof(user));
	int folder = (int)(strrchr(path, '/') - path);
	return err_set(e, ERR_DENIED,
		"%s is in WAL mode and belongs to %s: opening it as another user could lock its "
		"application out. Mend: sudo sh systemd/install.sh --user %s --databases %.*s",
		path, user, user, folder ? folder : 1, path);
}
