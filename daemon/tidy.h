/* tidy.h - the spool at start: what a crash left there that no row knows. */
#pragma once

#include "daemon/io/state.h"

/* Makes <state>/spool (0700) and removes files that nothing needs: half copies, copies whose row
 * was never written (nobody was told of them), and those that are stored. */
enum err_code tidy_spool(struct state *state, struct err *e) must_check;
