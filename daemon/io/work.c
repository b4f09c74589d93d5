#include "daemon/io/work.h"

static void on_pool(uv_work_t *req)
{
	struct work *w = owner_of(req, struct work, req);

	w->err.code = w->run(w, &w->err);
}

static void on_loop(uv_work_t *req, int status)
{
	struct work *w = owner_of(req, struct work, req);
	struct err e = w->err; /* `done` may free w */

	if (status == UV_ECANCELED)
		err_set(&e, ERR_CANCELED, "canceled before it began");
	w->done(w, &e);
}

void work_start(uv_loop_t *loop, struct work *w)
{
	w->err = (struct err){0};
	REQUIRE(uv_queue_work(loop, &w->req, on_pool, on_loop) ==
		0); /* fails only without callback */
}

void work_cancel(struct work *w)
{
	(void)uv_cancel((uv_req_t *)&w->req);
}
