/* prune.h - the verb prune: what goes is shown and asked about where a machine is named. */
#pragma once

#include "client/link.h"

enum err_code ask_prune(struct link *l, struct doc *params, struct answer *a, struct err *e);
