/* filesystem.h - what kind of file system a path lies on, and how much room there is.
 *
 * Blocking, also for as long as a network file system hangs: for pool threads.
 */
#pragma once

#include "common/err.h"

#include <stdint.h>

struct filesystem {
	const char *network; /* its name ("nfs"), where other machines may write it; else NULL */
	bool memory;         /* gone with the power */
	bool read_only;      /* for this process: a sandbox may say so too */
	uint64_t size, free; /* bytes; free: for an ordinary user */
};

/* Of the file or folder. */
enum err_code filesystem_of(const char *path, struct filesystem *fs, struct err *e) must_check;
