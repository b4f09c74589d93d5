/* making.h - what captures of a watched database come to: versions, rows, words.
 *
 * Threads: the loop's.  Does no I/O but state.db.
 */
#pragma once

#include "daemon/database.h"

/* The capture ended: a version, nothing new, or a failure. */
void making_done(struct watched *w, const struct err *result);

/* The version that the database descends from, if what is stored (or on its way to the store in
 * use) of it can be built on; false where the next capture has to make a version.  End *base in
 * either case. */
bool making_base(struct watched *w, struct state_version *base);

/* See pipeline.h. */
enum err_code making_safety(struct watched *w, const struct capture *copy, struct state_version *v,
	struct err *e) must_check;
enum err_code making_rebase(
	struct watched *w, const struct version *base, bool restored, struct err *e) must_check;
