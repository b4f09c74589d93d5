/* keeping.h - which versions of a database stay in the store in use, and why: core/keep's question,
 * put and answered from what state.db knows.  Asks nobody, changes nothing.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/keep.h"
#include "daemon/io/kept.h"

struct keeping_ask {
	struct state *state;
	int64_t store;
	const struct config *config;
	int64_t now;           /* as well as it is known */
	const char *restoring; /* key of the version that is being restored; "" */
	const char *named; /* versions of this machine (its id, or the first digits of it, or its
				  host) go, on purpose; "": none */
};

struct keeping_row {
	struct keep_version k;
	char key[OBJKEY_ROOM];
	char id[VERSION_ID + 1], machine[VERSION_ID + 1], host[VERSION_HOST + 1];
	uint64_t size;
};

struct keeping {
	char database[CONFIG_NAME_MAX + 1];
	struct keep_rules rules;
	struct keeping_row *rows; /* ours, newest first; then the others' */
	size_t count;
};

/* The caller ends it, in either case. */
enum err_code keeping_judge(struct keeping *to, const struct keeping_ask *ask, const char *database,
	struct err *e) must_check;
void keeping_end(struct keeping *k);

/* Did the machine of this name make the version?  A name of fewer than KEEPING_DIGITS names none. */
#define KEEPING_DIGITS 8
bool keeping_is_of(const struct version *v, const char *name);
