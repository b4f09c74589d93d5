/* config_read.h - the lines of the file -> what is said, with all that is wrong about it.
 *
 * Here a section or a key that there is not, one given twice and one outside of any section are
 * found; what a value means comes later.
 */
#pragma once

#include "daemon/core/config_said.h"

void config_read(struct config_said *s, const char *text, size_t length);
