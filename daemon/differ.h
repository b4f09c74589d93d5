/* differ.h - by what rows do the local contents and a version in the store differ?  Two histories
 * diverged, and somebody has to choose.
 *
 * When all is well: the database is held for as long as it is copied; the version is downloaded
 * (download.h); the rows of the two copies are counted; then both copies go.  Nothing is changed.
 *
 * When not: `done` hears of it; the choice can be made without.
 *
 * Owner: the caller; it stays put from the start until `done`, which comes once, and calls
 * differ_end() then.  differ_cut() ends it soon, with CANCELED; the engine may go then.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/download.h"
#include "daemon/io/snapshot.h"

#define DIFFER_TABLES 64 /* that are told of; who has more sees the first of them */
#define DIFFER_NAME   128

struct differ_table {
	char name[DIFFER_NAME];
	int64_t here, there; /* rows that only this side has; -1: not known */
};

struct differ {
	/* asked */
	const char *database;
	struct state_listed theirs;
	void (*done)(struct differ *d, const struct err *e);
	/* answered: the tables that differ */
	struct differ_table tables[DIFFER_TABLES];
	size_t count;
	/* private */
	const struct engine_parts *parts;
	struct pipeline_hold hold;
	char *copy; /* of the database */
	struct snapshot snapshot;
	struct download download;
	struct work work;
	atomic_bool stop;
};

void differ_start(struct differ *d, const struct engine_parts *parts);
void differ_cut(struct differ *d); /* if it was begun; else nothing */
void differ_end(struct differ *d);
