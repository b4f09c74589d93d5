/* run.h - one verb, from its request to its exit code.
 *
 * When all is well: the result goes to `out`, as text or as JSON; a person who looks at `err` sees
 * the progress there meanwhile.
 * When not: a sentence goes to `err`, or {"error": ...} to `out` under --json.  An error that
 * casmanctl meets itself (no daemon, the deadline) has the form of those that casmand answers.
 */
#pragma once

#include "client/args.h"
#include "client/screen.h"

/* a->verb and a->socket are set. */
enum proto_exit run(const struct args *a, const struct screen *out, const struct screen *err);

/* Writes to `out`; a failure is told on `err`, and answers EXIT_FAILED instead of `code`. */
enum proto_exit run_put(
	const struct screen *out, const struct screen *err, struct pen *p, enum proto_exit code);
