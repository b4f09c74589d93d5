#include "daemon/whereabouts.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/choose.h"

#include <string.h>

struct rows {
	struct version *versions;
	struct ancestry_version *list;
	size_t count, room;
};

static void take(void *arg, const struct state_listed *l)
{
	struct rows *r = arg;

	if (r->count == r->room)
		return;
	r->versions[r->count] = l->seen.v;
	r->list[r->count] = (struct ancestry_version){.v = &r->versions[r->count],
		.usable = choose_usable(l),
		.stored = l->state == COPY_STORED || l->state == COPY_PROVEN};
	r->count++;
}

static void count(void *arg, const struct state_listed *l)
{
	(void)l;
	((struct rows *)arg)->room++;
}

/* Newest first.  Counted first, for there are mostly few. */
static bool gather(const struct engine_parts *p, const char *database, struct rows *r)
{
	struct state_page page = {
		.database = database, .limit = WHEREABOUTS_MOST, .each = count, .arg = r};
	struct err e;

	if (state_list(p->state, storage_id(p->storage), &page, &e))
		return false;
	r->versions = text_room(r->room + 1, sizeof(*r->versions));
	r->list = text_room(r->room + 1, sizeof(*r->list));
	page.cursor[0] = '\0';
	page.each = take;
	return !state_list(p->state, storage_id(p->storage), &page, &e);
}

static bool is_listed(const struct engine_parts *p)
{
	int64_t at;
	struct err e;

	return storage_see(p->storage).reached == 1 &&
		!state_listed_at(p->state, storage_id(p->storage), &at, &e) && at != STAMP_NONE;
}

/* False: there is none. */
static bool find_base(
	const struct engine_parts *p, const char *database, struct version *base, bool *restored)
{
	struct state_database row;
	struct state_version own;
	struct err e;

	*restored = false;
	if (state_database_get(p->state, database, &row, &e) || !row.base[0])
		return false;
	if (!state_base_of(p->state, &row, base, restored, &e))
		return true;
	if (state_version_get(p->state, row.base, 0, &own, &e))
		return false;
	*base = own.v;
	state_version_end(&own);
	return true;
}

enum lineage_state whereabouts_of(const struct engine_parts *p, const struct pipeline_view *view)
{
	struct rows rows = {0};
	struct version base;
	struct lineage_local local = {.present = view->present && !view->empty,
		.listed = is_listed(p),
		.changed = view->dirty,
		.content = "",
		.checksum = ""};
	enum lineage_state state = LINEAGE_UNKNOWN;

	if (find_base(p, view->config->name, &base, &local.restored))
		local.base = &base;
	if (gather(p, view->config->name, &rows))
		state = lineage_judge(
			&local, &(struct ancestry_known){.list = rows.list, .count = rows.count})
				.state;
	free(rows.versions);
	free(rows.list);
	/* What cannot be captured may hold anything. */
	if (view->error && (state == LINEAGE_IN_STEP || state == LINEAGE_BEHIND))
		return LINEAGE_UNKNOWN;
	return state;
}
