#include "daemon/budget.h"

#include "common/text.h"
#include "daemon/io/alarm.h"

#define AGAIN UINT64_C(3600000) /* ms: a month has ended by then, or room was made */

struct budget {
	struct quota quota;
};

struct budget *budget_open(const struct config *c)
{
	struct budget *b = text_room(1, sizeof(*b));

	(void)c; /* it cannot say limits yet */
	return b;
}

void budget_free(struct budget *b)
{
	free(b);
}

enum err_code budget_allows(const struct budget *b, enum quota_use use, struct err *e)
{
	return quota_allows(&b->quota, use, e);
}

uint64_t budget_again(const struct budget *b)
{
	(void)b;
	return alarm_now() + AGAIN;
}
