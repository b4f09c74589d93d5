/* percent.h - bytes in a URL (RFC 3986, section 2.1), the way S3 signs them.  Pure. */
#pragma once

#include "common/text.h"

#include <stdbool.h>

/* Adds `bytes`, all but [A-Za-z0-9._~-] and those in `keep` as %XX in capitals. */
void percent_encode(struct text *to, const char *bytes, const char *keep);

/* Decodes in place; `plus` takes a '+' for a blank, as the listings of S3 do.  False, and the
 * string means nothing, where a '%' has no two hex digits behind it, or stands for NUL. */
bool percent_decode(char *string, bool plus) must_check;
