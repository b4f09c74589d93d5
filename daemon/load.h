/* load.h - reads the configuration from the disk, with the environment and the credentials that the
 * service manager gives.  Blocking: at start, and for the moment of a reload.
 */
#pragma once

#include "daemon/core/config.h"

/* CONFIG with all mistakes as lines; also for a file that cannot be read, or that holds a secret
 * and is readable by others. */
enum err_code load_config(
	struct config **out, const char *path, struct text *mistakes, struct err *e) must_check;

/* For a reload while `now` is in force: what only a start can change is kept as it is; that, and what
 * is odd about the rest, is added to `warnings`, one a line. */
void load_keep_fixed(struct config *next, const struct config *now, struct text *warnings);
/* Into the log, a line each: after SIGHUP nobody else listens. */
void load_warn(const struct text *warnings);
