#include "daemon/core/backoff.h"

uint64_t backoff_ms(unsigned failures, uint32_t random)
{
	uint64_t ceiling = BACKOFF_FIRST;

	for (unsigned i = 0; i < failures && ceiling < BACKOFF_LAST; i++)
		ceiling *= 2;
	if (ceiling > BACKOFF_LAST)
		ceiling = BACKOFF_LAST;
	return BACKOFF_FIRST + (ceiling - BACKOFF_FIRST) * random / UINT32_MAX;
}
