/* complete.h - what may stand at the word that somebody is typing; for the shells' completion.
 *
 * Verbs and options come from the table, names of databases, keys and machines from casmand.  Where it
 * is down, or does not answer within half a second, there are none: a shell has nobody to tell.
 */
#pragma once

#include "common/text.h"

/* `words` are those behind `casmanctl`, NULL behind them; the last is what is typed so far, maybe "".
 * One candidate a line, in the order of the table or of casmand's answer. */
void complete(struct text *to, const char *const *words, const char *socket);
