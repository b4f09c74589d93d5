/* replace.h - the jobs on the thread pool that put a proven copy in the place of live contents.
 *
 * When all is well: replace_begin() takes the safety copy, waits for the write lock, sees to it that
 * the safety copy is of what is there now, and makes it durable in the spool.  Its version is one
 * row in state.db, which the caller writes (loop); then replace_write() writes.  replace_end() in
 * any case.  Where there is no database, both work by rename (io/live_made.h).
 *
 * When not: `done` hears of it, and the contents are the old ones.  What was kept, and no version was
 * made of, leaves the spool with replace_end(); after a crash spool_tidy() removes it.
 *
 * Owner: the caller; it stays put between a start and its `done`, which comes once, on the loop.
 */
#pragma once

#include "daemon/core/version.h"
#include "daemon/io/check.h"
#include "daemon/io/live.h"
#include "daemon/io/work.h"

struct replace {
	/* asked */
	const char *path;  /* of the database, links resolved */
	const char *copy;  /* proven; its header is changed */
	const char *spool; /* folder */
	const char *count_table;
	char id[VERSION_ID + 1];             /* of the safety version */
	char safe_content[VERSION_HASH + 1]; /* contents that are a version already; "" */
	bool unsafe;                         /* no safety version is wanted */
	struct live_patience patience;
	void (*done)(struct replace *r, const struct err *e);
	/* answered by the first */
	bool kept; /* <spool>/<id> is what is there now, and no version: who makes one takes this off */
	struct snapshot snapshot; /* of it, and ... */
	struct check check;       /* ... what is in it; freed by replace_end() */
	bool recodes;             /* see live_recodes() */
	/* private */
	struct live *live;
	bool garbage; /* there is a file, but no database */
	char was[DIGEST_TEXT];
	struct work work;
};

void replace_begin(struct uv_loop_s *loop, struct replace *r);
void replace_write(struct uv_loop_s *loop, struct replace *r);
void replace_end(struct replace *r); /* lets go of the lock; for the loop, once */
