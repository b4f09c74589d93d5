/* backoff.h - how long to wait before the next try.  Pure.
 *
 * Exponential with full jitter: a delay drawn evenly from [BACKOFF_FIRST, the ceiling of this try],
 * so that machines that failed together do not come back together.
 */
#pragma once

#include <stdint.h>

#define BACKOFF_FIRST 1000   /* ms: the least wait */
#define BACKOFF_LAST  300000 /* ms: the ceiling that doubling ends at */

/* `failures` so far in a row (at least 1), and 32 random bits. */
uint64_t backoff_ms(unsigned failures, uint32_t random);
