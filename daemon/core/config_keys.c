#include "daemon/core/config_keys.h"

#include "common/place.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <sys/un.h>

/* Limits.  What is beyond them is no wish but a slip of the keyboard. */
#define PATH_BYTES    (PATH_MAX - 1)
#define SOCKET_BYTES  (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)
#define GROUP_BYTES   32 /* what useradd(8) takes */
#define COMMAND_BYTES 1024
#define TABLE_BYTES   128
#define VERSIONS      10000         /* of each database in the store */
#define DAYS          3660          /* ten years */
#define SCANS         1000000       /* more would be never */
#define HOURS         8784          /* a leap year */
#define SECONDS       31622400      /* the same */
#define QUEUE         1099511627776 /* bytes: 1 TiB */
#define GIGABYTES     1000000       /* of a bucket: a petabyte */
#define OPERATIONS    4000000000    /* a month */
#define PART_LEAST    0.001         /* a thousand machines share a bucket */
#define NAME_BYTES    255           /* of an account, a bucket, a region */
#define URL_BYTES     1024
#define KEY_BYTES     1024 /* of an access key and its secret: AWS's have 20 and 40 */
#define TOKEN_BYTES   6144 /* what servers take in one header, and room for others */

static_assert(SOCKET_BYTES == 107, "the manual says so");

/* clang-format off */
static const char *const backends[] = {
	[BACKEND_DISABLED] = "disabled", [BACKEND_FILE] = "file", [BACKEND_R2] = "r2",
	[BACKEND_S3] = "s3", NULL};
