/* engine_inner.h - what the files of engine.h share, and nobody else sees.
 *
 * engine_facts.c wires the parts and takes facts down and what comes of them up; engine_list.c has the
 * store listed where nobody asks for it; engine_life.c opens, looks where the store lies, and closes.
 */
#pragma once

#include "common/stamp.h"
#include "daemon/engine.h"
#include "daemon/neighbours.h"

#define ENGINE_BUILT (CASMAND_BUILT * STAMP_SECOND) /* the clock shows no earlier time */

struct engine {
	struct engine_parts parts;
	struct engine_events events;
	struct storage_ask first_probe;
	struct sweep_ask own_listing;
	bool probing, listing, listed;
	uint64_t
		list_at; /* the next listing that nobody asks for; ALARM_NEVER: none was begun yet */
	struct neighbours neighbours;
	char host[VERSION_HOST + 1];
	enum err_code upload_failure; /* NONE: the last upload went well */
	bool closing, patiently;
	unsigned working; /* parts that have not stopped yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

enum err_code engine_open_parts(struct engine *g, struct err *e) must_check;

/* The tally of the scans, anew. */
void engine_recount(struct engine *g);
/* What waits may go up now. */
void engine_send(struct engine *g, enum patience_event why);
/* The store is reached: if nobody listed it in this run, now. */
void engine_list_first(struct engine *g);
/* And every 12 hours from then on; the next. */
uint64_t engine_list_turn(struct engine *g, uint64_t now);
/* What retention would not keep anyway need not go up; who waits for it is told. */
void engine_thin(struct engine *g);
