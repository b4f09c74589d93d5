/* restore.h - the verb restore: which version, a look at what will happen, a question, the deed.
 *
 * A moment that is typed is local time, unless it ends in UTC or Z.  Without a terminal nobody can
 * be asked, and it takes --yes.
 */
#pragma once

#include "client/link.h"

/* The params are its own afterwards: words become a key, or a database and a moment. */
enum err_code ask_restore(struct link *l, struct doc *params, struct answer *a, struct err *e);

/* "2026-11-20 14:30", "2026-11-20 14:30:05 UTC", "2026-11-20T14:30:05Z"; false if it is none. */
bool restore_moment(const char *text, int64_t *moment) must_check;
