#include "daemon/tidy.h"

#include "common/log.h"
#include "common/scoped.h"
#include "common/text.h"
#include "daemon/io/disk.h"

#include <dirent.h>
#include <fcntl.h>

SCOPED(folder, DIR *, NULL, closedir)

enum err_code tidy_spool(struct state *state, struct err *e)
{
	const struct dirent *entry;

	scoped(fd) int home = disk_open_folder(state_folder(state), e);
	if (home < 0)
		return e->code;
	int spool = disk_open_below(home, "spool", 0700, e);
	if (spool < 0)
		return e->code;
	scoped(folder) DIR *list = fdopendir(spool); /* has `spool` now */
	if (!list) {
		close(spool);
		return err_sys(e, "read the spool");
	}
	while ((entry = readdir(list))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (entry->d_name[0] == '.' || state_spooled(state, entry->d_name))
			continue;
		log_info("spool", "removed=%s", entry->d_name);
		if (disk_remove(dirfd(list), entry->d_name, e))
			return err_note(e, "tidy the spool");
	}
	return ERR_NONE;
}
