/* ask.h - verbs that are more than one plain request, and results that are no plain success. */
#pragma once

#include "client/link.h"
#include "common/proto.h"

/* Waits until stored, unless the params say otherwise. */
enum err_code ask_backup(struct link *l, struct doc *params, struct answer *a, struct err *e);
/* EXIT_FAILED where a database was not captured or none at all, EXIT_OFFLINE where one waits. */
enum proto_exit exit_of_backup(const struct doc *result);

/* How far the scan is, against how far it was to be: EXIT_OFFLINE where it is only captured, or time
 * ran out, EXIT_FAILED where it could not be captured. */
/* By the worst of its databases. */
enum proto_exit exit_of_sync(const struct doc *result);
enum proto_exit exit_of_scan(const struct doc *result);

/* One word, or none: a key, an id, or a database.  It changes the params. */
enum err_code ask_verify(struct link *l, struct doc *params, struct answer *a, struct err *e);
enum proto_exit exit_of_verify(const struct doc *result);   /* EXIT_FAILED where one is bad */
enum proto_exit exit_of_maintain(const struct doc *result); /* EXIT_FAILED where one failed */

/* What `status` answers. */
enum err_code ask_metrics(struct link *l, struct doc *params, struct answer *a, struct err *e);

/* All pages as if they were one: `limit` rows, else to the end; of history the last 50.  They change
 * the params. */
enum err_code ask_list(struct link *l, struct doc *params, struct answer *a, struct err *e);
enum err_code ask_queue(struct link *l, struct doc *params, struct answer *a, struct err *e);
enum err_code ask_plan(struct link *l, struct doc *params, struct answer *a, struct err *e);
enum err_code ask_history(struct link *l, struct doc *params, struct answer *a, struct err *e);
/* EXIT_OFFLINE where the store was not reached: what is listed is what was known. */
enum proto_exit exit_of_list(const struct doc *result);
