/* prove.h - is what came from a store the version that it should be?  Promise P9.
 *
 * Length, SHA-256, the header, `integrity_check`, and the table that the configuration names; in
 * this order, so that what is refused is refused by its plainest name.  SQLite looks at it with
 * trusted_schema=OFF and DEFENSIVE, and no longer than PROVE_MS.
 *
 * Blocking, for pool threads; memory does not grow with the database.
 */
#pragma once

#include "daemon/core/version.h"
#include "daemon/io/check.h"
#include "daemon/io/digest.h"

#define PROVE_MS (UINT64_C(10) * 60 * 1000) /* for a database of some GB on a slow machine */

struct prove {
	/* asked */
	const char *path;        /* of the copy, which nobody writes */
	const struct version *v; /* of it only the size is believed where it is not described */
	bool described;          /* its metadata was read */
	const char *count_table; /* that it must have; "": none */
	atomic_bool *stop;
	/* answered */
	struct check check; /* the caller frees its tables */
	char checksum[DIGEST_TEXT], content[DIGEST_TEXT];
};

/* CORRUPT: refused, in words for a person.  CANCELED, TIMEOUT, IO. */
enum err_code prove(struct prove *p, struct err *e) must_check;
