#include "client/denied.h"

#include "common/scoped.h"
#include "common/text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY 16384 /* bytes of one line of passwd or group; groups with many members are long */

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

static char *name_or_number(const char *name, unsigned id)
{
	struct text either = {0};

	if (name)
		text_add(&either, "%s", name);
	else
		text_add(&either, "%u", id);
	return text_take(&either);
}

static char *group_name(gid_t id)
{
	scoped(heap) char *room = text_room(1, ENTRY);
	struct group entry, *found = NULL;

	(void)getgrgid_r(id, &entry, room, ENTRY, &found);
	return name_or_number(found ? found->gr_name : NULL, id);
}

static char *user_name(uid_t id)
{
	scoped(heap) char *room = text_room(1, ENTRY);
	struct passwd entry, *found = NULL;

	(void)getpwuid_r(id, &entry, room, ENTRY, &found);
	return name_or_number(found ? found->pw_name : NULL, id);
}

enum err_code denied(const char *path, struct err *e)
{
	scoped(heap) char *door_path = text_copy(path);
	scoped(heap) char *user = user_name(geteuid());
	struct stat door;

	err_set(e, ERR_DENIED, "%s may not open %s: Permission denied", user, path);
	if (!find_door(door_path, &door))
		return e->code;
	scoped(heap) char *group = group_name(door.st_gid);
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
