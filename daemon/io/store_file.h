/* store_file.h - inside the `file` store: a folder that may be a USB disk or an NFS mount.
 * For daemon/io/store_file*.c alone.
 *
 *     .casmand-store                               the marker: which store this is
 *     backups/<db_name>/<stamp>_<db_name>          the database object
 *     ... .casmand.json                            its tags: whose version it is
 *     ... .metadata.json                           its metadata
 *     ... /.casmand-<machine>-<id>*.tmp            being written
 *
 * MUSTs:
 *  1. No name is ever given twice (P5): all is written under a temporary name and published with
 *     disk_publish().  A key is taken if any of its three names is there.
 *  2. The marker is looked at in each request, and all work of the request is done below the very
 *     folder descriptor where it was seen, so that a disk that goes away in between is an error and
 *     never a write into the empty mount point.
 *  3. A database object is this machine's version if and only if its tags hold the version's id.
 *     It is written before its tags, its tags before its metadata (by the caller's next PUT).  A
 *     repeated PUT finds what the first one left behind, in whatever state, and finishes it.
 *  4. Deleting goes the same way: the database object first, by one request; then, by the request
 *     for the metadata, the tags and last the metadata.  So a crash leaves no version without
 *     metadata, and what it leaves is listed, to be deleted again.
 *
 * Folders are made 0750 and files 0640 (cut by the umask), so that the group can read versions
 * without casmand.
 */
#pragma once

#include "daemon/io/digest.h"
#include "daemon/io/store_maker.h"
#include "daemon/io/work.h"

#define FILE_FOLDER_MODE 0750
#define FILE_MODE        0640
#define FILE_BACKUPS     "backups" /* OBJKEY_PREFIX as a folder */

/* One request on its way through a pool thread, with all that it needs of the store. */
struct file_job {
	struct work work;
	struct store_request *request;
	const char *place;            /* lives longer than the job */
	char machine[VERSION_ID + 1]; /* this machine's */
	char id[VERSION_ID + 1];      /* of the marker to be found, "": any; of the one found */
	bool known;                   /* a marker must be there */
	bool local;                   /* what failed was the local file, not the store */
	int root;                     /* the store's folder; -1 */
};

/* Where the request's key lies. */
struct file_spot {
	int folder;                 /* backups/<db_name>; closed by who asked for the spot */
	enum objkey_kind kind;      /* never OTHER nor TAGS */
	char database[OBJKEY_ROOM]; /* names in it */
	char metadata[OBJKEY_ROOM];
	char tags[OBJKEY_ROOM];
};

/* ERR_MISSING for a key of another shape and, where it is not to be made, for a missing folder. */
enum err_code file_find(
	const struct file_job *j, bool make, struct file_spot *spot, struct err *e) must_check;

/* The tags of the version there; ERR_MISSING if it has none. */
enum err_code file_read_tags(
	const struct file_spot *spot, struct version *tags, struct err *e) must_check;

/* From the present offset to the end; what fails on the `local` side is marked so in the job.  What
 * was copied is added to `sum`, unless that is NULL. */
struct file_side {
	int fd;
	const char *name;
	bool local;
};
enum err_code file_copy(struct file_job *j, const struct file_side *from,
	const struct file_side *to, struct digest *sum, struct err *e) must_check;

/* Opens the folder and looks at its marker: for all verbs but PROBE, which does more. */
enum err_code file_open(struct file_job *j, struct err *e) must_check;

/* The verbs, on a pool thread.  All but PROBE are called after file_open(). */
typedef enum err_code file_verb(struct file_job *j, struct err *e);
file_verb file_probe, file_put, file_head, file_get, file_fetch, file_list, file_delete;
