#include "daemon/neighbours.h"

#include "common/scoped.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The file, or the folder that it will be made in. */
static bool find(const char *path, struct stat *st)
{
	scoped(heap) char *folder = text_copy(path);

	if (stat(path, st) == 0)
		return true;
	*strrchr(folder, '/') = '\0';
	return stat(*folder ? folder : "/", st) == 0;
}

bool neighbours_see(const struct config *config, char warning[NEIGHBOURS_ROOM])
{
	struct stat store, database;

	*warning = '\0';
	if (stat(config->file_path, &store))
		return false;
	for (size_t i = 0; i < config->database_count; i++) {
		const struct config_database *d = &config->databases[i];

		if (!find(d->path, &database) || database.st_dev != store.st_dev)
			continue;
		(void)snprintf(warning, NEIGHBOURS_ROOM,
			"the store lies on the same file system as %s: it does not survive the "
			"loss of "
			"that disk. Put [file] path on another disk (USB, NFS)",
			d->name);
		return true;
	}
	return false;
}

static enum err_code on_pool(struct work *w, struct err *e)
{
	struct neighbours *n = owner_of(w, struct neighbours, work);

	(void)e;
	(void)neighbours_see(n->config, n->warning);
	return ERR_NONE;
}

static void on_loop(struct work *w, const struct err *e)
{
	struct neighbours *n = owner_of(w, struct neighbours, work);

	(void)e;
	n->done(n, n->warning);
}

void neighbours_start(struct uv_loop_s *loop, struct neighbours *n, const struct config *config,
	void (*done)(struct neighbours *n, const char *warning))
{
	*n = (struct neighbours){.done = done, .config = config};
	n->work = (struct work){.run = on_pool, .done = on_loop};
	work_start(loop, &n->work);
}
