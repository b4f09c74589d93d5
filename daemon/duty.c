#include "daemon/duty.h"

#include "common/attr.h"
#include "common/stamp.h"

#define DAY (86400 * STAMP_SECOND)

const char *duty_name(enum duty duty)
{
	static const char *const names[] = {
		[DUTY_PROOF] = STATE_PROOF, [DUTY_MAINTAIN] = STATE_MAINTAIN, [DUTIES] = ""};

	return names[duty];
}

const char *duty_idle(const struct engine_parts *p, enum duty duty)
{
	if (p->config->backend == BACKEND_DISABLED)
		return "backend = disabled in the configuration";
	if (duty == DUTY_MAINTAIN && p->config->backend == BACKEND_FILE)
		return "a folder has no storage classes: nothing has to be kept in Standard";
	if (duty == DUTY_MAINTAIN && p->config->backend == BACKEND_S3)
		return "the free tier that Infrequent Access would leave is R2's: on S3 storage "
		       "classes are the bucket's own lifecycle rules, and stay as they are";
	return NULL;
}

static double days(const struct config *c, enum duty duty)
{
	return duty == DUTY_PROOF ? c->proof_every_days : c->maintain_every_days;
}

enum err_code duty_rota(const struct engine_parts *p, enum duty duty, struct rota *r,
	struct state_upkeep *u, struct err *e)
{
	if (state_upkeep_get(p->state, storage_id(p->storage), duty_name(duty), u, e))
		return e->code;
	*r = (struct rota){.every = (int64_t)(days(p->config, duty) * (double)DAY),
		.since = u->since,
		.last = u->last_at,
		.clock = engine_clock(p),
		.clock_known = engine_clock_known(p),
		.cut = u->under_way};
	return ERR_NONE;
}
