/* pins.h - versions that stay whatever retention says, and suspect ones that somebody accepts.
 *
 * A version is pinned by a person, or by a suspect one that was compared with it: until that is
 * accepted, deleted, or a person lets go.  Another's version can be pinned as well; nothing of its
 * maker's hears of it.
 *
 * Threads and blocking: as state.h.
 */
#pragma once

#include "daemon/io/state.h"

/* `version`: its id, or its key where it has none; `because`: a suspect version's id, or "" for a
 * person.  For a transaction of the caller's, as pins_end(). */
enum err_code state_pin(
	struct state *s, const char *version, const char *because, struct err *e) must_check;
/* Pins that there are because of this version. */
enum err_code pins_end(struct state *s, const char *because, struct err *e) must_check;

enum err_code pins_put(struct state *s, const struct state_seen *seen, struct err *e) must_check;
enum err_code pins_remove(struct state *s, const struct state_seen *seen, struct err *e) must_check;

/* Nobody suspects this version any more; what it pinned is let go. */
enum err_code pins_accept(struct state *s, const char *id, struct err *e) must_check;
