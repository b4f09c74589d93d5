/* diary.h - adds to history what happened without a deed of state.db's own (see history.h).
 *
 * What cannot be written is logged, and hinders nobody.
 */
#pragma once

#include "daemon/io/history.h"

void diary(struct state *state, enum history_event event, const char *database, const char *text);
