/* handover.h - credentials that a shell has and a service has not.
 *
 * What is exported in ~/.bashrc is not seen by casmand, which is started by somebody else.  Who asks
 * with such variables, where casmand lacks them, is told the command that hands them over.  Names
 * are shown, values never (P10).  Pure.
 */
#pragma once

#include "client/pen.h"

/* `lacking` are the variables that casmand wants; of `environment` ("NAME=value", NULL ends it) all
 * that casmand-setup takes are named.  Writes nothing if that has none of those wanted. */
void handover(struct pen *p, const struct doc *lacking, const char *const *environment);
