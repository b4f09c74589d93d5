/* machine.h - what the files of a machine share: machine.c, machine_restore.c, _sync.c, _retain.c. */
#pragma once

#include "tests/model/model.h"

#define MACHINE_KEEPS 3 /* versions of its own */

/* NULL: it made no such version. */
const struct own *machine_own(const struct machine *m, size_t at);
bool machine_has_base(const struct machine *m, size_t at);
/* Is what was made of the base still a version? */
bool machine_base_holds(const struct machine *m);
void machine_set_base(struct machine *m, const struct made *made, size_t at, bool restored);
/* A version of the contents, child of the base. */
struct made *machine_describe(struct world *w, struct machine *m, bool safety);
void machine_capture(struct world *w, struct machine *m, const char *operation);

/* The heir: what a publishing capture descends from. */
void machine_begin_heir(struct machine *m);
void machine_join(struct world *w, struct machine *m, const struct version *v, size_t at);
/* Under the lock: a safety version, if the contents are no version yet. */
bool machine_keep_safe(struct world *w, struct machine *m, size_t *safety);
void machine_put(struct world *w, struct machine *m, size_t at, bool publish, bool restored);
