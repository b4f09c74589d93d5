/* health.h - what is wrong with a watched database: shown, logged once, and in history.
 *
 * Threads: the loop's.
 */
#pragma once

#include "daemon/database.h"

void health_trouble(struct watched *w, const struct err *e);
/* What happens to its files is not told to us: that is trouble however well it is otherwise. */
bool health_unwatched(struct watched *w);
/* It could be captured, or would be. */
void health_well(struct watched *w);
