#include "common/named.h"

#include "common/scoped.h"
#include "common/text.h"

#include <grp.h>
#include <pwd.h>

#define ENTRY 16384 /* bytes of one line of passwd or group; groups with many members are long */

static char *name_or_number(const char *name, unsigned id)
{
	struct text either = {0};

	if (name)
		text_add(&either, "%s", name);
	else
		text_add(&either, "%u", id);
	return text_take(&either);
}

char *named_user(unsigned uid)
{
	scoped(heap) char *room = text_room(1, ENTRY);
	struct passwd entry, *found = NULL;

	(void)getpwuid_r(uid, &entry, room, ENTRY, &found);
	return name_or_number(found ? found->pw_name : NULL, uid);
}

char *named_group(unsigned gid)
{
	scoped(heap) char *room = text_room(1, ENTRY);
	struct group entry, *found = NULL;

	(void)getgrgid_r(gid, &entry, room, ENTRY, &found);
	return name_or_number(found ? found->gr_name : NULL, gid);
}
