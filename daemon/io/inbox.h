/* inbox.h - the folder where scanner apps leave scans that casmand could not be told of.
 *
 * A file holds one request, as it would have been posted to the socket; it is made under a name that
 * begins with a dot, and renamed.  Whoever is in the socket's group may make files there, so all that
 * lies there may be meant ill.  MUSTs:
 *
 *  1. The folder belongs to casmand's own user, others may not write it, and in it nobody removes
 *     what somebody else made (mode 1730).  Else it is not used.
 *  2. Nothing in it is followed, waited for, or read beyond INBOX_BYTES: no links, no pipes, no
 *     leases, no file with a second name, which may be somebody else's.
 *  3. One person's flood does not keep the others waiting: in one look at the folder no more than
 *     INBOX_EACH files of a user are read; what is beyond stays for the next (INBOX_LATER).
 *  4. Nothing is removed but by inbox_remove().
 *
 * When all is well: `news` comes at each file that is renamed or linked into the folder.  Then, a few
 * files a turn of the loop: inbox_begin(), inbox_next() until INBOX_END, inbox_remove() of what was
 * taken.  When not: without inotify `news` never comes, and a look at the start has to do.
 * On close: `news` is not called any more; `b` is gone when `closed` is entered.
 *
 * Threads: the loop's.  Blocks for the reading of small files.
 */
#pragma once

#include "common/err.h"

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#define INBOX_BYTES 4096
#define INBOX_EACH  1000 /* files of one user in one look */

/* Is there a folder, and is it as it must be?  MISSING, or REFUSED with what mends it. */
enum err_code inbox_check(const char *folder, struct err *e) must_check;

struct inbox;
struct uv_loop_s;

struct inbox_events {
	void (*news)(void *arg);
	void *arg;
};

/* Fails as inbox_check(). */
enum err_code inbox_open(struct inbox **out, struct uv_loop_s *loop, const char *folder,
	const struct inbox_events *events, struct err *e) must_check;
void inbox_close(struct inbox *b, void (*closed)(void *arg), void *arg); /* NULL: none is open */

enum inbox_kind {
	INBOX_END,
	INBOX_SCAN,
	INBOX_BAD,     /* no scan, and never will be; `why` says why */
	INBOX_LATER,   /* its owner has had his share */
	INBOX_NOTHING, /* gone meanwhile, or just being made */
};
struct inbox_file {
	char name[NAME_MAX + 1];
	uid_t owner;
	char bytes[INBOX_BYTES + 1];
	size_t length;
	struct err why;
};

enum err_code inbox_begin(struct inbox *b, struct err *e) must_check; /* from the first file on */
enum inbox_kind inbox_next(struct inbox *b, struct inbox_file *f);
enum err_code inbox_remove(struct inbox *b, const char *name, struct err *e) must_check;
