#include "daemon/io/sql.h"

#include "common/text.h"
#include "daemon/io/alarm.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define LOCK_TRY   1000000L /* ns between two tries to get a lock */
#define STATEMENTS 256      /* more than all the literals that one connection ever sees */

struct sql {
	sqlite3 *db;
	uint64_t until; /* sql_patient() */
	atomic_bool *stop;
	struct {
		const char *text;
		sqlite3_stmt *statement;
	} kept[STATEMENTS];
};

/* "file:" and the path with what has a meaning in an URI escaped, https://www.sqlite.org/uri.html
 */
static char *uri_of(const char *path, enum sql_mode mode)
{
	static const char *const options[] = {
		[SQL_OWN] = "?mode=rwc",
		[SQL_READ] = "?mode=ro",
		[SQL_WRITE] = "?mode=rw",
		[SQL_IMMUTABLE] = "?mode=ro&immutable=1",
	};
	struct text uri = {0};

	text_add(&uri, "file:");
	for (const char *c = path; *c; c++)
		if (strchr("?#%", *c))
			text_add(&uri, "%%%02x", (unsigned)*c);
		else
			text_bytes(&uri, c, 1);
	text_add(&uri, "%s", options[mode]);
	return text_take(&uri);
}

static enum err_code code_of(int code, int number)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ERR_CORRUPT;
	case SQLITE_FULL: return ERR_FULL;
	case SQLITE_NOMEM: return ERR_NOMEM;
	case SQLITE_INTERRUPT: return ERR_CANCELED;
	case SQLITE_READONLY: return code == SQLITE_READONLY_ROLLBACK ? ERR_RECOVERY : ERR_DENIED;
	case SQLITE_PERM: return ERR_DENIED;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR: break;
	default: return ERR_FAILED;
	}
	switch (number) {
	case ENOSPC:
	case EDQUOT: return ERR_FULL;
	case ENOENT:
	case ENOTDIR: return ERR_MISSING;
	case EACCES:
	case EPERM: return ERR_DENIED;
	default: return ERR_IO;
	}
}

enum err_code sql_failed(struct sql *s, int code, struct err *e, const char *fmt, ...)
{
	int number = errno; /* cleared before the step: SQLite keeps none of a COMMIT */
	bool system = (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_IOERR;
	char words[sizeof(e->text)];
	va_list args;

	if (s->db && sqlite3_system_errno(s->db))
		number = sqlite3_system_errno(s->db);
	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (system && number)
		err_set(e, code_of(code, number), "%s", strerrordesc_np(number));
	else if (s->db && sqlite3_extended_errcode(s->db) == code)
		err_set(e, code_of(code, 0), "%s", sqlite3_errmsg(s->db));
	else
		err_set(e, code_of(code, 0), "%s", sqlite3_errstr(code));
	return err_note(e, "%s", words);
}

/* In KiB.  Our own is open, and in memory, for as long as casmand runs. */
static const char *const cache[] = {
	[SQL_OWN] = "PRAGMA cache_size=-128",
	[SQL_IMMUTABLE] = "PRAGMA cache_size=-512",
};

static void defend(sqlite3 *db, enum sql_mode mode)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
		mode == SQL_READ || mode == SQL_IMMUTABLE, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_exec(db, "PRAGMA cell_size_check=ON", NULL, NULL, NULL);
	/* This one reads the schema: it would open a WAL database's -wal already here. */
	if (mode != SQL_READ && mode != SQL_WRITE)
		sqlite3_exec(db, cache[mode], NULL, NULL, NULL);
}

enum err_code sql_open(struct sql **out, const char *path, enum sql_mode mode, struct err *e)
{
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
		SQLITE_OPEN_EXRESCODE;
	struct sql *s = text_room(1, sizeof(*s));
	scoped(heap) char *uri = uri_of(path, mode);

	switch (mode) {
	case SQL_OWN: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
	case SQL_WRITE: flags |= SQLITE_OPEN_READWRITE; break;
	case SQL_READ:
	case SQL_IMMUTABLE:
	default: flags |= SQLITE_OPEN_READONLY;
	}
	int code = sqlite3_open_v2(uri, &s->db, flags, NULL);
	if (code) {
		sql_failed(s, code, e, "open %s", path);
		sql_close(s);
		return e->code;
	}
	defend(s->db, mode);
	*out = s;
	return ERR_NONE;
}

