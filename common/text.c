#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_room(struct text *t, size_t more)
{
	size_t wanted = t->length + more + 1;

	if (wanted <= t->room)
		return;
	size_t room = t->room ? t->room : 64;
	while (room < wanted)
		room *= 2;
	t->at = realloc(t->at, room);
	REQUIRE(t->at);
	t->room = room;
}

void text_bytes(struct text *t, const void *bytes, size_t count)
{
	make_room(t, count);
	memcpy(t->at + t->length, bytes, count);
	t->length += count;
	t->at[t->length] = '\0';
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	REQUIRE(length >= 0);
	make_room(t, (size_t)length);
	va_start(args, fmt);
	(void)vsnprintf(t->at + t->length, (size_t)length + 1, fmt, args);
	va_end(args);
	t->length += (size_t)length;
}

char *text_take(struct text *t)
{
	make_room(t, 0);
	t->at[t->length] = '\0';
	char *taken = t->at;
	*t = (struct text){0};
	return taken;
}

void text_free(struct text *t)
{
	free(t->at);
	*t = (struct text){0};
}

char *text_copy(const char *string)
{
	char *copy = strdup(string);

	REQUIRE(copy);
	return copy;
}

void *text_room(size_t count, size_t size)
{
	void *room = calloc(count ? count : 1, size);

	REQUIRE(room);
	return room;
}

bool text_fit(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length >= size) {
		to[0] = '\0';
		return false;
	}
	memcpy(to, from, length + 1);
	return true;
}

void text_cut(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length >= size)
		for (length = size - 1; length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80;)
			length--;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* How many bytes the UTF-8 character at `c` has (RFC 3629, section 4); 0 if it is none. */
static size_t utf8_length(const unsigned char *c)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t length;
	} forms[] = {
		{0x20, 0x7e, 0,    0,    1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < LENGTH(forms); i++) {
		if (c[0] < forms[i].first || c[0] > forms[i].last)
			continue;
		if (forms[i].length > 1 && (c[1] < forms[i].low || c[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((c[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

bool text_is_plain(const char *string)
{
	const unsigned char *c = (const unsigned char *)string;

	while (*c) {
		size_t length = utf8_length(c);

		if (!length)
			return false;
		c += length;
	}
	return true;
}
