#include "common/span.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 9007199254740992.0 /* 2^53: above it a double skips whole numbers */

const char *span_size(char to[SPAN_TEXT], uint64_t bytes)
{
	static const char *const units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		(void)snprintf(to, SPAN_TEXT, "%" PRIu64 " B", bytes);
		return to;
	}
	for (; size >= 1023.95 && unit + 1 < LENGTH(units); unit++)
		size /= 1024;
	(void)snprintf(to, SPAN_TEXT, "%.1f %s", size, units[unit]);
	return to;
}

const char *span_time(char to[SPAN_TEXT], uint64_t ms)
{
	uint64_t seconds = ms / 1000;

	if (seconds < 1)
		(void)snprintf(to, SPAN_TEXT, "now");
	else if (seconds < 120)
		(void)snprintf(to, SPAN_TEXT, "%" PRIu64 " s", seconds);
	else if (seconds < 7200)
		(void)snprintf(to, SPAN_TEXT, "%" PRIu64 " min", seconds / 60);
	else if (seconds < UINT64_C(48) * 3600)
		(void)snprintf(to, SPAN_TEXT, "%" PRIu64 " h", seconds / 3600);
	else
		(void)snprintf(to, SPAN_TEXT, "%" PRIu64 " days", seconds / 86400);
	return to;
}

struct unit {
	const char *name;
	double factor;
};

/* NUMBER [space] [UNIT], the unit found in a table that ends with a NULL name. */
static bool parse(const char *text, const struct unit *units, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	double number = strtod(text, &end);
	while (*end == ' ')
		end++;
	for (; units->name; units++) {
		if (strcasecmp(end, units->name) != 0)
			continue;
		double product = number * units->factor;
		if (!isfinite(product) || product > LARGEST)
			return false;
		*value = (uint64_t)llround(product);
		return true;
	}
	return false;
}

bool span_parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{"",    1         },
		{"B",   1         },
		{"k",   1024      },
		{"KB",  1024      },
		{"KiB", 1024      },
		{"M",   1048576   },
		{"MB",  1048576   },
		{"MiB", 1048576   },
		{"G",   1073741824},
		{"GB",  1073741824},
		{"GiB", 1073741824},
		{NULL,  0         },
	};

	return parse(text, units, bytes);
}

bool span_parse_time(const char *text, uint64_t *ms)
{
	static const struct unit units[] = {
		{"",    1000    },
		{"s",   1000    },
		{"ms",  1       },
		{"m",   60000   },
		{"min", 60000   },
		{"h",   3600000 },
		{"d",   86400000},
		{NULL,  0       },
	};

	return parse(text, units, ms);
}
