/* facts.h - what the engine knows, as core/alert's conditions want it.  Blocks as state.h does. */
#pragma once

#include "daemon/core/alert.h"
#include "daemon/engine.h"
#include "daemon/io/state_proof.h"

struct facts {
	struct alert_facts alert;
	struct alert_database *databases;
	struct state_version *newest; /* of each database, for the words in it ... */
	struct state_proven *proven;  /* ... and in this */
	struct text quota;
};

void facts_gather(struct facts *f, const struct engine_parts *p, uint64_t now);
void facts_end(struct facts *f);
