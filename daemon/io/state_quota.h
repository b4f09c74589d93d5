/* state_quota.h - what was asked of a store, month by month, in state.db.  As state.h in all else. */
#pragma once

#include "daemon/core/quota.h"
#include "daemon/io/state.h"

/* All zero: there is nothing of that month.  month 0: the newest there is. */
enum err_code state_quota_get(
	struct state *s, int64_t store, int month, struct quota_month *m, struct err *e) must_check;
enum err_code state_quota_put(
	struct state *s, int64_t store, const struct quota_month *m, struct err *e) must_check;
