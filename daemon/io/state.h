/* state.h - state.db: what casmand knows, through kill -9 and power cuts.
 *
 * SQLite in WAL mode with synchronous=FULL (measured: nothing lost in 600 power cuts).  Only the
 * daemon opens it, and only one: the folder is locked, and a second daemon is told the first one's
 * pid. Every function that changes something is one transaction: done and durable, or not done.
 *
 * A version and a store meet in a row of `copy`, made when it is first sent: so what is known of a
 * version in a store is kept per store.  A version without such a row, whose file is in the spool,
 * waits to be sent; one whose file left it unstored (superseded, or lost) says so itself.
 *
 * Threads: the loop's (and main's before it runs).  Blocks for one fsync of the state folder's
 * disk.
 */
#pragma once

#include "common/err.h"
#include "daemon/core/footprint.h"
#include "daemon/core/objkey.h"
#include "daemon/core/retention.h"
#include "daemon/core/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state;

/* Opens or makes `folder` (0700, mended where it is not), locks it, opens state.db in it, makes the
 * machine's id.  REFUSED: others may enter it, and it holds what is not casmand's.  BUSY: another casmand has it (its pid is in the text).  CONFIG: a newer casmand wrote it. */
enum err_code state_open(struct state **out, const char *folder, struct err *e) must_check;
void state_close(struct state *s);
const char *state_folder(const struct state *s); /* with links resolved */
const char *state_machine(const struct state *s);

/* --- scans: a scan's number is the running total after it -------------- */

struct state_scan {
	const char *database, *note, *uid; /* NULL: none */
	const char *from;                  /* "socket" or "commits" */
	uint32_t count;
	int64_t at;     /* microseconds since 1970 */
	int64_t number; /* answered */
	bool again; /* answered: its uid was counted before, within 30 days or among the last 1,000
		     * scans; it is not counted now */
};

/* Counts them all in one transaction. */
enum err_code state_scans_add(
	struct state *s, struct state_scan *scans, size_t count, struct err *e) must_check;

struct state_tally {
	int64_t total;
	int64_t since_backup; /* not covered by a durable capture */
	int64_t unprotected;  /* not covered by a version in this store */
	int64_t oldest_at;    /* of the unprotected; STAMP_NONE */
};
/* A scan that names no database is covered when all watched databases are that were ever made. */
enum err_code state_scans_tally(
	struct state *s, int64_t store, struct state_tally *t, struct err *e) must_check;
enum err_code state_scans_total(struct state *s, int64_t *number, struct err *e) must_check;
/* The highest number that a durable capture, and a version in this store, cover: of scans in this
 * database, or (NULL, or one that is not watched) of those that name none. */
struct state_cover {
	int64_t captured, stored;
};
enum err_code state_scans_cover(struct state *s, int64_t store, const char *database,
	struct state_cover *cover, struct err *e) must_check;
/* How many scans came since the last capture of this database. */
enum err_code state_scans_since(
	struct state *s, const char *database, int64_t *count, struct err *e) must_check;
/* Forgets scans that are stored and whose uid is remembered no longer, see `again`. */
enum err_code state_scans_forget(
	struct state *s, int64_t store, int64_t now, struct err *e) must_check;

/* --- databases --------------------------------------------------------- */

struct state_database {
	char name[CONFIG_NAME_MAX + 1];
	char base[VERSION_ID + 1]; /* "": none */
	uint64_t sequence;         /* of this machine's newest version */
	int64_t newest_key;        /* STAMP_NONE */
	bool dirty, posted;        /* commits that no version holds; a scan was posted for it */
	int64_t first_change_at;   /* clock; STAMP_NONE */
	int64_t last_capture_at;   /* that came to something; STAMP_NONE */
	int64_t last_change_version_at;
	struct footprint footprint;
};

/* The row of `name`; made if there is none. */
enum err_code state_database_get(
	struct state *s, const char *name, struct state_database *d, struct err *e) must_check;
enum err_code state_database_put(
	struct state *s, const struct state_database *d, struct err *e) must_check;
/* The databases that the configuration names now: the others' scans are everybody's. */
enum err_code state_watched(
	struct state *s, const char *const *names, size_t count, struct err *e) must_check;
