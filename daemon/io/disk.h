/* disk.h - files that are there or not there, but never half.
 *
 * Blocking: for pool threads, and for main before the loop runs.  Everything works on an open
 * folder descriptor (`folder`) and plain names in it, never through a symbolic link at the end.
 * Only the path of disk_open_folder() and disk_make_folders() may be one: it comes from the
 * configuration, and systemd itself makes links of that kind (/var/lib/casmand with DynamicUser).
 *
 * Modes are cut by the umask.  Every failure names its file; what was half made is gone again.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens a folder for the functions below (O_PATH is not used: it can be fsynced).  -1 on failure.
 */
int disk_open_folder(const char *path, struct err *e);
/* The same below `folder`; made with `mode` if it is missing and `mode` is not 0.  ERR_MISSING
 * means that there is nothing; something else of that name is ERR_REFUSED. */
int disk_open_below(int folder, const char *name, unsigned mode, struct err *e);

/* Makes the folder and all that is missing above it. */
enum err_code disk_make_folders(const char *path, unsigned mode, struct err *e) must_check;

/* fsync of a file or a folder; a file system that cannot (EINVAL) is let pass.  A long file goes out
 * in pieces, so that an application that commits on the same disk is not held up by it. */
enum err_code disk_sync(int fd, const char *name, struct err *e) must_check;

/* Opens a regular file for reading; anything else of that name is ERR_CORRUPT.  folder may be
 * AT_FDCWD, and name then a path.  -1 on failure. */
int disk_open_file(int folder, const char *name, struct err *e);

/* The whole of a file of at most `most` bytes, put into `to`, which is empty before and the
 * caller's to free in either case; ERR_MISSING, ERR_CORRUPT if it is longer. */
enum err_code disk_read(
	int folder, const char *name, size_t most, struct text *to, struct err *e) must_check;

/* Writes a new file `name` of these bytes, durably and all at once (temporary name, fsync, rename,
 * fsync of the folder); replaces an old one. */
enum err_code disk_write(int folder, const char *name, unsigned mode, const struct text *bytes,
	struct err *e) must_check;

/* For files that are made in pieces, under a temporary name that nobody else uses: create (a
 * leftover of that name is removed), put bytes, finish (fsync and close, also where it fails). */
int disk_create(int folder, const char *temporary, unsigned mode, struct err *e);
enum err_code disk_put(
	int fd, const char *name, const void *bytes, size_t count, struct err *e) must_check;
enum err_code disk_finish(int fd, const char *name, struct err *e) must_check;
/* All three at once; removes it again where it fails. */
enum err_code disk_make(int folder, const char *temporary, unsigned mode, const struct text *bytes,
	struct err *e) must_check;

/* Gives the finished, fsynced file `temporary` the name `name` in the same folder, unless one is
 * there: ERR_EXISTS, and `temporary` is still there.  link(2) and unlink(2); where the file system
 * has no links (FAT), renameat2(RENAME_NOREPLACE).  Ends with fsync of the folder. */
enum err_code disk_publish(
	int folder, const char *temporary, const char *name, struct err *e) must_check;

/* Removes it durably; a file that is not there is no error. */
enum err_code disk_remove(int folder, const char *name, struct err *e) must_check;

/* Bytes that an ordinary user may still write there. */
enum err_code disk_free_space(int folder, uint64_t *bytes, struct err *e) must_check;
