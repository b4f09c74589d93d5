/* config_expand.h - what stands in the file -> the value that is meant.
 *
 * `${NAME}` is the first line of the credential NAME, else the environment variable NAME; a name
 * has letters, digits, `.`, `_` and `-`.  What it brings is not expanded again, and `$` alone means
 * nothing.  White space around a value is not part of it.
 */
#pragma once

#include "daemon/core/config.h"

/* The value that the caller wipes, or NULL and why not. */
char *config_expand(const char *raw, const struct config_world *world, struct text *why) must_check;

/* The value of `KEY_file = raw`: the first line of the file of that name. */
char *config_expand_file(
	const char *raw, const struct config_world *world, struct text *why) must_check;

/* Of the environment; NULL where it is not set or empty, which is alike.  The caller wipes it. */
char *config_variable(const struct config_world *world, const char *name);

/* Takes the white space off both ends, in place, and answers the string. */
char *config_trim(char *value);

/* Does nothing of the value stand in the file: is it empty, or ${NAME}s alone? */
bool config_is_reference(const char *raw);
