#include "daemon/capture.h"

#include "common/scoped.h"
#include "common/text.h"
#include "daemon/io/disk.h"

#include <string.h>
#include <unistd.h>

enum err_code capture_keep(const char *spool, const char *temporary, const char *id, struct err *e)
{
	scoped(fd) int folder = disk_open_folder(spool, e);
	if (folder < 0)
		return e->code;
	scoped(fd) int file = disk_open_file(folder, temporary, e);
	if (file < 0)
		return e->code;
	if (disk_sync(file, temporary, e))
		return e->code;
	return disk_publish(folder, temporary, id, e);
}

static enum err_code checked(
	struct capture *c, const char *path, const char *temporary, struct err *e)
{
	c->unchanged = strcmp(c->snapshot.content, c->same_content) == 0;
	if (c->unchanged)
		return ERR_NONE;
	if (check_copy(path, &(struct check_ask){.count_table = c->count_table, .stop = c->stop},
		    &c->check, e))
		return err_note(e, "check the copy");
	return capture_keep(c->spool, temporary, c->id, e);
}

static enum err_code on_pool(struct work *w, struct err *e)
{
	struct capture *c = owner_of(w, struct capture, work);
	struct text name = {0}, path = {0};

	text_add(&name, "%s.tmp", c->id);
	text_add(&path, "%s/%s", c->spool, name.at);
	if (!snapshot_take(c->path, path.at, CAPTURE_WAIT_MS, &c->snapshot, e)) {
		e->code = checked(c, path.at, name.at, e);
		if (e->code || c->unchanged)
			(void)unlink(path.at);
	}
	text_free(&name);
	text_free(&path);
	return e->code;
}

static void on_loop(struct work *w, const struct err *e)
{
	struct capture *c = owner_of(w, struct capture, work);

	c->done(c, e);
}

void capture_start(struct uv_loop_s *loop, struct capture *c)
{
	c->work = (struct work){.run = on_pool, .done = on_loop};
	work_start(loop, &c->work);
}

void capture_end(struct capture *c)
{
	free(c->path);
	free(c->count_table);
	text_free(&c->check.tables);
}
