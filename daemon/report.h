/* report.h - what casmand tells of itself, as documents (the names are the protocol's).
 *
 * Reads only what is known already: nothing here asks the store or a database.
 */
#pragma once

#include "common/doc.h"
#include "daemon/engine.h"
#include "daemon/io/history.h"

struct doc *report_version(const struct state_version *v);
struct doc *report_listed(const struct state_listed *l);
/* The variables that could bring the credentials that the store lacks. */
struct doc *report_lacking(const struct engine_parts *p);
struct doc *report_status(const struct engine *g);
struct doc *report_queue(const struct engine_parts *p);    /* in status, and before its versions */
struct doc *report_quota(const struct engine_parts *p);    /* NULL: nothing is counted */
struct doc *report_maintain(const struct engine_parts *p); /* NULL: it does not apply */
struct doc *report_proof(const struct engine_parts *p); /* for each database of the configuration */
struct doc *report_event(const struct history_row *row);

void report_moment(struct doc *d, const char *name, int64_t moment);   /* STAMP_NONE: null */
void report_words(struct doc *d, const char *name, const char *words); /* NULL, "": null */
