#include "daemon/core/patience.h"

#include "common/attr.h"
#include "daemon/core/backoff.h"

#define ON(event)  (1U << PATIENCE_##event)
#define ANY_REASON (ON(WORK) | ON(DUE) | ON(BACK) | ON(ASKED))
#define IT_ANSWERS (ON(REACHED) | ON(STORED))
#define NOT_FIRM   (ON(BACK) | IT_ANSWERS) /* what does not end a firm rest */
#define ALL_AGAIN  (ON(DUE) | ON(BACK) | ON(ASKED) | ON(REACHED)) /* also what was set aside */

static const struct rule {
	enum patience_state in;
	unsigned on;
	enum patience_state to;
	enum patience_order order;
} rules[] = {
	{PATIENCE_UNSURE,  ANY_REASON,                     PATIENCE_ASKING, PATIENCE_PROBE},
	{PATIENCE_UNSURE,  IT_ANSWERS,                     PATIENCE_OPEN,   PATIENCE_SEND },
	{PATIENCE_ASKING,  IT_ANSWERS,                     PATIENCE_OPEN,   PATIENCE_SEND },
	{PATIENCE_OPEN,    ANY_REASON | IT_ANSWERS,        PATIENCE_OPEN,   PATIENCE_SEND },
	{PATIENCE_ASKING,  ON(DROPPED),                    PATIENCE_UNSURE, PATIENCE_WAIT },
	{PATIENCE_OPEN,    ON(DROPPED),                    PATIENCE_UNSURE, PATIENCE_WAIT },
	{PATIENCE_RESTING, ON(DUE) | ON(BACK) | ON(ASKED), PATIENCE_ASKING, PATIENCE_PROBE},
	{PATIENCE_RESTING, IT_ANSWERS,                     PATIENCE_OPEN,   PATIENCE_SEND },
};

static const struct rule *rule_of(const struct patience *p, unsigned on)
{
	if (p->state == PATIENCE_RESTING && p->firm && (on & NOT_FIRM))
		return NULL;
	for (size_t i = 0; i < LENGTH(rules); i++)
		if (rules[i].in == p->state && (rules[i].on & on))
			return &rules[i];
	return NULL;
}

static void end_rest(struct patience *p)
{
	p->until = PATIENCE_NEVER;
	p->firm = false;
}

void patience_init(struct patience *p)
{
	*p = (struct patience){.until = PATIENCE_NEVER};
}

enum patience_order patience_step(struct patience *p, enum patience_event event, bool waits)
{
	const struct rule *rule = rule_of(p, 1U << event);

	if (!rule)
		return PATIENCE_WAIT;
	if (p->state == PATIENCE_RESTING || (ALL_AGAIN & 1U << event))
		end_rest(p);
	if (event == PATIENCE_BACK || (event == PATIENCE_STORED && p->until == PATIENCE_NEVER))
		p->failures = 0;
	p->state = rule->to;
	if (rule->order != PATIENCE_PROBE || waits)
		return rule->order;
	p->state = PATIENCE_UNSURE;
	return PATIENCE_WAIT;
}

void patience_failed(struct patience *p, const struct patience_failure *f)
{
	uint64_t until = f->now + PATIENCE_REFUSED;

	if (p->until == PATIENCE_NEVER)
		p->failures++;
	if (f->later)
		until = f->now + backoff_ms(p->failures, f->random);
	if (until < f->not_before)
		until = f->not_before;
	if (f->hopeless)
		until = PATIENCE_NEVER;
	if (p->firm ? until < p->until : f->alone && p->until < until)
		until = p->until;
	p->until = until;
	if (f->alone)
		return;
	p->state = PATIENCE_RESTING;
	p->firm = p->firm || !f->later || f->not_before > f->now;
}
