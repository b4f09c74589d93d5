#include "daemon/core/tidying.h"

#include <string.h>

bool tidying_is_standard(const char *class)
{
	return !*class || strcmp(class, "STANDARD") == 0;
}

enum tidying tidying_of(const char *class, bool is_metadata, bool shared)
{
	if (tidying_is_standard(class))
		return TIDYING_TOUCH;
	return shared && !is_metadata ? TIDYING_KEEP : TIDYING_MOVE;
}
