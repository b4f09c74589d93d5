/* store.h - where versions go: a folder or S3, behind one set of requests.
 *
 * When all is well: requests are begun in the order of store_start(), a few at a time, and those with
 * a file apart from the others, which never wait for them; `done` comes once for each, on the loop
 * thread, never from inside store_start() or store_close().
 *
 * When not: `done` hears of it, in words that name the place.  OFFLINE (not reached: try again
 * later), EXISTS (a PUT found another's object there), MISSING (no such object, or no such local
 * file), REFUSED (never with these settings), DENIED, FULL, IO (a local file), CORRUPT, CANCELED.
 *
 * On close: requests not begun end with CANCELED, and so do those that wait for the network; others
 * that are under way are awaited; then `closed`.
 *
 * Owner:   a request, zeroed at first, belongs to whoever makes it and stays put, with all that it
 *          points to, from store_start() until `done` is entered, where it may be freed or started
 *          again.  What it answers belongs to it: store_request_end() frees that.
 * Threads: the loop's.  The `file` store does all work on pool threads: a dead NFS mount holds up
 *          nobody else.
 */
#pragma once

#include "common/err.h"
#include "daemon/core/objkey.h"
#include "daemon/core/version.h"

#include <stdbool.h>
#include <stdint.h>

struct store;
struct uv_loop_s;

/* A PUT that is repeated, also after a crash, succeeds and makes no second object.  Who deletes a
 * version deletes the database first and then its metadata: so a crash leaves none without. */
enum store_verb {
	STORE_PROBE,  /* is it there, and which is it?  answers `name` */
	STORE_PUT,    /* `key` := file or bytes, only if nothing is there (EXISTS) */
	STORE_HEAD,   /* `key`: size and tags */
	STORE_GET,    /* `key`: its bytes (at most STORE_GET_MAX) and tags: for metadata */
	STORE_FETCH,  /* `key` to the new, then durable, file `file`: for databases */
	STORE_LIST,   /* all keys below `key` (a prefix), from `cursor` on */
	STORE_DELETE, /* `key`; one that is not there is no error */
	STORE_COPY, /* `key` onto itself, so that it is in Standard again; nothing to do in a folder */
};

#define STORE_GET_MAX  65536
#define STORE_NAME_MAX 256
#define STORE_ETAG     96
#define STORE_CLASS    40

struct store_entry {
	char key[OBJKEY_ROOM]; /* only keys of our shape are listed */
	uint64_t size;
	int64_t modified;        /* microseconds since 1970 */
	char etag[STORE_ETAG];   /* "": the store has none */
	char class[STORE_CLASS]; /* storage class; "": not said, or the store has none */
};

struct store_request {
	enum store_verb verb;
	char key[OBJKEY_ROOM];
	const char *file;  /* PUT: its path; FETCH: the path to make; else NULL */
	const char *bytes; /* PUT without file */
	size_t length;
	const struct version *version; /* PUT: whose object it is; never NULL */
	const char *
		etag; /* COPY: only if the object is still that one (else MISSING); NULL: in any case */

	void (*done)(struct store_request *r, const struct err *e);

	struct {
		char name[STORE_NAME_MAX]; /* PROBE: permanent name of the store, "file:<marker>" */
		bool first_use;            /* PROBE: nothing was there, casmand made it */
		uint64_t size;             /* HEAD, GET, FETCH */
		bool tagged;               /* HEAD, GET, FETCH: the object has casmand's tags ... */
		struct version tags;       /* ... and these are they */
		char checksum[VERSION_HASH + 1]; /* FETCH: SHA-256 of what came, in hex */
		char class[STORE_CLASS];         /* HEAD: as in an entry */
		bool maybe;    /* PUT that failed: the object may be there all the same */
		uint64_t wait; /* ms that the store asks to be left alone; 0: it does not */
		char *bytes;   /* GET, ends with NUL */
		struct store_entry *entries; /* LIST, in order of keys */
		size_t entry_count;
		uint64_t bytes_below;     /* LIST: of all objects of this page, ours or not */
		char cursor[OBJKEY_ROOM]; /* LIST: where to go on; "": that was all.  Also taken as
					     input; store_request_end() leaves it */
	} got;

	struct store *store; /* private from here */
	struct store_request *next;
};

struct store_options {
	const char *machine; /* random id of this machine: for names of temporary files */
	const char *path;    /* `file`: its folder, absolute */
	bool known; /* `file`: it was used at this path before, so its marker must be there */
};

/* Does not touch the store itself: the first request does. */
struct store *store_open_file(struct uv_loop_s *loop, const struct store_options *options);

void store_start(struct store *s, struct store_request *r); /* CANCELED after store_close() */
void store_request_end(struct store_request *r); /* frees what it got; it can be started again */

/* Where the store is, for people: "/var/lib/casmand/store". */
const char *store_place(const struct store *s);

/* What was learnt of it so far. */
struct store_facts {
	int64_t skew; /* us that our clock is ahead of the store's; STAMP_NONE: nothing said so */
	/* It cannot put only where nothing is: two that put in the same moment may overwrite. */
	bool unconditional;
	uint64_t
		not_before; /* alarm_now() until which it wants to be left alone; 0: it never did */
};
struct store_facts store_facts(const struct store *s);

/* The network is back: requests without progress end with OFFLINE, and others take new ways. */
void store_reconnect(struct store *s);

/* Requests that wait for the network, or to be begun, now or from now on, end with CANCELED, soon: for
 * who has to hear of their ends before it can let go of the store. */
void store_stop(struct store *s);

/* s is gone when `closed` runs. */
void store_close(struct store *s, void (*closed)(void *arg), void *arg);
