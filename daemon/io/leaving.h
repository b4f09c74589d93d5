/* leaving.h - versions that are being deleted from a store: begun is written down before the first
 * DELETE, so that a crash between the object and its metadata is finished later.
 *
 * From then on lists do not tell of it.  Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/io/state.h"

struct leaving {
	char key[OBJKEY_ROOM];
	char version[VERSION_ID + 1]; /* "": it has no id, the Python client made it */
	/* Only metadata was seen of it: a HEAD says first that there is no object. */
	bool orphan;
};

enum err_code leaving_begin(
	struct state *s, int64_t store, const struct leaving *l, struct err *e) must_check;
/* Both objects are gone.  `why` is for history. */
enum err_code leaving_end(struct state *s, int64_t store, const struct leaving *l, const char *why,
	struct err *e) must_check;
/* It stays after all. */
enum err_code leaving_stay(
	struct state *s, int64_t store, const char *key, struct err *e) must_check;

/* Those that were begun, by key. */
enum err_code leaving_each(struct state *s, int64_t store,
	void (*each)(void *arg, const struct leaving *l), void *arg, struct err *e) must_check;

/* A listing showed metadata without its object `key`: is that the rest of a version of ours?  Then
 * its deletion is begun. */
enum err_code leaving_orphan(
	struct state *s, int64_t store, const char *key, struct err *e) must_check;
