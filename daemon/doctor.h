/* doctor.h - finds what will go wrong later, and says what mends it.
 *
 * When all is well: a table of checks runs on the pool, by the configuration as it is on the disk
 * now; then the store is asked, with one signed request.  `done` comes once, from the loop.
 * When not: a configuration with mistakes ends it with these; a store that does not answer within
 * DOCTOR_PATIENCE is a finding.
 * On close: doctor_hurry() makes it say at once what it has (after the checks, which cannot be cut
 * short).
 *
 * It looks with the eyes of this process, sandbox included: inside the service that is the truth.
 * Threads: the loop's.  One at a time.
 */
#pragma once

#include "daemon/core/findings.h"
#include "daemon/storage.h"

#define DOCTOR_PATIENCE 15000 /* ms; casmanctl waits 30 s */

struct doctor;

struct doctor_start {
	struct uv_loop_s *loop;
	const char *config_path;
	/* The store to be asked, once the checks are done; NULL: none, and it may say why.
	 * Itself NULL: at start, where what others write into the log is left out. */
	struct storage *(*storage)(void *arg, struct findings *f);
	void (*done)(void *arg, const struct findings *f); /* d is gone */
	void *arg;
};

struct doctor *doctor_open(const struct doctor_start *start);
void doctor_hurry(struct doctor *d);
