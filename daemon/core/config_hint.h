/* config_hint.h - what somebody meant who wrote a section or a key that there is not. */
#pragma once

#include "daemon/core/config_keys.h"

/* Both make the empty text `to` "did you mean ...?", or else "known: " and what there is. */
void config_hint_section(const struct config_table *t, const char *written, struct text *to);
void config_hint_key(
	const struct config_table *t, const char *section, const char *written, struct text *to);
