/* capture.h - one job on the thread pool: copy a database, hash it, check it, make it durable.
 *
 * Owner: the caller; it stays put until `done`, on the loop thread, exactly once.  What it points
 * to must live as long.  Nothing here knows of state.db: the caller makes the version of it.
 *
 * When all is well: <spool>/<id> is the checked copy, fsynced, and so is the folder.  Where the
 * content hash is `same_content`, there is no file, and `unchanged` is true: no check, no fsync.
 * When not: no file of it is left.  A copy that is damaged is kept all the same (sound = false).
 */
#pragma once

#include "daemon/core/version.h"
#include "daemon/io/check.h"
#include "daemon/io/snapshot.h"
#include "daemon/io/work.h"

#define CAPTURE_WAIT_MS 5000 /* for a writer's lock, before the try counts as BUSY */

struct capture {
	/* asked */
	const char *spool; /* folder */
	char *path;        /* of the database, links resolved; freed by capture_end() */
	char *count_table; /* freed by capture_end() */
	char same_content[VERSION_HASH + 1];
	char id[VERSION_ID + 1];
	atomic_bool *stop;
	void (*done)(struct capture *c, const struct err *e);
	/* answered */
	struct snapshot snapshot;
	struct check check;
	bool unchanged;
	/* private */
	struct work work;
};

void capture_start(struct uv_loop_s *loop, struct capture *c);
void capture_end(struct capture *c); /* frees what it holds */

/* Makes the copy `temporary` durable in the spool under its permanent name, which it gets only now
 * that everything else went well.  Blocking, for pool threads. */
enum err_code capture_keep(
	const char *spool, const char *temporary, const char *id, struct err *e) must_check;
