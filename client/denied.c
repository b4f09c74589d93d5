#include "client/denied.h"

#include "common/named.h"
#include "common/scoped.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The socket, or the nearest folder above it that may not be entered; cuts `path` to it. */
static bool find_door(char *path, struct stat *door)
{
	while (stat(path, door) < 0) {
		char *slash = strrchr(path, '/');

		if (errno != EACCES || !slash || slash == path)
			return false;
		*slash = '\0';
	}
	return true;
}

enum err_code denied(const char *path, struct err *e)
{
	scoped(heap) char *door_path = text_copy(path);
	scoped(heap) char *user = named_user(geteuid());
	struct stat door;

	err_set(e, ERR_DENIED, "%s may not open %s: Permission denied", user, path);
	if (!find_door(door_path, &door))
		return e->code;
	scoped(heap) char *group = named_group(door.st_gid);
	/* Nobody should join the group root, and a door without group bits opens to no group. */
	if (door.st_gid == 0 || !(door.st_mode & S_IRWXG))
		return err_set(e, ERR_DENIED,
			"%s may not open %s: Permission denied. %s is for its owner alone: set "
			"socket_group in casmand.conf, or be root",
			user, path, door_path);
	return err_set(e, ERR_DENIED,
		"%s may not open %s: Permission denied. Join its group, then log in again: "
		"usermod -aG %s %s",
		user, path, group, user);
}