static const char *const levels[] = {
	[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info",
	[LOG_DEBUG] = "debug", NULL};
static const char *const changes[] = {
	[ON_CHANGE_BACKUP] = "backup", [ON_CHANGE_MARK] = "mark", [ON_CHANGE_IGNORE] = "ignore",
	NULL};
static const char *const sources[] = {
	[SCANS_AUTO] = "auto", [SCANS_SOCKET] = "socket", [SCANS_COMMITS] = "commits", NULL};
static const char *const styles[] = {
	[S3BUCKET_AUTO] = "auto", [S3BUCKET_IN_PATH] = "true", [S3BUCKET_IN_HOST] = "false", NULL};
/* clang-format on */

#define ALWAYS UINT_MAX

static const struct config_section sections[] = {
	{"daemon",   false, ALWAYS                           },
	{"sync",     false, ALWAYS                           },
	{"queue",    false, ALWAYS                           },
	{"alert",    false, ALWAYS                           },
	{"file",     false, 1 << BACKEND_FILE                },
	{"r2",       false, 1 << BACKEND_R2 | 1 << BACKEND_S3},
	{"s3",       false, 1 << BACKEND_S3                  },
	{"quota",    false, 1 << BACKEND_R2 | 1 << BACKEND_S3},
	{"maintain", false, 1 << BACKEND_R2                  },
	{"proof",    false, ALWAYS                           },
	{"database", true,  ALWAYS                           },
};

#define OF(member)          .offset = offsetof(struct config, member)
#define OF_DATABASE(member) .offset = offsetof(struct config_database, member)

/* clang-format off */

/* A key of a bucket's section, and one of those without which the store is not available, but
 * everything else goes on. */
#define BUCKET(section, key, preset, bytes)                                                        \
	#section, #key, TYPE_TEXT, OF(section.key), preset, .most = (bytes), .of_bucket = true
#define CREDENTIAL(section, key, bytes) BUCKET(section, key, "", bytes), .may_lack = true

static const struct config_row rows[] = {
	{"daemon", "state_dir", TYPE_PATH, OF(state_dir), PLACE_STATE, .most = PATH_BYTES,
		.help = "folder of the state and of versions not yet stored"},
	{"daemon", "socket", TYPE_PATH, OF(socket), PLACE_SOCKET, .most = SOCKET_BYTES,
		.help = "where scanner apps and casmanctl find the daemon"},
	{"daemon", "socket_group", TYPE_TEXT, OF(socket_group), PLACE_GROUP, .most = GROUP_BYTES,
		.help = "group that may post scans, back up and look; empty: the daemon's own"},
	{"daemon", "inbox", TYPE_PATH, OF(inbox), PLACE_INBOX, .most = PATH_BYTES, .optional = true,
		.help = "folder where apps leave scans while casmand is down; empty: none"},
	{"daemon", "admin_group", TYPE_TEXT, OF(admin_group), "", .most = GROUP_BYTES,
		.help = "group that may also restore, sync and reload; empty: root only"},
	{"daemon", "log_level", TYPE_WORD, OF(log_level), "info", .words = levels,
		.help = "how much is logged"},

	{"sync", "enabled", TYPE_BOOL, OF(enabled), "true",
		.help = "whether versions are stored and synced; they are captured in any case"},
	{"sync", "backend", TYPE_WORD, OF(backend), "file", .words = backends,
		.help = "the store that versions go to"},
	{"sync", "keep_versions", TYPE_UNSIGNED, OF(keep_versions), "10", 1, VERSIONS,
		.help = "newest versions of each database that are kept"},
	{"sync", "keep_daily", TYPE_UNSIGNED, OF(keep_daily), "7", 0, DAYS,
		.help = "last days of which the newest version is kept besides"},
	{"sync", "backup_on_scan_count", TYPE_UNSIGNED, OF(backup_on_scan_count), "10", 0, SCANS,
		.help = "back up after so many scans; 0: never"},
	{"sync", "backup_on_hours", TYPE_REAL, OF(backup_on_hours), "24.0", 0, HOURS,
		.help = "back up so many hours after the last one, if anything happened; 0: never"},
	{"sync", "cache_ttl_seconds", TYPE_UNSIGNED, OF(cache_ttl_seconds), "3600", 0, SECONDS,
		.help = "how long what is known of the store counts as fresh"},
	{"sync", "auto_sync_on_start", TYPE_BOOL, OF(auto_sync_on_start), "false",
		.help = "whether to sync once when the daemon starts"},

	{"queue", "max_bytes", TYPE_SIZE, OF(queue_max_bytes), "0", 0, QUEUE,
		.help = "room for versions not yet stored, as 500 MiB; 0: 1 GiB or 20 % of the disk"},

	{"alert", "command", TYPE_TEXT, OF(alert_command), "", .most = COMMAND_BYTES,
		.help = "run when an alert begins or clears; empty: none"},
	{"alert", "webhook_url", TYPE_TEXT, OF(alert_webhook_url), "", .most = URL_BYTES,
		.secret = true, .help = "where alerts are posted as JSON; empty: nowhere"},
	{"alert", "heartbeat_url", TYPE_TEXT, OF(alert_heartbeat_url), "", .most = URL_BYTES,
		.secret = true, .help = "pinged every half hour while all is well; empty: none"},
	{"alert", "after", TYPE_REAL, OF(alert_after), "36.0", 0, HOURS,
		.help = "hours that scans and versions may wait for the store without an alert"},

	{"file", "path", TYPE_PATH, OF(file_path), PLACE_STORE, .most = PATH_BYTES,
		.help = "folder of the store: a USB disk, an NFS mount"},

	{CREDENTIAL(r2, account_id, NAME_BYTES),
		.help = "Cloudflare's id of the account; not needed with an endpoint"},
	{CREDENTIAL(r2, access_key_id, KEY_BYTES), .secret = true, .harmless = true, .help = "the key's name"},
	{CREDENTIAL(r2, secret_access_key, KEY_BYTES), .secret = true, .help = "the key itself"},
	{CREDENTIAL(r2, session_token, TOKEN_BYTES), .secret = true,
		.help = "what belongs to a key that is good for a while only"},
	{BUCKET(r2, bucket_name, "casman-databases", NAME_BYTES),
		.help = "the bucket that is the store"},
	{BUCKET(r2, endpoint, "", URL_BYTES), .help = "URL of R2; empty: that of the account"},
	{BUCKET(r2, region, "auto", NAME_BYTES), .help = "R2 has no other than auto"},
	{"r2", "ca_file", TYPE_PATH, OF(r2.ca_file), "", .most = PATH_BYTES, .optional = true,
		.help = "certificates that are trusted instead of the system's"},

	{CREDENTIAL(s3, access_key_id, KEY_BYTES), .secret = true, .harmless = true,
		.help = "the key's name; empty: that of [r2]"},
	{CREDENTIAL(s3, secret_access_key, KEY_BYTES), .secret = true,
		.help = "the key itself; empty: that of [r2]"},
	{CREDENTIAL(s3, session_token, TOKEN_BYTES), .secret = true,
		.help = "what belongs to a key that is good for a while only"},
	{BUCKET(s3, bucket_name, "", NAME_BYTES),
		.help = "the bucket that is the store; empty: that of [r2]"},
	{BUCKET(s3, endpoint, "", URL_BYTES),
		.help = "URL of the service; empty: that of [r2], or else AWS"},
	{BUCKET(s3, region, "", NAME_BYTES), .help = "of the bucket; empty: that of [r2]"},
	{"s3", "path_style", TYPE_WORD, OF(s3.path_style), "auto", .words = styles,
		.help = "whether the bucket stands in the path, not in the host's name"},
	{"s3", "ca_file", TYPE_PATH, OF(s3.ca_file), "", .most = PATH_BYTES, .optional = true,
		.help = "certificates that are trusted; empty: those of [r2]"},

	{"quota", "storage_gb", TYPE_REAL, OF(quota_storage_gb), "10.0", 0, GIGABYTES,
		.preset_s3 = "0", .help = "GB that may lie below backups/ in the bucket; 0: no limit"},
	{"quota", "class_a_operations", TYPE_UNSIGNED, OF(quota_class_a), "1000000", 0, OPERATIONS,
		.preset_s3 = "0", .help = "PUT, COPY and LIST requests a month; 0: no limit"},
	{"quota", "class_b_operations", TYPE_UNSIGNED, OF(quota_class_b), "10000000", 0, OPERATIONS,
		.preset_s3 = "0", .help = "GET and HEAD requests a month; 0: no limit"},
	{"quota", "warn_threshold", TYPE_REAL, OF(quota_warn), "0.8", PART_LEAST, 1,
		.help = "part of a limit at which status and an alert warn"},
	{"quota", "block_threshold", TYPE_REAL, OF(quota_block), "0.95", PART_LEAST, 1,
		.help = "part of a limit at which what can wait waits"},
	{"quota", "share", TYPE_REAL, OF(quota_share), "1.0", PART_LEAST, 1,
		.help = "this machine's part of the operations, where several use one account"},

	{"maintain", "every_days", TYPE_REAL, OF(maintain_every_days), "28.0", 0, DAYS,
		.help = "days after which versions are brought back into Standard; 0: never"},
	{"proof", "every_days", TYPE_REAL, OF(proof_every_days), "7.0", 0, DAYS,
		.help = "days after which versions are fetched and proven; 0: never"},

	{"database", "path", TYPE_PATH, OF_DATABASE(path), NULL, .most = PATH_BYTES,
		.help = "the SQLite file"},
	{"database", "count_table", TYPE_TEXT, OF_DATABASE(count_table), "", .most = TABLE_BYTES,
		.help = "table whose rows are the version's record count; empty: none"},
	{"database", "on_change", TYPE_WORD, OF_DATABASE(on_change), "backup", .words = changes,
		.help = "what a commit does: a backup, a mark that one is wanted, nothing"},
	{"database", "scans_from", TYPE_WORD, OF_DATABASE(scans_from), "auto", .words = sources,
		.help = "what counts as a scan: posts to the socket, commits, or whichever comes"},
};
/* clang-format on */

const struct config_table config_table = {sections, LENGTH(sections), rows, LENGTH(rows)};

const struct config_row *config_next(
	const struct config_table *table, const char *section, size_t *i)
{
	while (*i < table->row_count) {
		const struct config_row *row = &table->rows[(*i)++];

		if (strcmp(row->section, section) == 0)
			return row;
	}
	return NULL;
}

const struct config_row *config_row(
	const struct config_table *table, const char *section, const char *key)
{
	const struct config_row *row;

	for (size_t i = 0; (row = config_next(table, section, &i));)
		if (strcmp(row->key, key) == 0)
			return row;
	return NULL;
}

bool config_key(
	size_t i, const char **section, const char **key, const char **preset, const char **help)
{
	if (i >= LENGTH(rows))
		return false;
	*section = rows[i].section;
	*key = rows[i].key;
	*preset = rows[i].preset;
	*help = rows[i].help;
	return true;
}

const char *config_backend_name(enum config_backend backend)
{
	return backends[backend];
}

bool config_name_valid(const char *name)
{
	size_t length = strspn(name, CONFIG_NAME_CHARS);

	return length >= 1 && length <= CONFIG_NAME_MAX && !name[length] && name[0] != '.';
}
