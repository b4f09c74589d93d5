#include "daemon/io/walright.h"

#include "common/named.h"
#include "common/scoped.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err_code walright_check(const char *path, struct err *e)
{
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
	scoped(heap) char *user = named_user(st.st_uid);
	int folder = (int)(strrchr(path, '/') - path);
	return err_set(e, ERR_DENIED,
		"%s is in WAL mode and belongs to %s: opening it as another user could lock its "
		"application out. Mend: sudo casmand-setup --user %s --databases %.*s",
		path, user, user, folder ? folder : 1, path);
}
