/* history.h - what happened: captures, uploads, failures, starts; for people.
 *
 * The newest HISTORY_MOST events, in state.db.  What belongs to a deed that state.h writes is
 * written with it, in its transaction; only the rest is added here.  A failure that goes on is one
 * event.  Nothing is decided by history.
 *
 * Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/io/state.h"

#define HISTORY_MOST 10000

#define HISTORY_EVENTS(X)                                                                          \
	X(CAPTURED, "captured")                                                                    \
	X(SUSPECT, "suspect")                                                                      \
	X(DELETED, "deleted")                                                                      \
	X(ACCEPTED, "accepted")                                                                    \
	X(PINNED, "pinned")                                                                        \
	X(UNPINNED, "unpinned")                                                                    \
	X(CAPTURE_FAILED, "capture_failed")                                                        \
	X(STORED, "stored")                                                                        \
	X(UPLOAD_FAILED, "upload_failed")                                                          \
	X(SUPERSEDED, "superseded")                                                                \
	X(BAD, "bad")                                                                              \
	X(RESTORED, "restored")                                                                    \
	X(SYNCED, "synced")                                                                        \
	X(RESTORE_FAILED, "restore_failed")                                                        \
	X(MAINTAINED, "maintained")                                                                \
	X(STARTED, "started")                                                                      \
	X(STOPPED, "stopped")                                                                      \
	X(RELOADED, "reloaded")                                                                    \
	X(RELOAD_REFUSED, "reload_refused")

enum history_event {
#define X(name, text) HISTORY_##name,
	HISTORY_EVENTS(X)
#undef X
};

/* One transaction.  `database` and `text` may be NULL. */
enum err_code history_add(struct state *s, enum history_event event, const char *database,
	const char *text, struct err *e) must_check;

struct history_row {
	int64_t number, at; /* at: microseconds since 1970 */
	const char *event;  /* its name; a later casmand may have written others */
	const char *database, *version, *key, *text; /* "": none; until the next row */
};
struct history_page {
	const char *database; /* NULL: of all */
	int64_t limit;
	int64_t before; /* in: below this number (INT64_MAX: the newest); out: where to go on, 0:
			   the end */
	void (*each)(void *arg, const struct history_row *event);
	void *arg;
};
/* Newest first: `each` is called for each row of the page. */
enum err_code history_read(struct state *s, struct history_page *page, struct err *e) must_check;
