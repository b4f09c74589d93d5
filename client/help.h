/* help.h - the table of verbs, as text of at most 80 columns.  Pure. */
#pragma once

#include "client/verbs.h"

void help(struct text *to, const struct verb *verb); /* NULL: of casmanctl */
