/* storage.h - the store in use: which it is, whether it is reached, and when that was last known.
 *
 * Who sends a request to the store tells storage how it went (storage_went()); storage_probe() asks
 * on purpose.  Nothing here asks by itself.  A store is known by its permanent name, not by its
 * place: another USB disk at the same path is another store.
 *
 * A store for which credentials are missing is not available: there is none to ask, and probes fail
 * with what a person can do about it.
 */
#pragma once

#include "daemon/core/quota.h"
#include "daemon/io/state.h"
#include "daemon/io/store.h"

struct storage;

struct storage_events {
	/* A probe found another store than before: what is stored there is another matter. */
	void (*changed)(void *arg);
	/* It answers, after it did not, or for the first time. */
	void (*reached)(void *arg);
	/* NULL, or: what a request to a bucket has cost. */
	void (*sent)(void *arg, const struct quota_sent *s);
	void *arg;
};

/* c and state outlive it.  backend = disabled: there is no store, and probes fail with OFFLINE. */
struct storage *storage_open(struct uv_loop_s *loop, const struct config *c, struct state *state,
	const struct storage_events *events);

struct store *storage_store(const struct storage *s); /* NULL: disabled or not available */
int64_t storage_id(const struct storage *s);          /* its number in state.db; 0: not known yet */

struct storage_view {
	int reached;             /* 1 yes, 0 no, -1 nobody asked yet */
	int64_t asked_at, ok_at; /* clock; STAMP_NONE */
	bool judged;             /* in this run it was reached, and looked at where it lies */
	const char *place, *error, *warning; /* error and warning: "" if there is none */
	enum err_code code;                  /* of the error */
	const char *endpoint;                /* NULL: it is no bucket, or nobody knows whose */
	int64_t skew; /* us that our clock is ahead of the store's; STAMP_NONE: not known */
};
struct storage_view storage_see(const struct storage *s);
/* What is odd about where the store lies; kept until said again. */
void storage_warn(struct storage *s, const char *warning);

void storage_went(struct storage *s, const struct err *e);

/* `done` comes once (at once where there is no store); several callers share one request. */
struct storage_ask {
	void (*done)(struct storage_ask *ask, const struct err *e);
	struct storage_ask *next; /* private */
};
void storage_probe(struct storage *s, struct storage_ask *ask);

void storage_close(struct storage *s, void (*closed)(void *arg), void *arg);
