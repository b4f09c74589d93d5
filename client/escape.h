/* escape.h - what others wrote, made safe to look at.
 *
 * Names, operations and errors come from outside, and a terminal obeys what it is sent.  Control
 * characters (C0, DEL and C1), line separators and the characters that turn the direction of
 * writing become \uXXXX as in JSON, so that a JSON text stays one; bytes that are no UTF-8 become
 * \xXX.  Where the reader's screen is not UTF-8, whatever is not ASCII becomes \uXXXX as well.
 * Pure.
 */
#pragma once

#include "common/text.h"

void escape(struct text *to, const char *string, bool utf8);
