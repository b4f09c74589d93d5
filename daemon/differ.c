#include "daemon/differ.h"

#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/rows.h"

#include <unistd.h>

#define COPY_WAIT_MS 5000                      /* for a busy writer */
#define COUNT_MS     (UINT64_C(2) * 60 * 1000) /* somebody waits for the answer */

static bool has_to_stop(const struct differ *d, struct err *e)
{
	if (!e->code && atomic_load(&d->stop))
		err_set(e, ERR_CANCELED, "casmand stops or reloads");
	return e->code != ERR_NONE;
}

/* --- counting ---------------------------------------------------------- */

static void add(void *arg, const char *table, int64_t here, int64_t there)
{
	struct differ *d = arg;
	struct differ_table *to = &d->tables[d->count];

	if (d->count == DIFFER_TABLES)
		return;
	text_cut(to->name, sizeof(to->name), table);
	to->here = here;
	to->there = there;
	d->count++;
}

static enum err_code count_on_pool(struct work *w, struct err *e)
{
	struct differ *d = owner_of(w, struct differ, work);

	return rows_differ(&(struct rows_ask){.here = d->copy,
				   .there = d->download.copy,
				   .stop = &d->stop,
				   .until = alarm_now() + COUNT_MS,
				   .each = add,
				   .arg = d},
		e);
}

static void on_counted(struct work *w, const struct err *e)
{
	struct differ *d = owner_of(w, struct differ, work);

	d->done(d, e);
}

/* --- two copies -------------------------------------------------------- */

static void on_downloaded(struct download *download, const struct err *result)
{
	struct differ *d = owner_of(download, struct differ, download);
	struct err e = *result;

	if (has_to_stop(d, &e)) {
		d->done(d, &e);
		return;
	}
	d->work = (struct work){.run = count_on_pool, .done = on_counted};
	work_start(d->parts->loop, &d->work);
}

static enum err_code copy_on_pool(struct work *w, struct err *e)
{
	struct differ *d = owner_of(w, struct differ, work);

	return snapshot_take(d->hold.path, d->copy, COPY_WAIT_MS, &d->snapshot, e);
}

static void on_copied(struct work *w, const struct err *result)
{
	struct differ *d = owner_of(w, struct differ, work);
	struct err e = *result;

	pipeline_let(d->parts->pipeline, &d->hold);
	if (has_to_stop(d, &e)) {
		d->done(d, &e);
		return;
	}
	d->download.seen = &d->theirs.seen;
	d->download.done = on_downloaded;
	download_start(&d->download, d->parts, false);
}

static void on_held(struct pipeline_hold *hold)
{
	struct differ *d = owner_of(hold, struct differ, hold);

	d->work = (struct work){.run = copy_on_pool, .done = on_copied};
	work_start(d->parts->loop, &d->work);
}

/* --- the whole --------------------------------------------------------- */

void differ_start(struct differ *d, const struct engine_parts *parts)
{
	char name[VERSION_ID + 1];
	struct err e;

	digest_random_id(name);
	d->parts = parts;
	d->copy = download_path(parts->state, name, ".tmp");
	d->hold = (struct pipeline_hold){.database = d->database, .held = on_held};
	if (pipeline_hold(parts->pipeline, &d->hold, &e))
		d->done(d, &e);
}

void differ_cut(struct differ *d)
{
	atomic_store(&d->stop, true);
	download_cut(&d->download);
}

void differ_end(struct differ *d)
{
	download_end(&d->download);
	(void)unlink(d->copy);
	free(d->copy);
	*d = (struct differ){0};
}
