/* watched.h - begins the looks and captures of one watched database, when they are due.
 *
 * The part of pipeline.h that concerns a single database; see there for the story.
 * Threads: the loop's.
 */
#pragma once

#include "daemon/database.h"

/* Reads its row; `now` is alarm_now(). */
enum err_code watched_begin(struct watched *w, struct watched_world *world,
	const struct config_database *config, int64_t now, struct err *e) must_check;
void watched_touched(void *watched, bool moved); /* for watch_add() */

/* Begins a look or a capture if one is due; answers when the next will be (TRIGGER_NEVER: not by
 * itself). */
int64_t watched_turn(struct watched *w, unsigned most_scans, int64_t now);
bool watched_busy(const struct watched *w);
void watched_still(
	struct watched *w); /* tells its holder, if it has one and nothing is under way */
void watched_roomier(struct watched *w); /* what the full queue held up is tried again */

/* Is there a version of it in the store in use, or on its way there? */
void watched_judge(struct watched *w);
void watched_end(struct watched *w); /* frees; it must not be busy */
