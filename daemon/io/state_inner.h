/* state_inner.h - what the files of state.h share, and nobody else sees. */
#pragma once

#include "daemon/io/history.h"
#include "daemon/io/sql.h"
#include "daemon/io/state.h"

struct state {
	struct sql *sql;
	char *folder;
	int lock; /* of the folder */
	char machine[VERSION_ID + 1];
};

/* A transaction around what *e says went well or not: commits on NONE, else rolls back. */
enum err_code state_begin(struct state *s, struct err *e) must_check;
enum err_code state_end(struct state *s, struct err *e);

/* One row of `database`, inside a transaction or not. */
enum err_code state_database_write(
	struct state *s, const struct state_database *d, struct err *e) must_check;
/* See state_scans_add(); inside a transaction. */
enum err_code state_scans_write(
	struct state *s, struct state_scan *scans, size_t count, struct err *e) must_check;

/* Lists of a version as the text that the tables keep (the form of its tags).  A damaged one is
 * logged and left out: it costs an ancestor, not the version. */
const char *state_tag(const struct version *v, const char *name, char to[VERSION_TAG_ROOM]);
void state_untag(struct version *v, const char *name, const char *text);

/* A version's columns in the order in which state_version_read() takes them; its copy in store ?1
 * beside it.  One that is in no store and has no file any more says why. */
#define STATE_VERSIONS                                                                             \
	"SELECT v.id, db_name, machine, host, sequence, timestamp, key_moment, checksum, content," \
	" size, record_count, operation, base, ancestors, past, tables, scans, suspect, why,"      \
	" safety, spooled, coalesce(copy.state, nullif(fate, ''), 'captured'),"                    \
	" coalesce(copy.key, ''), coalesce(copy.error, ''), v.id IN (SELECT version FROM pin)"     \
	" FROM version v"                                                                          \
	" LEFT JOIN copy ON copy.version = v.id AND copy.store = ?1"
void state_version_read(struct sqlite3_stmt *row, struct state_version *v);

/* Since `b` was found bad a newer version of its database was found good. */
#define STATE_OUTLIVED                                                                             \
	"EXISTS (SELECT 1 FROM proof p WHERE p.store = b.store AND p.db_name = b.db_name"          \
	" AND p.bad = '' AND p.number > b.number AND p.timestamp > b.timestamp)"

void state_ids_add(struct state_ids *ids, const char *id);

/* What was seen in a store, in the order in which state_listed_read() takes it; behind it the state,
 * and whether it is suspect, and pinned. */
#define STATE_SEEN                                                                                 \
	"s.key, s.db_name, s.size, s.modified, s.described, s.refused, s.id, s.machine, s.host,"   \
	" s.sequence, s.timestamp, s.checksum, s.content, s.record_count, s.operation, s.base,"    \
	" s.ancestors, s.past"
void state_listed_read(struct sqlite3_stmt *row, struct state_listed *l);

/* Writes what happened to a version, inside a transaction; key and text may be NULL. */
struct state_deed {
	enum history_event event;
	const char *version, *key, *text;
};
enum err_code state_history_of(
	struct state *s, const struct state_deed *deed, struct err *e) must_check;
