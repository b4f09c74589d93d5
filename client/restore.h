/* restore.h - the verb restore: which version, a look at what will happen, a question, the deed.
 *
 * Without a terminal nobody can be asked, and it takes --yes.
 */
#pragma once

#include "client/link.h"

/* The params are its own afterwards: words become a key, or a database and a moment. */
enum err_code ask_restore(struct link *l, struct doc *params, struct answer *a, struct err *e);
