/* named.h - users and groups as people call them: by name, or by number where there is none.
 *
 * Blocking: the system may ask a directory on the network.  The caller frees what it gets.
 */
#pragma once

char *named_user(unsigned uid);
char *named_group(unsigned gid);
