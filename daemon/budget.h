/* budget.h - what is asked of the store and what lies in it, counted; and who may still ask.
 *
 * Who is about to begin something that costs requests asks budget_allows() with what it is for, once
 * for the whole (an upload, a listing with all its pages, a maintenance, the proof of one version);
 * requests that follow from it are not asked about.  What may not begin waits, and stays visible
 * with the words of *e: it asks again at budget_again(), or when a person asks.  A person who asks
 * for it in a verb that waits gets *e as the answer.
 *
 * Counting: each request is counted when it ends, and is in state.db two seconds later, or with 32
 * others: a crash loses no more, and an idle casmand writes nothing.  What went up adds to what lies
 * in the store, whoever deletes says so, and each listing measures it anew.  A folder is not counted.
 * Requests from before the store told who it is are counted when it does.
 *
 * Threads: the loop's.  Blocks as state.h does.
 */
#pragma once

#include "daemon/core/quota.h"
#include "daemon/io/state.h"

struct budget;

struct budget_options { /* config and state outlive it */
	const struct config *config;
	struct state *state;
	int64_t built;               /* the clock shows no earlier time */
	int64_t (*clock)(void *arg); /* as well as it is known */
	void (*moved)(void *arg);    /* budget_turn() wants to be called */
	void *arg;
};

struct budget *budget_open(const struct budget_options *o);
/* Nothing is asked of the store any more; what is not yet written down is. */
void budget_free(struct budget *b);

/* --- what was done ---------------------------------------------------------------- */

void budget_store(struct budget *b, int64_t store); /* its number in state.db; 0: not known yet */
void budget_sent(struct budget *b, const struct quota_sent *s);
void budget_measured(
	struct budget *b, uint64_t bytes);             /* a listing to its end: all that is there */
void budget_deleted(struct budget *b, uint64_t bytes); /* an object of that length is gone */
/* Writes down what is due; alarm_now() of the next, or ALARM_NEVER. */
uint64_t budget_turn(struct budget *b, uint64_t now);

/* --- what may be done ------------------------------------------------------------- */

/* ERR_QUOTA: it waits; why, is in *e. */
enum err_code budget_allows(const struct budget *b, enum quota_use use, struct err *e) must_check;
/* alarm_now() when what waits may be let go on; nothing has to be asked of the store for that. */
uint64_t budget_again(const struct budget *b);

struct budget_view {
	bool counted; /* false: the store is a folder, or there is none */
	struct quota_month month;
	struct quota quota;
};
struct budget_view budget_see(const struct budget *b);
