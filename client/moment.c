#include "client/moment.h"

#include "common/span.h"
#include "common/stamp.h"

#include <string.h>
#include <time.h>

static const char *const forms[] = {
	"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};

static bool is_utc(const char *rest)
{
	rest += strspn(rest, " ");
	return strcmp(rest, "UTC") == 0 || strcmp(rest, "Z") == 0;
}

bool moment_parse(const char *text, int64_t *moment)
{
	for (size_t i = 0; i < LENGTH(forms); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *rest = strptime(text, forms[i], &tm);

		if (!rest || (*rest && !is_utc(rest)))
			continue;
		time_t seconds = *rest ? timegm(&tm) : mktime(&tm);
		*moment = (int64_t)seconds * STAMP_SECOND;
		return true;
	}
	return false;
}

bool moment_ago(const char *text, int64_t *moment)
{
	uint64_t ms;

	if (!span_parse_time(text, &ms))
		return false;
	*moment = (int64_t)time(NULL) * STAMP_SECOND - (int64_t)ms * 1000;
	return true;
}
