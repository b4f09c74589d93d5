#include "daemon/held.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"

#include <string.h>

/* A clock that was set back since does not say that it was lately. */
static bool was_lately(int64_t at)
{
	int64_t now = alarm_clock();

	return at != STAMP_NONE && at <= now && now - at < QUOTA_FIRST_WITHIN;
}

/* `let`: databases of which a version goes in this round, a line each. */
static enum quota_use use_of(
	const struct held_by *by, const struct state_version *v, struct text *let)
{
	struct text line = {0};
	int64_t at;
	struct err e;

	if (v->safety)
		return QUOTA_SAFETY;
	text_add(&line, "\n%s\n", v->v.db_name);
	bool another = by->sends(by->arg, v->v.db_name) || (let->at && strstr(let->at, line.at));
	bool first = !another && !state_stored_at(by->state, by->store, v->v.db_name, &at, &e) &&
		!was_lately(at);
	if (first)
		text_add(let, "%s", line.at);
	text_free(&line);
	return first ? QUOTA_FIRST : QUOTA_UPLOAD;
}

static bool may_go(const struct held_by *by, const char *id, struct text *let, struct err *why)
{
	struct state_version v;
	struct err e;

	/* What is wrong with it, the upload finds out. */
	if (state_version_get(by->state, id, by->store, &v, &e))
		return true;
	bool begun = v.state == COPY_SENDING; /* half of it may be there, and shall not stay so */
	enum quota_use use = use_of(by, &v, let);
	state_version_end(&v);
	return begun || budget_allows(by->budget, use, why) == ERR_NONE;
}

void held_sift(struct held *h, const struct held_by *by, struct state_ids *ids)
{
	bool was_held = h->why.code;
	struct text let = {0};
	struct err why;
	size_t kept = 0;

	held_end(h);
	if (!budget_allows(by->budget, QUOTA_UPLOAD, &why))
		return;
	h->ids.at = text_room(ids->count, sizeof(*h->ids.at));
	for (size_t i = 0; i < ids->count; i++) {
		bool goes = may_go(by, ids->at[i], &let, &h->why);

		memmove(goes ? ids->at[kept++] : h->ids.at[h->ids.count++], ids->at[i],
			sizeof(*ids->at));
	}
	ids->count = kept;
	h->count = h->ids.count;
	h->until = budget_again(by->budget);
	if (h->why.code && !was_held)
		log_warning("uploads held", "versions=%zu why=\"%s\"", h->count, h->why.text);
	text_free(&let);
}

void held_end(struct held *h)
{
	state_ids_end(&h->ids);
	*h = (struct held){0};
}
