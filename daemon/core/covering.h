/* covering.h - which versions another one descends from, for who deletes.  Pure.
 *
 * ancestry.h answers the same for who reads, and lets doubt speak for descent.  Here nothing is
 * believed that is not shown: a version is covered only if one that was added names it, as base, as
 * ancestor, or as the newest of its machine in `past`.  What is covered is added in its turn, so that
 * a line is followed however many of its versions were deleted since, as long as they are known.
 *
 * Of a cloned machine (two versions at one place) only ids count.
 */
#pragma once

#include "daemon/core/version.h"

struct covering;

/* `machine` is ours: who else has its name is a clone. */
struct covering *covering_open(const char *machine);
void covering_close(struct covering *c);

/* A version that was made elsewhere: all of them before the first question. */
void covering_meet(struct covering *c, const struct version *v);

/* What v descends from is covered. */
void covering_add(struct covering *c, const struct version *v);

bool covering_has(const struct covering *c, const struct version *v);
