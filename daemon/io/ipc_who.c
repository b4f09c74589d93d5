#include "daemon/io/ipc_who.h"

#include "common/scoped.h"
#include "common/text.h"

#include <errno.h>
#include <grp.h>
#include <sys/socket.h>

#define MOST_ENTRY (1024UL * 1024) /* bytes of one group's entry: tens of thousands of members */

static bool credentials(int fd, struct ucred *cred)
{
	socklen_t size = sizeof(*cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &size) == 0 && cred->uid != (uid_t)-1;
}

bool who_uid(int fd, uid_t *uid)
{
	struct ucred cred;

	if (!credentials(fd, &cred))
		return false;
	*uid = cred.uid;
	return true;
}

static bool has_supplementary(int fd, gid_t gid)
{
	socklen_t size = 0;

	/* The first call only asks how much room the groups need. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
		return false;
	scoped(heap) char *room = text_room(size, 1);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, room, &size))
		return false;

	const gid_t *groups = (const gid_t *)(void *)room;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool who_has_group(int fd, const char *group)
{
	struct ucred cred;
	gid_t gid;

	if (!credentials(fd, &cred) || !who_group(group, &gid))
		return false;
	return cred.gid == gid || has_supplementary(fd, gid);
}

bool who_group(const char *name, gid_t *gid)
{
	struct group entry, *found = NULL;
	int error = ERANGE;

	for (size_t room = 1024; error == ERANGE && room <= MOST_ENTRY; room *= 2) {
		scoped(heap) char *words = text_room(room, 1);

		error = getgrnam_r(name, &entry, words, room, &found);
		if (!error && found)
			*gid = entry.gr_gid;
	}
	return !error && found;
}
