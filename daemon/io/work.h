/* work.h - one blocking job, off the loop thread.
 *
 * Owner:   the caller; the struct stays put from work_start() until `done` is entered, and may be
 *          freed or started again there.
 * Threads: `run` is on a pool thread and touches only what hangs off the job and nobody else holds.
 *          `done` is on the loop thread, exactly once, also after a cancel (then with ERR_CANCELED
 *          and `run` never called).
 */
#pragma once

#include "common/err.h"

#include <uv.h>

struct work {
	enum err_code (*run)(struct work *w, struct err *e);
	void (*done)(struct work *w, const struct err *e);
	/* private */
	uv_work_t req;
	struct err err;
};

void work_start(uv_loop_t *loop, struct work *w);
void work_cancel(struct work *w); /* best effort: `done` still comes */
