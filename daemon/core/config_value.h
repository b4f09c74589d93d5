/* config_value.h - a value as text <-> the member of the struct, by the row of the table. */
#pragma once

#include "daemon/core/config_keys.h"

/* Puts `value` into the row's member of `base` (a struct config or config_database); false, with
 * what is wrong and what would be right added to `why`, if it is not of the row's type or range.
 * A value that is secret is not quoted there. */
bool config_value_read(
	const struct config_row *row, const char *value, void *base, struct text *why) must_check;

/* The member as one would write it, a secret as ******. */
void config_value_show(const struct config_row *row, const void *base, struct text *out);

/* Frees what config_value_read() put there, wiped. */
void config_value_free(const struct config_row *row, void *base);

/* free() of what may be a secret; NULL is nothing to free. */
void config_wipe(char *string);
