#include "daemon/spool.h"

#include "common/log.h"
#include "common/scoped.h"
#include "common/text.h"
#include "daemon/io/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define AUTOMATIC (UINT64_C(1) << 30) /* bytes at most, where the configuration does not say */
#define SHARE     5                   /* and at most this part of the disk's free room */

SCOPED(folder, DIR *, NULL, closedir)

static int open_spool(struct state *state, unsigned mode, struct err *e)
{
	scoped(fd) int home = disk_open_folder(state_folder(state), e);

	return home < 0 ? -1 : disk_open_below(home, "spool", mode, e);
}

/* --- at start ---------------------------------------------------------- */

static bool is_among(const struct state_ids *ids, const char *name)
{
	for (size_t i = 0; i < ids->count; i++)
		if (strcmp(ids->at[i], name) == 0)
			return true;
	return false;
}

static enum err_code remove_others(int spool, const struct state_ids *needed, struct err *e)
{
	int again = dup(spool); /* the stream ends with its descriptor */
	const struct dirent *entry;

	scoped(folder) DIR *list = again < 0 ? NULL : fdopendir(again);
	if (!list) {
		err_sys(e, "read the spool");
		if (again >= 0)
			close(again);
		return e->code;
	}
	while ((entry = readdir(list))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR || /* lost+found */
			is_among(needed, entry->d_name))
			continue;
		log_info("spool", "removed=%s", entry->d_name);
		if (disk_remove(spool, entry->d_name, e))
			return e->code;
	}
	return ERR_NONE;
}

/* Its contents are checked when it is sent; here only what costs nothing. */
static enum err_code check_file(struct state *state, int spool, const char *id, struct err *e)
{
	struct state_version v;
	const char *why = NULL;
	struct stat st;

	if (fstatat(spool, id, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT)
			return err_sys(e, "look at %s", id);
		why = "its copy in the spool is gone";
	}
	if (state_version_get(state, id, 0, &v, e))
		return e->code;
	if (!why && (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != v.v.size))
		why = "its copy in the spool has another length";
	if (why && !state_lost(state, id, why, e))
		log_error("bad version", "db=%s key=%s error=\"%s\"", v.v.db_name, v.key, why);
	state_version_end(&v);
	return why ? e->code : ERR_NONE;
}

enum err_code spool_tidy(struct state *state, struct err *e)
{
	struct state_ids needed;

	scoped(fd) int spool = open_spool(state, 0700, e);
	if (spool < 0)
		return e->code;
	if (state_spooled(state, &needed, e))
		return e->code;
	for (size_t i = 0; i < needed.count && !e->code; i++)
		e->code = check_file(state, spool, needed.at[i], e);
	state_ids_end(&needed);
	/* Again, for what is lost may have left a piece. */
	if (!e->code && !state_spooled(state, &needed, e))
		e->code = remove_others(spool, &needed, e);
	state_ids_end(&needed);
	return e->code ? err_note(e, "tidy the spool") : ERR_NONE;
}

/* --- its bounds -------------------------------------------------------- */

static uint64_t limit_beside(struct state *state, const struct config *c, uint64_t used)
{
	uint64_t room;
	struct err e;

	if (c->queue_max_bytes)
		return c->queue_max_bytes;
	scoped(fd) int folder = disk_open_folder(state_folder(state), &e);
	if (folder < 0 || disk_free_space(folder, &room, &e))
		return AUTOMATIC;
	room = (room + used) / SHARE;
	return room < AUTOMATIC ? room : AUTOMATIC;
}

uint64_t spool_limit(struct state *state, const struct config *c)
{
	uint64_t used;
	struct err e;

	if (state_spool_bytes(state, &used, &e))
		used = 0;
	return limit_beside(state, c, used);
}

enum err_code spool_room(struct state *state, const struct config *c, uint64_t size, struct err *e)
{
	uint64_t used;

	if (state_spool_bytes(state, &used, e))
		return e->code;
	if (!used || used + size <= limit_beside(state, c, used))
		return ERR_NONE;
	return err_set(e, ERR_FULL,
		"the queue is full: captures stop until some of what waits is stored; scans are "
		"counted. Mend: casmanctl queue says why it waits; or raise [queue] max_bytes");
}

/* --- superseding ------------------------------------------------------- */

static void let_go(struct state *state, int spool, int64_t store, const char *id)
{
	struct state_version v;
	struct err e;

	(void)unlinkat(spool, id, 0); /* what stays is tidied at the next start */
	if (state_version_get(state, id, store, &v, &e))
		return;
	log_info("superseded", "db=%s key=%s size=%" PRIu64, v.v.db_name, v.key, v.v.size);
	state_version_end(&v);
}

void spool_thin(struct state *state, const struct config *c, int64_t store, struct state_ids *gone)
{
	const struct state_supersede what = {
		.store = store, .keep = {.versions = c->keep_versions, .days = c->keep_daily}
        };
	struct err e;

	if (state_supersede(state, &what, gone, &e)) {
		log_error("state", "error=\"%s\"", e.text);
		return;
	}
	if (!gone->count)
		return;
	scoped(fd) int spool = open_spool(state, 0, &e);
	for (size_t i = 0; i < gone->count; i++)
		let_go(state, spool, store, gone->at[i]);
}
