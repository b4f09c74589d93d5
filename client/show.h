/* show.h - replies as people read them.
 *
 * The reference's blocks, translated.  Each writer takes the result document of its verb and writes
 * whole lines.  A document that lacks what it should have is shown with `unknown`, never as fine
 * (P11).  Pure.
 */
#pragma once

#include "client/pen.h"

#define SHOW_VALUES 24 /* the column of a status's values, as in the reference */

void show_ping(struct pen *p, const struct doc *result);
void show_scan(struct pen *p, const struct doc *result);
void show_reload(struct pen *p, const struct doc *result);
void show_backup(struct pen *p, const struct doc *result);
void show_restore(struct pen *p, const struct doc *result);
void show_sync(struct pen *p, const struct doc *result);
void show_list(struct pen *p, const struct doc *result);
void show_doctor(struct pen *p, const struct doc *result);
void show_metrics(struct pen *p, const struct doc *status);
void show_status(struct pen *p, const struct doc *result);
void show_queue(struct pen *p, const struct doc *result);
void show_maintain(struct pen *p, const struct doc *result);
void show_verify(struct pen *p, const struct doc *result);
void show_history(struct pen *p, const struct doc *result);
void show_pin(struct pen *p, const struct doc *result);
void show_prune(struct pen *p, const struct doc *result);
void show_accept(struct pen *p, const struct doc *result);

/* Parts of it. */
/* newest: all of a database are there, and the first is its newest. */
void show_table(struct pen *p, const struct doc *versions, bool newest);
void show_databases(struct pen *p, const struct doc *databases);
void show_scans(struct pen *p, const struct doc *status);
bool show_is_disabled(
	const struct doc *status); /* backend = disabled: scans are counted, no more */
void show_quota(struct pen *p, const struct doc *status); /* nothing where nothing is counted */
void show_proof(struct pen *p, const struct doc *list);
void show_queue_summary(struct pen *p, const struct doc *queue);

/* A notification on the way to a result; writes nothing for what the result tells anyway. */
void show_progress(struct pen *p, const struct doc *params);

/* JSON-RPC's error object as `casmanctl: SENTENCE`, and every mistake where there are several. */
void show_error(struct pen *p, const struct doc *error);

/* What a version's state means beside `stored`, in words; NULL for stored and proven. */
const char *show_state(const struct doc *version);
