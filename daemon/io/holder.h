/* holder.h - which program keeps a database locked?
 *
 * Asked of the kernel (/proc/locks), so that no descriptor of our own is opened on the database:
 * closing it would drop this process's locks.  An answer for people: another one may hold it a
 * moment later, and in a container the kernel does not tell of programs outside.  Blocking.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HOLDER_ROOM 64

/* "scanner (pid 4711)" into `to`; false if it cannot be seen.  This process does not count. */
bool holder_of(const char *path, char to[HOLDER_ROOM]);
