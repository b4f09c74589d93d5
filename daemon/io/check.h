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
	bool rows;            /* some table has one; true where that cannot be told */
	int64_t record_count; /* rows of the table asked for; -1: there is none */
	int64_t orphans;      /* rows whose foreign key points nowhere */
};

struct check_ask {
	const char *count_table; /* "": none */
	bool orphans;            /* count them (else 0) */
	atomic_bool *stop;       /* CANCELED soon after it turns true; NULL: never */
	uint64_t until;          /* TIMEOUT soon after alarm_now() is that; 0: never */
};

/* A damaged copy is an answer (sound = false), not an error.  The caller frees out->tables. */
enum err_code check_copy(
	const char *path, const struct check_ask *ask, struct check *out, struct err *e) must_check;

/* The first name of `before` that `after` has not, into `lost` of `size` bytes; false if none is.
 */
bool check_lost_table(const char *before, const char *after, char *lost, size_t size);
