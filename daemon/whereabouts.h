/* whereabouts.h - where a database stands among its versions, from what is known here.
 *
 * Gathers for core/lineage: the versions that the last listing showed and those that wait, the base
 * (ours, or taken from elsewhere), and whether somebody wrote since.  Asks neither store nor
 * database: a listing counts only while the store is reached.
 *
 * A version without a record that descends from nothing is what an application makes at its first
 * start: where there is any other, it is no head, and who has no more than that has nothing.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/core/lineage.h"
#include "daemon/engine.h"

#define WHEREABOUTS_MOST 1000 /* of a database's versions, the newest */

/* What is in the database, by somebody who has just looked; else the base and the marks of commits
 * since tell. */
struct whereabouts_seen {
	bool present, empty;
	const char *content, *checksum;
};

struct whereabouts {
	struct lineage l;
	struct ancestry_known known;
	struct state_listed *listed; /* the rows of `known`, in the same places */
	struct version base;
	bool has_base;
};

/* seen NULL: nobody looked.  Ended by whereabouts_end() in any case. */
enum err_code whereabouts_look(const struct engine_parts *p, const struct pipeline_view *view,
	const struct whereabouts_seen *seen, struct whereabouts *w, struct err *e) must_check;
void whereabouts_end(struct whereabouts *w);

/* Its state alone; UNKNOWN where it cannot be told. */
enum lineage_state whereabouts_of(const struct engine_parts *p, const struct pipeline_view *view);

/* The keys of a database's heads, in any order. */
enum err_code whereabouts_heads(const struct engine_parts *p, const char *database,
	void (*each)(void *arg, const char *key), void *arg, struct err *e) must_check;

/* What a version descends from, as `heir`'s child, that joins all heads: of `first`, and then of the
 * others. */
void whereabouts_join(
	const struct whereabouts *w, const struct version *first, struct version *heir);
/* Are there heads that are not `taken`, nor of its contents? */
bool whereabouts_others(const struct whereabouts *w, const struct version *taken);
