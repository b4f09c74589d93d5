/* sync_rule.h - what sync does about one database, from where it stands and what was asked.  Pure.
 *
 *   state        asked nothing more   --force            --mine
 *
 *   unknown      FAIL                 FAIL               FAIL
 *   no_version   QUEUE                QUEUE              QUEUE
 *   absent       DOWNLOAD             DOWNLOAD           NOTHING
 *   in_step      NOTHING              DOWNLOAD           NOTHING
 *   ahead        QUEUE                DOWNLOAD           QUEUE
 *   behind       DOWNLOAD             DOWNLOAD           PUBLISH
 *   diverged     STOP                 DOWNLOAD           PUBLISH
 *   restored     NOTHING              DOWNLOAD           PUBLISH
 *
 * Where the store was not reached, it is FAIL throughout: an explicit sync never answers from a
 * listing that it did not make.  Where there is nothing to take, --force changes nothing, and
 * without a file there is nothing to do.
 *
 * Who follows the rule keeps to this, too:
 *   - A state is judged on what was captured: where somebody wrote since, first comes a capture (if
 *     QUEUE, PUBLISH or STOP is the deed), then the judgement anew.  What comes of that one is done.
 *   - DOWNLOAD without --force is judged again under the write lock, by what is there then, and is
 *     done only if it is DOWNLOAD still.  Under the lock, too, --force makes the safety version.
 *   - Whatever the deed: where the contents are those of a head (lineage's `same`), and the base is
 *     not, that head becomes the base.
 */
#pragma once

#include "daemon/core/lineage.h"

#define SYNC_DEEDS(X)                                                                              \
	X(NOTHING, "nothing")                                                                      \
	X(DOWNLOAD, "downloaded") /* `take` into the live database */                              \
	X(QUEUE, "queued")        /* what is not captured is; what waits goes up */                \
	X(PUBLISH, "queued")      /* a version of the local contents, child of all heads */        \
	X(STOP, "stopped")        /* nothing is touched; what is here becomes a version, too */    \
	X(FAIL, "failed")

enum sync_deed {
#define X(name, text) SYNC_##name,
	SYNC_DEEDS(X)
#undef X
};
/* What the answer says that sync did. */
const char *sync_did(enum sync_deed deed);

struct sync_asked {
	bool listed;      /* the store was, for this sync */
	bool force, mine; /* at most one of them */
};

/* DOWNLOAD takes l->take, which is never LINEAGE_NONE then. */
enum sync_deed sync_rule(const struct lineage *l, const struct sync_asked *asked);
