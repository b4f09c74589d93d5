#include "daemon/pinning.h"

#include "common/log.h"
#include "daemon/choose.h"
#include "daemon/io/pins.h"
#include "daemon/report.h"

#include <string.h>

const struct call_rule pinning_rules[] = {
	{"key", CALL_TEXT},
	{NULL,  CALL_TEXT},
};

static enum err_code may_accept(
	const struct engine_parts *p, const struct state_listed *l, struct err *e)
{
	struct state_version v;

	if (!l->suspect || state_version_get(p->state, l->seen.v.id, 0, &v, e))
		return err_set(e, ERR_PROTO, "%s is not suspect", l->seen.key);
	if (strncmp(v.why, STATE_DAMAGED, strlen(STATE_DAMAGED)) == 0)
		err_set(e, ERR_REFUSED, "%s cannot be accepted: it is %s. Mend: restore another",
			l->seen.key, v.why);
	state_version_end(&v);
	return e->code;
}

static enum err_code obey(const struct engine_parts *p, const struct state_listed *l,
	enum pinning what, struct err *e)
{
	e->code = ERR_NONE;
	switch (what) {
	case PINNING_PIN: return pins_put(p->state, &l->seen, e);
	case PINNING_UNPIN: return pins_remove(p->state, &l->seen, e);
	case PINNING_ACCEPT:
	default: return may_accept(p, l, e) ? e->code : pins_accept(p->state, l->seen.v.id, e);
	}
}

void pinning_take(struct call *call, const struct engine *engine, enum pinning what)
{
	static const char *const done[] = {"pinned", "unpinned", "accepted"};
	const struct engine_parts *p = engine_parts(engine);
	struct choose which = {.key = doc_as_text(call_param(call, "key"), NULL)};
	int64_t store = storage_id(p->storage);
	struct state_listed l;
	struct doc *d;
	struct err e;

	if (!which.key)
		err_set(&e, ERR_PROTO, "key is missing: of which version?");
	else if (!choose_version(p->state, store, &which, &l, &e) && !obey(p, &l, what, &e) &&
		!choose_version(p->state, store, &which, &l, &e)) {
		log_info("marked", "db=%s key=%s as=%s", l.seen.v.db_name, l.seen.key, done[what]);
		d = doc_object();
		doc_put(d, "version", report_listed(&l));
		call_answer(call, d);
		prune_changed(p->prune);
		return;
	}
	call_fail(call, &e, NULL);
}
