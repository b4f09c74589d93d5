/* alert.h - what an administrator is told without asking: conditions, when they begin and clear.
 *
 * A table of conditions looks at facts.  One that holds for as long as its row says is raised: that
 * is told once.  When it holds no more it is cleared: that is told once, and only if it was raised.
 * What is raised is known over restarts (alerts_restore()), and lasts until what would clear it is
 * known again, so nothing is told twice.  None waits longer than the configuration's `after`.  Pure.
 */
#pragma once

#include "common/text.h"
#include "daemon/core/config.h"
#include "daemon/core/lineage.h"

#include <stdint.h>

#define ALERT_NAME  24
#define ALERT_WORDS 256
#define ALERT_NEVER UINT64_MAX

struct alert_database {
	const char *name;
	const char *why;       /* suspect: in words */
	const char *bad_proof; /* the version that a proof found bad, and why; "" */
	const char *error_text;
	enum err_code error; /* why it is not captured; NONE */
	bool suspect, bad;   /* its newest version looks damaged or emptied; its copy was lost */
	bool unknown;        /* whether it can be captured: nobody tried yet */
	bool crowded;        /* the queue has no room for its next version, and `error` says so */
	bool made;           /* it was there: a version was made of it, or restored into it */
	enum lineage_state standing;
};

struct alert_facts {
	uint64_t now;           /* ms of a steady clock */
	uint64_t after;         /* ms: how long versions and scans may wait for the store */
	int64_t unprotected_ms; /* the oldest scan that no stored version covers; -1: none */
	int64_t unprotected;
	int64_t unstored_ms; /* the oldest change or version that is not stored; -1: all is */
	uint64_t queue_bytes, queue_limit; /* of the spool */
	enum err_code store;               /* what the store answered last; NONE */
	const char *store_text;
	bool store_unknown; /* nobody asked it yet, or sent it what waits: so all this is not known */
	const char *neighbour; /* the store lies badly; "" */
	const char *quota;     /* little is left of it, in words; "" */
	const char *retention; /* why old versions are not deleted; "" */
	uint64_t room;         /* bytes free for the state folder */
	int64_t skew_s;        /* our clock minus the store's */
	const struct alert_database *databases;
	size_t count;
};

struct alert {
	char condition[ALERT_NAME];
	char database[CONFIG_NAME_MAX + 1]; /* "": of none */
	char words[ALERT_WORDS];
	uint64_t held;  /* ms of the steady clock when it was first seen */
	uint64_t lasts; /* ms until it is raised */
	bool raised, holds;
};

struct alerts { /* {0} are none */
	struct alert *list;
	size_t count;
};

/* What was raised before a restart; a condition that there is no more is cleared by the next step. */
void alerts_restore(
	struct alerts *a, const char *condition, const char *database, const char *words);
/* `tell` hears what begins (`raised`) and what clears. */
void alerts_step(struct alerts *a, const struct alert_facts *f,
	void (*tell)(void *arg, const struct alert *alert), void *arg);
/* When the next one is raised if nothing changes; ALERT_NEVER. */
uint64_t alerts_due(const struct alerts *a);
size_t alerts_raised(const struct alerts *a);
void alerts_free(struct alerts *a);

/* Is it about whether a database can be captured, so that a capture tells whether it is over? */
bool alert_of_capture(const char *condition);

/* The i-th condition's name, for the documents' check; NULL past the end. */
const char *alert_condition(size_t i);
