/* err.h - one error, told from the inside out.
 *
 * What can fail takes a `struct err *` last and returns an enum err_code, ERR_NONE on success.
 * The place that fails calls err_set(); a caller that knows something the reader will want calls
 * err_note(), which puts its words in front.  Both return the code, so a failing branch is one
 * statement:
 *
 *     if (snapshot_take(db, path, e))
 *             return err_note(e, "back up %s", db->name);
 *
 * The code says what the program does next, the text what a person does next.  Nobody logs on the
 * way up: whoever owns the operation logs once.
 */
#pragma once

#include "common/attr.h"

#include <stdbool.h>

/* code, its name on the socket, may the same try succeed later without a person? */
#define ERR_CODES(X)                                                                               \
	X(NONE, "none", false)                                                                     \
	X(FAILED, "failed", false)                                                                 \
	X(NOMEM, "out_of_memory", true)                                                            \
	X(IO, "file_system", true)                                                                 \
	X(FULL, "disk_full", true)                                                                 \
	X(BUSY, "busy", true)                                                                      \
	X(RECOVERY, "waits_for_recovery", true)                                                    \
	X(OFFLINE, "store_not_reached", true)                                                      \
	X(REFUSED, "store_refused", false)                                                         \
	X(DENIED, "not_permitted", false)                                                          \
	X(MISSING, "not_found", false)                                                             \
	X(EXISTS, "exists", false)                                                                 \
	X(CORRUPT, "damaged", false)                                                               \
	X(CONFIG, "configuration", false)                                                          \
	X(PROTO, "protocol", false)                                                                \
	X(UNKNOWN_DB, "unknown_database", false)                                                   \
	X(TIMEOUT, "timeout", true)                                                                \
	X(NO_DAEMON, "no_daemon", true)                                                            \
	X(CANCELED, "canceled", true)                                                              \
	X(QUOTA, "quota_used_up", true)

enum err_code {
#define X(name, text, later) ERR_##name,
	ERR_CODES(X)
#undef X
};

struct err {
	enum err_code code;
	char text[512]; /* outermost first; a story too long loses its end */
};

enum err_code err_set(struct err *e, enum err_code code, const char *fmt, ...) printf_like(3, 4);
enum err_code err_note(struct err *e, const char *fmt, ...) printf_like(2, 3);

/* err_set() from errno: the code is chosen by it (ENOSPC is FULL, EACCES is DENIED, ...), and its
 * own words come last.  errno is read first of all and left as it was. */
enum err_code err_sys(struct err *e, const char *fmt, ...) printf_like(2, 3);

const char *err_name(enum err_code code);
enum err_code err_named(const char *name); /* FAILED for a name that it does not know */
bool err_may_retry(enum err_code code);
