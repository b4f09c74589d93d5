/* model.h - a small world: machines with casmand, one with the Python client, and a store.
 *
 * What decides is casmand's own: core/lineage, ancestry, sync_rule, version, retention, dating.  What
 * carries it out is told again here in a few lines each, as the daemon's wiring does it (machine.c:
 * making, whereabouts, restore_write, sync_deed).  A database is a set of rows, a bit each; its
 * content hash is the set, and its checksum the set and the counters in its header, which every
 * write changes.  Pure: no time but the world's, no chance but the history's.
 */
#pragma once

#include "daemon/core/lineage.h"
#include "daemon/core/sync_rule.h"

#include <stdio.h>

#define MACHINES 3
#define ROWS     64  /* that a history can commit */
#define MADE     512 /* versions of a history */

/* The versions whose states a state truly comes from, itself among them: a bit each. */
struct line {
	uint64_t made[MADE / 64];
};

/* A version, wherever it is; also what is forgotten everywhere. */
struct made {
	struct version v;
	uint64_t rows;
	unsigned counters;
	struct line line;
	bool described; /* it has metadata */
	bool in_store;
	int64_t modified;
	char name[16]; /* "B7": for people */
};

struct contents {
	bool present;
	uint64_t rows;
	unsigned counters;
};

enum own_state { OWN_WAITING, OWN_STORED, OWN_SUPERSEDED };

struct own {
	size_t at; /* of world.made */
	enum own_state state;
	bool safety, suspect;
	int64_t stored_at;
};

struct machine {
	char id[VERSION_ID + 1];
	char letter;
	struct contents db;
	bool dirty;
	/* the database's row in state.db */
	bool has_base, restored;
	struct version base;
	size_t base_at;
	uint64_t sequence;
	int64_t newest_key;
	/* what a publishing capture will descend from */
	bool has_heir;
	struct version heir;
	struct line heir_line;
	/* versions that it made, and what the last listing showed */
	struct own own[MADE];
	size_t own_count;
	size_t seen[MADE];
	size_t seen_count;
	int64_t listed_at;
	/* the network, the clock */
	bool online;
	int64_t ahead, skew;
	/* for judge.c */
	bool just_restored; /* and nobody else did anything since */
};

struct world {
	struct machine machines[MACHINES];
	struct contents python;
	struct line python_line;
	struct made made[MADE];
	size_t made_count;
	int64_t now, deleted_at;
	unsigned counters;
	size_t rows;   /* committed so far */
	uint64_t owed; /* rows that nobody may lose */
	char wrong[200];
	FILE *trace; /* NULL: none */
};

void say(struct world *w, const char *text, ...) __attribute__((format(printf, 2, 3)));
/* The first one stays. */
void wrong(struct world *w, const char *text, ...) __attribute__((format(printf, 2, 3)));

void line_add(struct line *to, size_t at);
void line_join(struct line *to, const struct line *other);
bool line_has(const struct line *line, size_t at);

/* A new version of these contents: all but its lineage. */
struct made *world_make(struct world *w, const struct contents *c, char letter, uint64_t number);
/* Into a file that its writer knows. */
void world_write(struct world *w, struct contents *c, uint64_t rows);

/* --- machine.c ------------------------------------------------------------------------ */

/* Newest first, as core/lineage wants it; places in world.made. */
struct known {
	struct ancestry_version list[MADE];
	size_t at[MADE];
	struct ancestry_known known;
};
void machine_gather(const struct world *w, const struct machine *m, struct known *k);

void machine_backup(struct world *w, struct machine *m);
void machine_send(struct world *w, struct machine *m, size_t most); /* the oldest that wait */
void machine_list(struct world *w, struct machine *m);
enum lineage_state machine_sync(struct world *w, struct machine *m, bool force, bool mine);
void machine_restore(struct world *w, struct machine *m, size_t choice, bool publish);
void machine_retain(struct world *w, struct machine *m);

/* --- judge.c -------------------------------------------------------------------------- */

uint64_t judge_held(const struct world *w);     /* rows that are somewhere */
uint64_t judge_versions(const struct world *w); /* rows that some version holds */
/* What was deleted on purpose, or by who does not know better, is owed no more. */
void judge_forgive(struct world *w);
void judge_rows(struct world *w);
void judge_taken(struct world *w, const struct contents *before, const struct machine *m,
	const struct made *taken, bool asked_for);
void judge_deleted(struct world *w, const struct machine *m, size_t at);
void judge_heads(struct world *w, const struct machine *m);
/* Everybody is online and quiet: they come into step, and stay there. */
void judge_end(struct world *w);

/* --- history.c ------------------------------------------------------------------------ */

struct event {
	unsigned char deed, who, what;
};

/* Runs it; false: something is wrong, and w->wrong says what. */
bool history_run(struct world *w, const struct event *events, size_t count, FILE *trace);
/* A random one. */
void history_invent(struct event *events, size_t count, uint64_t seed);