enum err_code sql_attach(
	struct sql *s, const char *path, enum sql_mode mode, const char *name, struct err *e)
{
	scoped(heap) char *uri = uri_of(path, mode);
	char *text = sqlite3_mprintf("ATTACH %Q AS \"%w\"", uri, name);

	REQUIRE(text);
	e->code = sql_do(s, text, e);
	sqlite3_free(text);
	return e->code ? err_note(e, "open %s", path) : ERR_NONE;
}

void sql_close(struct sql *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->kept[i].statement);
	REQUIRE(sqlite3_close(s->db) ==
		SQLITE_OK); /* a statement of somebody's own is still open */
	free(s);
}

struct sqlite3 *sql_handle(struct sql *s)
{
	return s->db;
}

/* SQLite's own handler sleeps up to 100 ms between two tries; a writer that commits without pause
 * leaves gaps of less than one. */
static int try_again(void *arg, int tries)
{
	const struct sql *s = arg;

	(void)tries;
	nanosleep(&(struct timespec){.tv_nsec = LOCK_TRY}, NULL);
	return alarm_now() < s->until && !(s->stop && atomic_load(s->stop));
}

void sql_patient(struct sql *s, uint64_t until, atomic_bool *stop)
{
	s->until = until;
	s->stop = stop;
	sqlite3_busy_handler(s->db, try_again, s);
}

enum err_code sql_do(struct sql *s, const char *text, struct err *e)
{
	errno = 0;
	int code = sqlite3_exec(s->db, text, NULL, NULL, NULL);
	return code ? sql_failed(s, code, e, "%s", text) : ERR_NONE;
}

static sqlite3_stmt *prepared(struct sql *s, const char *text, struct err *e)
{
	size_t i = 0;

	while (i < STATEMENTS && s->kept[i].text && s->kept[i].text != text)
		i++;
	REQUIRE(i < STATEMENTS);
	if (!s->kept[i].text) {
		int code = sqlite3_prepare_v3(
			s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->kept[i].statement, NULL);
		if (code) {
			sql_failed(s, code, e, "%.60s", text);
			return NULL;
		}
		s->kept[i].text = text;
	}
	return s->kept[i].statement;
}

static void bind(sqlite3_stmt *statement, const char *types, va_list args)
{
	for (int i = 1; *types; i++, types++) {
		int code;

		if (*types == 'i')
			code = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
		else
			code = sqlite3_bind_text(
				statement, i, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
		REQUIRE(code == SQLITE_OK || code == SQLITE_NOMEM);
	}
}

struct sqlite3_stmt *sql_query(
	struct sql *s, struct err *e, const char *text, const char *types, ...)
{
	sqlite3_stmt *statement = prepared(s, text, e);
	va_list args;

	if (!statement)
		return NULL;
	va_start(args, types);
	bind(statement, types, args);
	va_end(args);
	e->code = ERR_NONE;
	return statement;
}

bool sql_next(struct sql *s, struct sqlite3_stmt *row, struct err *e)
{
	if (!row)
		return false;
	errno = 0;
	int code = sqlite3_step(row);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		sql_failed(s, code, e, "%.60s", sqlite3_sql(row));
	sql_reset(row);
	return false;
}

void sql_reset(struct sqlite3_stmt *row)
{
	sqlite3_reset(row);
	sqlite3_clear_bindings(row);
}

enum err_code sql_run(struct sql *s, struct err *e, const char *text, const char *types, ...)
{
	sqlite3_stmt *statement = prepared(s, text, e);
	va_list args;

	if (!statement)
		return e->code;
	va_start(args, types);
	bind(statement, types, args);
	va_end(args);
	e->code = ERR_NONE;
	while (sql_next(s, statement, e)) {
	}
	return e->code;
}

int64_t sql_int(struct sqlite3_stmt *row, int column)
{
	return sqlite3_column_int64(row, column);
}

const char *sql_text(struct sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

bool sql_is_null(struct sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL;
}
