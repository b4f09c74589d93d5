/* live_deed.h - one restore by daemon/io/live.h, with its safety copy always taken under the lock. */
#pragma once

#include "daemon/io/digest.h"
#include "daemon/io/live.h"
#include "daemon/io/live_made.h"

struct live_deed {
	const char *path, *copy, *safety;
};

static inline enum err_code live_deed_write(const struct live_deed *d, struct err *e)
{
	struct live_patience p = {.wait_ms = 1000};
	struct snapshot taken;
	struct live *l;

	if (live_open(&l, d->path, e))
		return e->code;
	if (!live_lock(l, d->copy, &p, e) && !live_copy(l, d->safety, &taken, e))
		e->code = live_write(l, e);
	live_close(l);
	return e->code;
}

static inline enum err_code live_deed(const struct live_deed *d, struct err *e)
{
	char was[DIGEST_TEXT];

	if (live_deed_write(d, e) == ERR_MISSING)
		return live_made(d->path, d->copy, NULL, e);
	if (e->code == ERR_CORRUPT && !live_made_keep(d->path, d->safety, was, e))
		return live_made(d->path, d->copy, was, e);
	return e->code;
}
