/* sql.h - SQLite for the files that use it: connections, statements, errors.
 *
 * Owner:   whoever opened the connection; a connection is used by one thread at a time.
 * Nothing here writes but through statements that its caller gives.
 */
#pragma once

#include "common/err.h"
#include "common/scoped.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sql; /* a connection, and the statements prepared on it so far */
struct sqlite3;
struct sqlite3_stmt;

enum sql_mode {
	SQL_OWN,   /* our own database: read, write, create */
	SQL_READ,  /* somebody's database: read-only, its locking obeyed, never a checkpoint */
	SQL_WRITE, /* somebody's database, to be written: its locking obeyed; it must be there */
	SQL_IMMUTABLE, /* a file that nobody writes: no locks, no -wal, nothing left beside it */
};

/* Opens `path` (a real path; links are not followed in its last component).  Defences against a
 * hostile schema are on (trusted_schema=OFF, DEFENSIVE, cell_size_check). */
enum err_code sql_open(
	struct sql **out, const char *path, enum sql_mode mode, struct err *e) must_check;
void sql_close(struct sql *s);
SCOPED(sql, struct sql *, NULL, sql_close)

struct sqlite3 *sql_handle(struct sql *s);

/* Opens a second file on this connection, as `name`. */
enum err_code sql_attach(struct sql *s, const char *path, enum sql_mode mode, const char *name,
	struct err *e) must_check;

/* From now on others' locks are waited for, until alarm_now() is `until` or *stop is true (NULL:
 * never).  Without it what is locked is BUSY at once. */
void sql_patient(struct sql *s, uint64_t until, atomic_bool *stop);

/* Sets *e from SQLite's code and message, with the words in front.  776 is RECOVERY, BUSY and
 * LOCKED are BUSY, CORRUPT and NOTADB are CORRUPT; what the system refused is told by its errno. */
enum err_code sql_failed(struct sql *s, int code, struct err *e, const char *fmt, ...)
	printf_like(4, 5);

/* Runs one or more statements that answer nothing. */
enum err_code sql_do(struct sql *s, const char *text, struct err *e) must_check;

/* One statement with values: `types` has a letter for each ('i' int64_t, 't' const char * or NULL).
 * sql_run() is for those that answer nothing.  sql_query() answers a statement ready to be stepped
 * by sql_next(), which is true for each row; at the end *e tells whether it was the end or an
 * error. A statement stays prepared and belongs to the connection; `text` must be a literal. */
enum err_code sql_run(struct sql *s, struct err *e, const char *text, const char *types, ...);
struct sqlite3_stmt *sql_query(
	struct sql *s, struct err *e, const char *text, const char *types, ...);
bool sql_next(struct sql *s, struct sqlite3_stmt *row, struct err *e);
void sql_reset(struct sqlite3_stmt *row); /* where the rows were not read to their end */

int64_t sql_int(struct sqlite3_stmt *row, int column);
const char *sql_text(struct sqlite3_stmt *row, int column); /* "" for null; until the next step */
bool sql_is_null(struct sqlite3_stmt *row, int column);
