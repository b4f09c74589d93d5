/* The machine itself: who casmand is on it, its clock, and who may talk to casmand. */
#include "common/place.h"
#include "common/stamp.h"
#include "daemon/doctor_checks.h"
#include "daemon/io/alarm.h"
#include "daemon/io/ipc_who.h"

#include <errno.h>
#include <sys/timex.h>
#include <unistd.h>

/* systemd-timesyncd makes it once it has set the clock. */
#define SYNCHRONISED "/run/systemd/timesync/synchronized"

void doctor_user(const struct doctor_world *w, struct findings *f)
{
	if (geteuid() != 0) {
		finding_add(f, FINDING_WELL, "user", "%s, group %s", w->user, w->group);
		return;
	}
	finding_add(f, FINDING_ODD, "user", "casmand runs as root, and needs no root");
	finding_mend(f,
		"run it as the databases' owner or as " PLACE_GROUP
		": sudo casmand-setup sets that up");
}

/* In the service's sandbox the kernel may not be asked, and then the file counts. */
static bool is_synchronised(bool *known)
{
	struct timex asked = {0};
	int state = adjtimex(&asked);

	*known = state >= 0;
	if (state >= 0 && state != TIME_ERROR)
		return true;
	return access(SYNCHRONISED, F_OK) == 0;
}

void doctor_clock(const struct doctor_world *w, struct findings *f)
{
	char now[STAMP_TEXT];
	bool known, synchronised = is_synchronised(&known);

	(void)w;
	stamp_plain(now, alarm_clock());
	if (alarm_clock() < CASMAND_BUILT * STAMP_SECOND)
		finding_add(f, FINDING_WRONG, "clock",
			"it says %s, and casmand was built after that", now);
	else if (!synchronised && known)
		finding_add(f, FINDING_ODD, "clock",
			"it says %s, and nothing keeps it right: versions may be dated wrongly",
			now);
	else {
		finding_add(
			f, FINDING_WELL, "clock", "%s%s", now, synchronised ? ", kept right" : "");
		return;
	}
	finding_mend(f, "timedatectl set-ntp true (or without a network: date --set '...')");
}

void doctor_group(const struct doctor_world *w, struct findings *f)
{
	const char *group = w->config->socket_group;
	gid_t gid;

	if (!*group) {
		finding_add(f, FINDING_WELL, "socket group", "casmand's own");
	} else if (!who_group(group, &gid)) {
		finding_add(f, FINDING_ODD, "socket group",
			"there is no group %s: the socket is open to casmand's own group", group);
		finding_mend(f, "groupadd --system %s; systemctl restart casmand", group);
	} else if (geteuid() != 0 && !account_has_group(gid)) {
		finding_add(f, FINDING_ODD, "socket group",
			"%s is not in %s, and so cannot open the socket to that group", w->user,
			group);
		finding_mend(f, "usermod -aG %s %s; systemctl restart casmand", group, w->user);
	} else if (!account_group_used(gid, geteuid())) {
		finding_add(f, FINDING_ODD, "socket group",
			"nobody else is in %s: only root and %s may post scans", group, w->user);
		finding_mend(f, "usermod -aG %s USER, for who scans", group);
	} else {
		finding_add(f, FINDING_WELL, "socket group", "%s", group);
	}
}
