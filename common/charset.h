/* charset.h - what the reader's locale can show. */
#pragma once

#include <stdbool.h>

/* By LC_ALL, LC_CTYPE and LANG; the process's own locale is not looked at, and stays. */
bool charset_is_utf8(void);
