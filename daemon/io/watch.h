/* watch.h - tells when something may have happened to a file, by inotify on its *folder*.
 *
 * When all is well: one raw inotify descriptor on uv_poll; one watch a folder, shared by the files
 * in it.  Writes to the file, its -wal or its -journal call `touched`; that it appeared, vanished
 * or was replaced calls `touched` with `moved`.  One call a file and turn of the loop, however many
 * events. -shm says nothing and is ignored.  No file is ever opened (P3), and nothing wakes the
 * loop while nothing happens (P12).
 *
 * When not: a folder that is missing is waited for at its nearest parent, step by step.  Every
 * folder and symbolic link on the way is watched for being moved, replaced or removed itself, and
 * mounts are followed: then the way is looked up again, and who is led elsewhere by it is told,
 * with `moved`.  After a queue overflow everything is looked up again and every file is told so.
 * Folders that cannot be watched (permission, limit of watches) are told by watch_error(), and
 * tried again at each watch_refresh().  Not noticed before watch_refresh(): a permission that
 * changes, and the move of a folder higher up that casmand may enter but not read.
 *
 * On close: no callback comes after watch_close() was entered.
 * Threads: the loop's.  Blocks only in path lookups, which happen at add, at refresh and at folder
 * events.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>

struct watch;
struct watch_file;
struct uv_loop_s;

/* Never called from inside a function of this header.  All of them may be called from inside. */
typedef void watch_touched(void *arg, bool moved);

enum err_code watch_open(struct watch **out, struct uv_loop_s *loop, struct err *e) must_check;

/* Watches the file at `path` (absolute; it and its folders need not exist).  Lives until
 * watch_remove() or watch_close().  What happened before it returns is told to nobody: look at the
 * file afterwards. */
struct watch_file *watch_add(struct watch *w, const char *path, watch_touched *touched, void *arg);
void watch_remove(struct watch_file *f); /* f may be NULL */

/* The file itself: `path` with links resolved, as far as its folders exist today.  To be asked
 * again when `moved` was told. */
const char *watch_path(const struct watch_file *f);
/* May its -wal have been written since this was last asked?  True at first, and after `moved`. */
bool watch_logged(struct watch_file *f);
/* Why it is not watched; NULL when it is (also while its folder is waited for). */
const char *watch_error(const struct watch_file *f);

/* Looks everything up again, as after an overflow: the errors are new when it returns, and every
 * file is told `moved` in the next turn of the loop. */
void watch_refresh(struct watch *w);
/* w may be NULL: then `closed` is called from inside. */
void watch_close(struct watch *w, void (*closed)(void *arg), void *arg);
