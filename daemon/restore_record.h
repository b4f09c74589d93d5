/* restore_record.h - restoring.json: what a restore under way needs to be finished after a crash.
 *
 * Written durably before the live database is, and gone when the restore is published.  Blocks for
 * the state folder's disk.
 */
#pragma once

#include "daemon/core/version.h"
#include "daemon/io/state.h"

struct restore_record {
	char database[CONFIG_NAME_MAX + 1];
	char key[OBJKEY_ROOM];
	char content[VERSION_HASH + 1]; /* of the new contents ... */
	char before[VERSION_HASH + 1];  /* ... and of the old ones; "": there were none */
	bool logged;                    /* the database is in WAL mode */
	bool synced;                    /* by a sync */
	bool publish;                   /* else: */
	bool restored;                  /* an older version, on purpose */
	struct version chosen;          /* whose contents they are */
	struct version heir;            /* what the published version descends from, as its child */
};

enum err_code restore_record_put(
	const struct state *s, const struct restore_record *r, struct err *e) must_check;
/* MISSING: none is under way. */
enum err_code restore_record_get(
	const struct state *s, struct restore_record *r, struct err *e) must_check;
enum err_code restore_record_remove(const struct state *s, struct err *e) must_check;
