#include "client/escape.h"

#include <stdint.h>
#include <string.h>

#define LONGEST 4 /* bytes of a character in UTF-8 */

/* Bytes of the character at `c`, 0 if it is none.  The shortest piece that is text is one
 * character. */
static size_t length_of(const char *c)
{
	char piece[LONGEST + 1] = {0};

	for (size_t length = 1; length <= LONGEST && c[length - 1]; length++) {
		piece[length - 1] = c[length - 1];
		if (text_is_plain(piece))
			return length;
	}
	return 0;
}

static uint32_t point_of(const char *c, size_t length)
{
	uint32_t point = (unsigned char)c[0];

	if (length > 1)
		point &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++)
		point = point << 6 | ((unsigned char)c[i] & 0x3fU);
	return point;
}

/* Does it steer instead of showing?  (Unicode: Cc, Zl, Zp, Bidi_Control.) */
static bool steers(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00,   0x1f  },
		{0x7f,   0x9f  },
		{0x61c,  0x61c },
		{0x200e, 0x200f},
		{0x2028, 0x202e},
		{0x2066, 0x2069},
	};

	for (size_t i = 0; i < LENGTH(ranges); i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

static void add_point(struct text *to, uint32_t point)
{
	if (point < 0x10000)
		text_add(to, "\\u%04x", point);
	else
		text_add(to, "\\u%04x\\u%04x", 0xd800 + ((point - 0x10000) >> 10),
			0xdc00 + (point & 0x3ff));
}

void escape(struct text *to, const char *string, bool utf8)
{
	while (*string) {
		unsigned char first = (unsigned char)*string;
		size_t length = first < 0x80 ? 1 : length_of(string);
		uint32_t point = length ? point_of(string, length) : 0;

		if (!length) {
			text_add(to, "\\x%02x", first);
			length = 1;
		} else if (steers(point) || (point >= 0x80 && !utf8)) {
			add_point(to, point);
		} else {
			text_bytes(to, string, length);
		}
		string += length;
	}
}
