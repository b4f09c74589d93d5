/* check.h - is this copy of a database sound, and what is in it?
 *
 * Works on a copy that nobody writes, never on the live file.  Blocking, for pool threads; memory
 * does not grow with the database.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"

#include <stdatomic.h>
#include <stdint.h>

struct check {
	bool sound;           /* PRAGMA integrity_check found nothing */
	char problem[256];    /* else the first that it found */
	bool partly;          /* it could not look at everything (a collation or function of the
				 application's own) */
	struct text tables;   /* their names, each with a newline behind it, in order */
	int64_t record_count; /* rows of the table asked for; -1: there is none */
};

/* `count_table` may be "".  Gives up with CANCELED soon after *stop turns true (NULL: never).
 * A damaged copy is an answer (sound = false), not an error.  The caller frees out->tables. */
enum err_code check_copy(const char *path, const char *count_table, atomic_bool *stop,
	struct check *out, struct err *e) must_check;

/* The first name of `before` that `after` has not, into `lost` of `size` bytes; false if none is.
 */
bool check_lost_table(const char *before, const char *after, char *lost, size_t size);
