/* text.h - a string that grows.
 *
 * Start from `struct text t = {0}`; end with text_free(), or take the string with text_take().
 * Running out of memory ends the process: casmand's texts are small (replies, keys, reports).
 */
#pragma once

#include "common/attr.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *at; /* always ends with NUL once something was added; NULL before */
	size_t length, room;
};

void text_add(struct text *t, const char *fmt, ...) printf_like(2, 3);
void text_bytes(struct text *t, const void *bytes, size_t count);
char *text_take(struct text *t); /* the caller frees it; never NULL; t is empty again */
void text_free(struct text *t);

/* strdup() and calloc() that never answer NULL. */
char *text_copy(const char *string);
void *text_room(size_t count, size_t size);

/* Copies `from` into the array `to` of `size` bytes; false, and to is "", if it does not fit. */
bool text_fit(char *to, size_t size, const char *from) must_check;

/* Copies what fits, and no half character at its end. */
void text_cut(char *to, size_t size, const char *from);

/* Is it well-formed UTF-8 without control characters below 0x20 and without 0x7f? */
bool text_is_plain(const char *string);
