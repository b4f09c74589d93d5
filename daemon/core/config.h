/* config.h - casmand.conf as a struct.
 *
 * One table of keys (config_keys.c) is parser, validation, `--check` and the check of the man page.
 * Pure: the text comes in as bytes, and the environment, credentials and the files that
 * `KEY_file = PATH` names through `struct config_world`.  Its parts, in the order of the flow:
 *
 *     config_lines     bytes -> lines -> [section] and key = value; the only one that knows inih
 *     config_read      finds their rows in the table, with a hint where there is none
 *     config_said      what file and environment say of each key
 *     config_expand    ${VAR} and KEY_file -> the value that is meant
 *     config_value     the value <-> the member of the struct
 *     config_bucket    what the bucket's sections leave open, from elsewhere (config_aws)
 *     config_parse     all of it together; config_print: the way back
 *     config_same      did it change?
 *     config_keys      the table that they share, config_mistakes what was wrong, by lines
 *
 * Lines are read by us, because Debian's inih cuts them silently: a line over 199 bytes or a
 * section name over 49 is an error with its number.  White space before a key is allowed and means
 * nothing (inih's continuation lines are not).  ` ;` begins a comment, as in inih.
 */
#pragma once

#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "daemon/core/s3bucket.h"

#include <stdint.h>

/* Characters of a database's name: with "database " it fits inih's 49. */
#define CONFIG_NAME_MAX 40

enum config_backend { BACKEND_DISABLED, BACKEND_FILE, BACKEND_R2, BACKEND_S3 };
enum config_on_change { ON_CHANGE_BACKUP, ON_CHANGE_MARK, ON_CHANGE_IGNORE };
enum config_scans_from { SCANS_AUTO, SCANS_SOCKET, SCANS_COMMITS };

struct config_database {
	char name[CONFIG_NAME_MAX + 1]; /* [A-Za-z0-9._-]{1,40}, no dot first */
	char *path;                     /* absolute; as configured, links not resolved */
	char *count_table;              /* "": record_count is null */
	enum config_on_change on_change;
	enum config_scans_from scans_from;
};

/* Texts are "" where nobody gives them. */
struct config_bucket {
	char *account_id; /* R2's; NULL in [s3] */
	char *bucket_name, *endpoint, *region;
	enum s3bucket_style path_style;
	char *access_key_id, *secret_access_key, *session_token; /* secrets */
	char *ca_file;                                           /* "": the system's */
};

struct config {
	/* [daemon] */
	char *state_dir, *socket;
	char *inbox;                      /* "": none */
	char *socket_group, *admin_group; /* "": none */
	enum log_level log_level;
	/* [sync] */
	bool enabled, auto_sync_on_start;
	enum config_backend backend;
	unsigned keep_versions, keep_daily;
	unsigned backup_on_scan_count; /* 0: never by scans */
	double backup_on_hours;        /* 0: never by time */
	unsigned cache_ttl_seconds;
	/* [quota]; of the whole bucket, and of the account's month; 0: no limit */
	double quota_storage_gb;
	unsigned quota_class_a, quota_class_b;
	double quota_warn, quota_block, quota_share;
	/* [queue] */
	uint64_t queue_max_bytes; /* of the spool; 0: as the disk allows, see spool.h */
	/* [alert]; "": none.  URLs are secrets */
	char *alert_command, *alert_webhook_url, *alert_heartbeat_url;
	double alert_after; /* hours */
	/* [maintain], [proof]; 0: never by itself */
	double maintain_every_days, proof_every_days;
	/* [file]; the default, unread, where another backend is used */
	char *file_path;
	/* [r2] and [s3]; see config_bucket() */
	struct config_bucket r2, s3;
	/* [database NAME], in the order of the file */
	struct config_database *databases;
	size_t database_count;
	/* true if a secret stands literally in the file (not as ${VAR} and not by KEY_file) */
	bool holds_secret;
	/* what the environment or a credential gave for a bucket: only a start brings new ones */
	bool keys_are_fixed;
	/* what is odd but can be lived with, one a line with its newline; "" if nothing */
	struct text warnings;
};

/* Where values come from that are not in the file.  Each answers a string that the caller frees, or
 * NULL where there is none. */
struct config_world {
	char *(*variable)(void *arg, const char *name);   /* environment */
	char *(*credential)(void *arg, const char *name); /* $CREDENTIALS_DIRECTORY/NAME */
	char *(*contents)(void *arg, const char *path, struct err *e); /* of a file, for KEY_file */
	void *arg;
};

struct config_source {
	const char *file; /* its name in messages */
	const char *text; /* any bytes: a NUL among them is a mistake like others */
	size_t length;
	const struct config_world *world;
};

/* Reads it all.  Every mistake is added to `mistakes`, one a line with its newline, in the order of
 * the lines: "FILE:LINE: [section] key: what is wrong and what would be right", a key that is
 * missing as "FILE: [section] key is missing", one that the environment made as "VARIABLE: ...".
 * If there is any the answer is ERR_CONFIG, with the first of them in *e, and *out is NULL. */
enum err_code config_parse(struct config **out, const struct config_source *from,
	struct text *mistakes, struct err *e) must_check;
void config_free(struct config *c); /* wipes what it held */

/* The bucket of the backend in use, with all that was found for it; NULL: it needs none. */
const struct config_bucket *config_bucket(const struct config *c);
/* What it takes to ask the store and is not given: at most CONFIG_LACKS keys, and the variables that
 * could bring them. */
#define CONFIG_LACKS 3
struct config_lack {
	const char *key, *variable;
};
size_t config_lacks(const struct config *c, struct config_lack lacks[CONFIG_LACKS]);
/* ERR_CONFIG, and what a person can do, if there is any. */
enum err_code config_ready(const struct config *c, struct err *e) must_check;

/* The effective configuration, secrets masked as ******: the sections in use, as a file that reads
 * again as the same (but for a value longer than a line, which only comes by KEY_file or ${VAR}).
 */
void config_print(const struct config *c, struct text *out);
/* Are both the same in the sections in use, secrets too? */
bool config_same(const struct config *a, const struct config *b);

const struct config_database *config_find(const struct config *c, const char *name); /* or NULL */
bool config_name_valid(const char *name); /* of a database */

const char *config_backend_name(enum config_backend backend);

/* The table, for the documents' check: the i-th key as "section", "key", "default" (NULL if it has
 * to be given), "help"; false past the end.  The section of databases is called "database". */
bool config_key(
	size_t i, const char **section, const char **key, const char **preset, const char **help);
