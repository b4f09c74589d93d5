/* ipc_who.h - who is at the other end of a Unix socket, as the kernel knows it.
 *
 * It tells who the peer was when it connected, and nothing is kept here: a group may be renamed or
 * made while the daemon runs.  Looking a group up asks the system's databases and may block.
 */
#pragma once

#include "common/attr.h"

#include <stdbool.h>
#include <sys/types.h>

bool who_uid(int fd, uid_t *uid) must_check; /* false: the kernel does not say */

/* Had the peer this group, as its own or as a supplementary one?  False for one that is unknown. */
bool who_has_group(int fd, const char *group);

bool who_group(const char *name, gid_t *gid) must_check; /* false: no such group */