/* Commits seen count as scans: d and the scan in one transaction. */
enum err_code state_database_counted(struct state *s, const struct state_database *d,
	struct state_scan *scan, struct err *e) must_check;

/* The contents are those of `base` now, anybody's version, whose identity (version_identity()) d->base
 * is: it is remembered, and the row written.  restored: an older one, on purpose. */
enum err_code state_rebase(struct state *s, const struct state_database *d,
	const struct version *base, bool restored, struct err *e) must_check;
/* What was remembered, as long as it is d->base.  MISSING: a version of this machine is, or none. */
enum err_code state_base_of(struct state *s, const struct state_database *d, struct version *base,
	bool *restored, struct err *e) must_check;

/* --- versions ---------------------------------------------------------- */

#define COPY_STATES(X)                                                                             \
	X(CAPTURED, "captured")                                                                    \
	X(SENDING, "sending")                                                                      \
	X(STORED, "stored")                                                                        \
	X(PROVEN, "proven")                                                                        \
	X(SUPERSEDED, "superseded")                                                                \
	X(PRUNED, "pruned")                                                                        \
	X(REFUSED, "refused")                                                                      \
	X(BAD, "bad")

enum copy_state {
#define X(name, text) COPY_##name,
	COPY_STATES(X)
#undef X
};
const char *copy_state_name(enum copy_state state);
enum copy_state copy_state_named(const char *name); /* BAD for a name that it does not know */

/* So begins why a version is suspect whose copy failed its check. */
#define STATE_DAMAGED "damaged: "

struct state_version {
	struct version v;
	int64_t key_moment; /* of the key that it is given first */
	int64_t scans;      /* all scans up to this number were counted before its read began */
	bool suspect, safety, spooled, pinned;
	char why[256];                    /* suspect: why ... */
	char predecessor[VERSION_ID + 1]; /* ... compared with this one; "": with none */
	char *tables; /* see check.h; may be NULL; freed by state_version_end() */
	/* in the store asked for */
	enum copy_state state;
	char key[OBJKEY_ROOM]; /* the provisional one while there is no other */
	char error[256];
};
void state_version_end(struct state_version *v);

/* Adds the version of a capture and writes its database's row: both or neither.  A suspect one pins
 * its predecessor. */
enum err_code state_captured(struct state *s, const struct state_version *v,
	const struct state_database *d, struct err *e) must_check;
/* A capture found nothing new: the base covers all scans up to `scans` now. */
enum err_code state_unchanged(
	struct state *s, const struct state_database *d, int64_t scans, struct err *e) must_check;

/* MISSING: there is none. */
enum err_code state_version_get(struct state *s, const char *id, int64_t store,
	struct state_version *v, struct err *e) must_check;
/* The one that has this key in that store. */
enum err_code state_version_at(struct state *s, int64_t store, const char *key,
	struct state_version *v, struct err *e) must_check;
/* The newest of a database by sequence; and the newest that is not suspect. */
enum err_code state_version_newest(struct state *s, const char *database, int64_t store,
	struct state_version *v, struct err *e) must_check;
enum err_code state_version_sound(struct state *s, const char *database, int64_t store,
	struct state_version *v, struct err *e) must_check;

/* The newest of a database that the store asked for has, had, or shall have: others lie elsewhere. */
enum err_code state_version_here(struct state *s, const char *database, int64_t store,
	struct state_version *v, struct err *e) must_check;

/* When the newest of a database was made that is in this store; STAMP_NONE: none is. */
enum err_code state_version_stored(struct state *s, const char *database, int64_t store,
	int64_t *timestamp, struct err *e) must_check;

/* What became of it in the store.  Stored and bad: its spool file is no longer needed. */
struct state_copy {
	const char *version; /* id */
	int64_t store;
	enum copy_state state;
	const char *key, *error;
};
enum err_code state_copy_put(
	struct state *s, const struct state_copy *copy, struct err *e) must_check;

/* When a version of this database last came into the store (by the clock of then); STAMP_NONE. */
enum err_code state_stored_at(struct state *s, int64_t store, const char *database, int64_t *at,
	struct err *e) must_check;

/* --- the queue: spooled versions that the store in use does not have ----- */

struct state_ids {
	char (*at)[VERSION_ID + 1];
	size_t count;
};
void state_ids_end(struct state_ids *ids);

