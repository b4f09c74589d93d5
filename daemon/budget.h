/* budget.h - may it be asked of the store, or has this month's quota to last for more important things?
 *
 * Who is about to begin something that costs requests asks budget_allows() with what it is for, once
 * for the whole (an upload, a listing with all its pages, a maintenance, the proof of one version);
 * requests that follow from it are not asked about.  What may not begin waits, and stays visible
 * with the words of *e: it asks again at budget_again(), or when a person asks.  A person who asks
 * for it in a verb that waits gets *e as the answer.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/config.h"
#include "daemon/core/quota.h"

struct budget;

struct budget *budget_open(const struct config *c); /* c outlives it */
void budget_free(struct budget *b);

/* ERR_QUOTA: it waits; why, is in *e. */
enum err_code budget_allows(const struct budget *b, enum quota_use use, struct err *e) must_check;
/* alarm_now() when what waits may be let go on; nothing has to be asked of the store for that. */
uint64_t budget_again(const struct budget *b);
