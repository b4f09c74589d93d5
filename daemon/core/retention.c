#include "daemon/core/retention.h"

#define DAY INT64_C(86400000000) /* microseconds */

/* Days before 1970 are days, too. */
static int64_t day_of(const struct retained *v)
{
	return v->at / DAY - (v->at % DAY < 0);
}

/* Does its day have a newer version?  A clock that was set back brings a day again. */
static bool has_newer(const struct retained *list, size_t i)
{
	for (size_t newer = i; newer-- > 0;)
		if (!list[newer].apart && day_of(&list[newer]) == day_of(&list[i]))
			return true;
	return false;
}

void retention_judge(const struct retention *keep, struct retained *list, size_t count)
{
	unsigned versions = 0, days = 0;

	for (size_t i = 0; i < count; i++) {
		bool counted = versions < keep->versions && !list[i].apart;
		bool daily = days < keep->days && !list[i].apart && !has_newer(list, i);

		versions += counted;
		days += daily;
		list[i].kept = list[i].apart || counted || daily;
	}
}
