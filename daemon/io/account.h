/* account.h - users and groups of this machine, by name.
 *
 * Asks the system's databases, which may block: for pool threads, and for main before the loop.
 * account_group_used() for one thread at a time.
 */
#pragma once

#include "common/attr.h"

#include <stdbool.h>
#include <sys/types.h>

/* Is anybody but `but` in this group, as a member or because it is his own? */
bool account_group_used(gid_t gid, uid_t but);
/* Has this process the group? */
bool account_has_group(gid_t gid);

/* From root to this user with its groups, of which `gid` is its own, for good. */
bool account_become(uid_t uid, gid_t gid) must_check;
