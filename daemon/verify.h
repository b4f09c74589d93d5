/* verify.h - the proof: versions in the store, one after the other, are what they should be.
 *
 * When all is well: the store is listed, versions are chosen (of each database the newest, and an
 * older one at random), and each is tried (trial.h).  What is found is durable before the next.
 *
 * When not: a version that is bad is in the log and in history, and `found` hears of it; the others
 * are looked at all the same.  What hinders (the store is gone, the quota, a full spool) ends it;
 * what was found stays.
 *
 * Between two versions `ready` is asked.  BUSY: it rests until verify_go_on(); another failure ends it.
 * At the end: verify_stop(); `done` comes soon, with CANCELED.  It is gone when `done` is entered.
 *
 * Threads: the loop's.
 */
#pragma once

#include "common/doc.h"
#include "daemon/engine.h"

struct verify;

struct verify_want {
	const char *key;      /* this version, by key or id; NULL: not one alone */
	const char *database; /* the newest and an older one of this; NULL: of each */
	bool all;             /* everything in the store */
	enum err_code (*ready)(void *arg, struct err *e);
	void (*progress)(void *arg, struct doc *params);     /* gives params away; may be NULL */
	void (*found)(void *arg, const struct version *bad); /* it is marked already */
	/* What was found, given away; e: what ended it before its end, else NULL. */
	void (*done)(void *arg, struct doc *result, const struct err *e);
	void *arg;
};

/* Its texts are copied.  `done` may come from inside. */
void verify_start(
	struct verify **out, const struct engine_parts *parts, const struct verify_want *want);
void verify_go_on(struct verify *v); /* if it rests */
void verify_stop(struct verify *v);
