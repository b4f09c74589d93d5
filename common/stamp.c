#include "common/stamp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct parts {
	struct tm day;
	long micros;
};

static struct parts parts_of(int64_t moment)
{
	int64_t seconds = moment / STAMP_SECOND, micros = moment % STAMP_SECOND;
	struct parts p = {0};

	if (micros < 0) {
		micros += STAMP_SECOND;
		seconds--;
	}
	time_t t = (time_t)seconds;
	REQUIRE(gmtime_r(&t, &p.day));
	p.micros = (long)micros;
	return p;
}

static const char *write_iso(char to[STAMP_TEXT], int64_t moment, const char *zone)
{
	struct parts p = parts_of(moment);
	size_t n = strftime(to, STAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &p.day);

	if (p.micros)
		n += (size_t)snprintf(to + n, STAMP_TEXT - n, ".%06ld", p.micros);
	(void)snprintf(to + n, STAMP_TEXT - n, "%s", zone);
	return to;
}

const char *stamp_json(char to[STAMP_TEXT], int64_t moment)
{
	return write_iso(to, moment, "Z");
}

const char *stamp_iso(char to[STAMP_TEXT], int64_t moment)
{
	return write_iso(to, moment, "+00:00");
}

const char *stamp_plain(char to[STAMP_TEXT], int64_t moment)
{
	struct parts p = parts_of(moment);

	(void)strftime(to, STAMP_TEXT, "%Y-%m-%d %H:%M:%S UTC", &p.day);
	return to;
}

const char *stamp_key(char to[STAMP_TEXT], int64_t moment)
{
	struct parts p = parts_of(moment);

	(void)strftime(to, STAMP_TEXT, "%Y%m%d_%H%M%S", &p.day);
	return to;
}

/* Exactly `digits` digits at *at, which moves behind them. */
static bool number(const char **at, int digits, int *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		*value = *value * 10 + (**at - '0');
	}
	return true;
}

static bool literal(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* timegm() accepts the 31st of February; a moment that comes back changed did not exist. */
static bool to_moment(struct tm day, int64_t *moment)
{
	struct tm back = day;

	day.tm_isdst = 0;
	time_t t = timegm(&back);
	if (back.tm_mday != day.tm_mday || back.tm_mon != day.tm_mon ||
		back.tm_hour != day.tm_hour || back.tm_min != day.tm_min ||
		back.tm_sec != day.tm_sec)
		return false;
	*moment = (int64_t)t * STAMP_SECOND;
	return true;
}

static bool date(const char **at, const char *separator, struct tm *day)
{
	if (!number(at, 4, &day->tm_year) || (*separator && !literal(at, *separator)) ||
		!number(at, 2, &day->tm_mon) || (*separator && !literal(at, *separator)) ||
		!number(at, 2, &day->tm_mday))
		return false;
	day->tm_year -= 1900;
	day->tm_mon -= 1;
	return true;
}

static bool hours(const char **at, const char *separator, struct tm *day)
{
	return number(at, 2, &day->tm_hour) && (!*separator || literal(at, *separator)) &&
		number(at, 2, &day->tm_min) && (!*separator || literal(at, *separator)) &&
		number(at, 2, &day->tm_sec);
}

static int64_t fraction(const char **at)
{
	int64_t micros = 0, unit = STAMP_SECOND / 10;

	if (**at != '.')
		return 0;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++, unit /= 10)
		micros += (**at - '0') * unit;
	return micros;
}

/* "Z", nothing, or "+HH:MM" / "-HH:MM", and then the end. */
static bool zone(const char *at, int64_t *offset)
{
	int h, m, sign = *at == '-' ? -1 : 1;

	*offset = 0;
	if (!*at || strcmp(at, "Z") == 0)
		return true;
	if (*at != '+' && *at != '-')
		return false;
	at++;
	if (!number(&at, 2, &h) || !literal(&at, ':') || !number(&at, 2, &m) || *at || h > 23 ||
		m > 59)
		return false;
	*offset = sign * (h * INT64_C(3600) + m * INT64_C(60)) * STAMP_SECOND;
	return true;
}

bool stamp_parse_iso(const char *text, int64_t *moment)
{
	struct tm day = {0};
	int64_t offset;

	if (!date(&text, "-", &day) || (*text != 'T' && *text != ' '))
		return false;
	text++;
	if (!hours(&text, ":", &day))
		return false;
	int64_t micros = fraction(&text);
	if (!zone(text, &offset) || !to_moment(day, moment))
		return false;
	*moment += micros - offset;
	return true;
}

bool stamp_parse_key(const char *text, int64_t *moment)
{
	struct tm day = {0};

	return date(&text, "", &day) && literal(&text, '_') && hours(&text, "", &day) &&
		to_moment(day, moment);
}
