#include "daemon/core/httpdate.h"

#include "common/stamp.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define SECONDS_MOST UINT64_C(4000000000) /* of Retry-After: more than a century is a century */
#define MS_IN_SECOND 1000
#define US_IN_MS     1000
#define CENTURY      100
#define FAR          50 /* years ahead: two digits mean no later year than that */

/* As struct tm has it: 94 may be 94 (1994) or 194 (2094). */
static int near_year(int two_digits, int64_t now)
{
	time_t seconds = (time_t)(now / STAMP_SECOND);
	struct tm today;

	REQUIRE(gmtime_r(&seconds, &today));
	int year = two_digits + (today.tm_year / CENTURY + 1) * CENTURY;
	while (year > today.tm_year + FAR)
		year -= CENTURY;
	return year;
}

static bool exists(const struct tm *day)
{
	struct tm date = {.tm_year = day->tm_year, .tm_mon = day->tm_mon, .tm_mday = day->tm_mday};

	(void)timegm(&date); /* which makes the 31st of February a day in March */
	return date.tm_mday == day->tm_mday;
}

/* strptime() speaks English, for casmand never calls setlocale(). */
bool httpdate_parse(const char *text, int64_t now, int64_t *moment)
{
	static const struct {
		const char *form;
		bool two_digits;
	} forms[] = {
		{"%a, %d %b %Y %H:%M:%S GMT", false},
		{"%a, %d-%b-%y %H:%M:%S GMT", true },
		{"%a %b %d %H:%M:%S %Y",      false},
	};

	for (size_t i = 0; i < LENGTH(forms); i++) {
		struct tm day = {0};
		const char *end = strptime(text, forms[i].form, &day);

		if (!end || *end)
			continue;
		if (forms[i].two_digits)
			day.tm_year = near_year(day.tm_year % CENTURY, now);
		if (!exists(&day))
			return false;
		*moment = (int64_t)timegm(&day) * STAMP_SECOND;
		return true;
	}
	return false;
}

static bool seconds_of(const char *text, uint64_t *seconds)
{
	*seconds = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		if (*seconds < SECONDS_MOST)
			*seconds = *seconds * 10 + (uint64_t)(*text - '0');
	}
	return true;
}

bool httpdate_retry_after(const char *text, int64_t now, uint64_t *ms)
{
	uint64_t seconds;
	int64_t moment;

	if (seconds_of(text, &seconds)) {
		*ms = seconds * MS_IN_SECOND;
		return true;
	}
	if (!httpdate_parse(text, now, &moment))
		return false;
	*ms = moment > now ? (uint64_t)(moment - now) / US_IN_MS : 0;
	return true;
}
