/* walright.h - may casmand open this WAL database without locking its application out?
 *
 * SQLite makes a missing -shm for whoever opens the database first, owned by that user and with the
 * database's mode.  If that is casmand, the application must be able to write it afterwards: so
 * casmand has to run as the database's owner, or with the database's group as its *primary* group
 * and group-writable files, or as root (for whom SQLite hands the file over).  Measured, not
 * guessed.
 */
#pragma once

#include "common/err.h"

/* DENIED with the command that mends it.  Blocking (stat). */
enum err_code walright_check(const char *path, struct err *e) must_check;
