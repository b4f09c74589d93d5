#include "daemon/core/percent.h"

#include <string.h>

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static const char digits[] = "0123456789ABCDEF";

void percent_encode(struct text *to, const char *bytes, const char *keep)
{
	for (; *bytes; bytes++) {
		unsigned char c = (unsigned char)*bytes;

		if (strchr(UNRESERVED, c) || strchr(keep, c))
			text_bytes(to, bytes, 1);
		else
			text_bytes(to, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
	}
}

/* The value of a hex digit; -1: it is none. */
static int value_of(char c)
{
	if (c >= 'a' && c <= 'f')
		c = (char)(c - 'a' + 'A');
	const char *found = c ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

bool percent_decode(char *string, bool plus)
{
	char *to = string;

	for (const char *from = string; *from; from++) {
		if (*from != '%') {
			bool is_blank = *from == '+' && plus;

			*to++ = (char)(is_blank ? ' ' : *from);
			continue;
		}
		int high = value_of(from[1]), low = high < 0 ? -1 : value_of(from[2]);
		if (low < 0 || high + low == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return true;
}