/* What may be sent now, in this order: the newest of each database, then the others by age.  But
 * where the store's last listing shows versions of the Python client, which deletes by the time of
 * upload, a database's versions go one after the other, oldest first. */
enum err_code state_queue(
	struct state *s, int64_t store, struct state_ids *ids, struct err *e) must_check;

struct state_queue_sums {
	int64_t length, bytes, oldest_at; /* STAMP_NONE when empty */
};
enum err_code state_queue_sum(
	struct state *s, int64_t store, struct state_queue_sums *sums, struct err *e) must_check;

struct state_queue_page {
	int64_t limit;
	char cursor[VERSION_ID + 1]; /* in: behind this id ("": the oldest); out: where to go on
					("": the end) */
	void (*each)(void *arg, const struct state_version *v);
	void *arg;
};
/* By age, oldest first.  PROTO: that is no cursor. */
enum err_code state_queue_page(
	struct state *s, int64_t store, struct state_queue_page *page, struct err *e) must_check;

/* Lets go of versions that wait and that the count would not keep (retention.h): never the newest
 * of a database, nor one of which something may be in the store or on its way there.  Their files
 * are the caller's to remove.  What they cover of the scans, newer ones cover. */
struct state_supersede {
	int64_t store;
	struct retention keep;
};
enum err_code state_supersede(struct state *s, const struct state_supersede *what,
	struct state_ids *gone, struct err *e) must_check;

/* What should lie in the spool: bytes in all, and which files. */
enum err_code state_spool_bytes(struct state *s, uint64_t *bytes, struct err *e) must_check;
enum err_code state_spooled(struct state *s, struct state_ids *ids, struct err *e) must_check;
/* Its file is lost or damaged before a store had it: the next capture makes another. */
enum err_code state_lost(
	struct state *s, const char *id, const char *why, struct err *e) must_check;

/* --- stores, and what was seen in them --------------------------------- */

/* The number of the store of this permanent name, made if it is new. */
enum err_code state_store(
	struct state *s, const char *name, int64_t *store, struct err *e) must_check;
/* Was a store of this kind used at this place before?  And: it is now. */
enum err_code state_place(
	struct state *s, const char *place, char *name, size_t size, struct err *e) must_check;
enum err_code state_place_put(
	struct state *s, const char *place, const char *name, struct err *e) must_check;

/* When its listing was last begun and taken to its end; STAMP_NONE. */
enum err_code state_listed_at(
	struct state *s, int64_t store, int64_t *at, struct err *e) must_check;

struct state_seen {
	struct version v; /* of metadata and tags */
	char key[OBJKEY_ROOM];
	uint64_t size;
	int64_t modified;
	bool described;    /* its metadata was read and believed */
	char refused[128]; /* why not; "" */
	bool known;        /* unchanged since the last listing: only `key` counts */
};
/* A listing replaces what is known of the store: begin, pages, end.  Without its end nothing that
 * was known is forgotten. */
enum err_code state_seen_begin(struct state *s, int64_t store, struct err *e) must_check;
enum err_code state_seen_page(struct state *s, int64_t store, const struct state_seen *page,
	size_t count, struct err *e) must_check;
enum err_code state_seen_end(struct state *s, int64_t store, int64_t at, struct err *e) must_check;
/* Was this very object seen and described before? */
bool state_seen_known(
	struct state *s, int64_t store, const char *key, uint64_t size, int64_t modified);

#define STATE_CURSOR (VERSION_ID + OBJKEY_ROOM + 24)

/* One line of a list: what was seen in the store, and what still waits for it. */
struct state_listed {
	struct state_seen seen;
	enum copy_state state;
	bool suspect, pinned;
};
struct state_page {
	const char *database; /* NULL: of all */
	const char *machine;  /* its host's name, or how its id begins; NULL: of all */
	int64_t since;        /* this moment and later ones; 0: all */
	int64_t limit;
	char cursor[STATE_CURSOR]; /* in: where to begin ("": the newest); out: where to go on ("":
				      the end) */
	void (*each)(void *arg, const struct state_listed *row);
	void *arg;
};
/* Newest first by timestamp, then by key: `each` is called for each row of the page, and the cursor
 * moved on.  PROTO: that is no cursor. */
enum err_code state_list(
	struct state *s, int64_t store, struct state_page *page, struct err *e) must_check;
