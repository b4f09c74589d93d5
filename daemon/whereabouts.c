#include "daemon/whereabouts.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/choose.h"

#include <string.h>

struct rows {
	struct state_listed *listed;
	struct ancestry_version *list;
	size_t count, room;
};

static bool is_bare_beginning(const struct version *v)
{
	return v->record_count == 0 && v->bases == 0;
}

static void take(void *arg, const struct state_listed *l)
{
	struct rows *r = arg;

	if (r->count == r->room)
		return;
	r->listed[r->count] = *l;
	r->list[r->count] = (struct ancestry_version){.v = &r->listed[r->count].seen.v,
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
static enum err_code gather(
	const struct engine_parts *p, const char *database, struct rows *r, struct err *e)
{
	struct state_page page = {
		.database = database, .limit = WHEREABOUTS_MOST, .each = count, .arg = r};

	if (state_list(p->state, storage_id(p->storage), &page, e))
		return e->code;
	r->listed = text_room(r->room + 1, sizeof(*r->listed));
	r->list = text_room(r->room + 1, sizeof(*r->list));
	page.cursor[0] = '\0';
	page.each = take;
	e->code = state_list(p->state, storage_id(p->storage), &page, e);
	ancestry_leave_out_empty(&(struct ancestry_known){.list = r->list, .count = r->count});
	return e->code;
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

enum err_code whereabouts_look(const struct engine_parts *p, const struct pipeline_view *view,
	const struct whereabouts_seen *seen, struct whereabouts *w, struct err *e)
{
	struct rows rows = {0};
	struct lineage_local local = {.present = view->present && !view->empty,
		.listed = is_listed(p),
		.changed = view->dirty,
		.content = "",
		.checksum = ""};

	*w = (struct whereabouts){0};
	w->has_base = find_base(p, view->config->name, &w->base, &local.restored);
	if (w->has_base)
		local.base = &w->base;
	local.empty = w->has_base && !view->dirty && is_bare_beginning(&w->base);
	if (seen) {
		local.present = seen->present;
		local.empty = seen->empty ||
			(w->has_base && is_bare_beginning(&w->base) &&
				strcmp(seen->content, w->base.content) == 0);
		local.changed = !seen->present;
		local.content = seen->content;
		local.checksum = seen->checksum;
	}
	e->code = gather(p, view->config->name, &rows, e);
	w->listed = rows.listed;
	w->known = (struct ancestry_known){.list = rows.list, .count = rows.count};
	if (!e->code)
		w->l = lineage_judge(&local, &w->known);
	/* What cannot be captured may hold anything. */
	if (view->error && !seen && (w->l.state == LINEAGE_IN_STEP || w->l.state == LINEAGE_BEHIND))
		w->l.state = LINEAGE_UNKNOWN;
	return e->code;
}

void whereabouts_end(struct whereabouts *w)
{
	free(w->listed);
	free(w->known.list);
}

enum lineage_state whereabouts_of(const struct engine_parts *p, const struct pipeline_view *view)
{
	struct whereabouts w;
	struct err e;
	enum lineage_state state =
		whereabouts_look(p, view, NULL, &w, &e) ? LINEAGE_UNKNOWN : w.l.state;

	whereabouts_end(&w);
	return state;
}

enum err_code whereabouts_heads(const struct engine_parts *p, const char *database,
	void (*each)(void *arg, const char *key), void *arg, struct err *e)
{
	struct rows rows = {0};

	if (!gather(p, database, &rows, e)) {
		struct ancestry_known known = {.list = rows.list, .count = rows.count};

		(void)ancestry_heads(&known);
		for (size_t i = 0; i < rows.count; i++)
			if (rows.list[i].head)
				each(arg, rows.listed[i].seen.key);
	}
	free(rows.listed);
	free(rows.list);
	return e->code;
}

void whereabouts_join(
	const struct whereabouts *w, const struct version *first, struct version *heir)
{
	version_descend(heir, first);
	for (size_t i = 0; i < w->known.count; i++)
		if (w->known.list[i].head)
			version_join(heir, w->known.list[i].v);
	if (w->has_base)
		version_join(heir, &w->base);
}

bool whereabouts_others(const struct whereabouts *w, const struct version *taken)
{
	for (size_t i = 0; i < w->known.count; i++)
		if (w->known.list[i].head && !ancestry_is_same(w->known.list[i].v, taken))
			return true;
	return false;
}
