#include "daemon/io/account.h"

#include "common/named.h"
#include "common/scoped.h"
#include "common/text.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define ENTRY       16384 /* bytes of one line of passwd or group */
#define MOST_GROUPS 256   /* of this process */

static bool has_members(gid_t gid, const char *but)
{
	scoped(heap) char *room = text_room(1, ENTRY);
	struct group entry, *found = NULL;

	/* A line that does not fit has very many. */
	if (getgrgid_r(gid, &entry, room, ENTRY, &found))
		return true;
	for (char **member = found ? found->gr_mem : NULL; member && *member; member++)
		if (strcmp(*member, but) != 0)
			return true;
	return false;
}

bool account_group_used(gid_t gid, uid_t but)
{
	scoped(heap) char *room = text_room(1, ENTRY);
	scoped(heap) char *name = named_user(but);
	struct passwd entry, *found;
	bool used = has_members(gid, name);

	/* NOLINTBEGIN(concurrency-mt-unsafe): the header says so */
	setpwent();
	while (!used && getpwent_r(&entry, room, ENTRY, &found) == 0)
		used = entry.pw_gid == gid && entry.pw_uid != but && entry.pw_uid != 0;
	endpwent();
	/* NOLINTEND(concurrency-mt-unsafe) */
	return used;
}

bool account_has_group(gid_t gid)
{
	gid_t groups[MOST_GROUPS];
	int count = getgroups(MOST_GROUPS, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

bool account_become(uid_t uid, gid_t gid)
{
	scoped(heap) char *name = named_user(uid);

	return initgroups(name, gid) == 0 && setresgid(gid, gid, gid) == 0 &&
		setresuid(uid, uid, uid) == 0;
}
