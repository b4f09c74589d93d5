#include "common/scoped.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a verb does with the object. */
typedef enum err_code use(
	struct file_job *j, const struct file_spot *spot, const char *name, struct err *e);

static enum err_code visit(struct file_job *j, use *use_it, struct err *e)
{
	struct store_request *r = j->request;
	struct file_spot spot;

	if (file_find(j, false, &spot, e))
		return e->code;
	scoped(fd) int folder = spot.folder;
	enum err_code code = file_read_tags(&spot, &r->got.tags, e);
	if (code && code != ERR_MISSING)
		return code;
	r->got.tagged = !code;
	return use_it(j, &spot, spot.kind == OBJKEY_DATABASE ? spot.database : spot.metadata, e);
}

static int open_measured(
	struct file_job *j, const struct file_spot *spot, const char *name, struct err *e)
{
	struct stat st;
	scoped(fd) int fd = disk_open_file(spot->folder, name, e);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st)) {
		err_sys(e, "look at %s", name);
		return -1;
	}
	j->request->got.size = (uint64_t)st.st_size;
	return give_fd(&fd);
}

static enum err_code measure(
	struct file_job *j, const struct file_spot *spot, const char *name, struct err *e)
{
	scoped(fd) int fd = open_measured(j, spot, name, e);

	return fd < 0 ? e->code : ERR_NONE;
}

static enum err_code take_bytes(
	struct file_job *j, const struct file_spot *spot, const char *name, struct err *e)
{
	struct store_request *r = j->request;
	struct text t = {0};
	enum err_code code = disk_read(spot->folder, name, STORE_GET_MAX, &t, e);

	if (!code) {
		r->got.size = t.length;
		r->got.bytes = text_take(&t);
	}
	text_free(&t);
	return code;
}

static enum err_code copy_out(
	struct file_job *j, const struct file_side *from, const struct file_side *to, struct err *e)
{
	struct digest sum;
	struct err second;

	digest_begin(&sum);
	enum err_code code = file_copy(j, from, to, &sum, e);
	digest_end(&sum, j->request->got.checksum);
	if (disk_finish(to->fd, to->name, code ? &second : e) && !code) {
		j->local = true;
		code = e->code;
	}
	return code;
}

static enum err_code take_file(
	struct file_job *j, const struct file_spot *spot, const char *name, struct err *e)
{
	const char *file = j->request->file;
	scoped(fd) int from = open_measured(j, spot, name, e);

	if (from < 0)
		return e->code;
	int to = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0) {
		j->local = true;
		return err_sys(e, "create %s", file);
	}
	enum err_code code = copy_out(
		j, &(struct file_side){from, name, false}, &(struct file_side){to, file, true}, e);
	if (code)
		(void)unlink(file);
	return code;
}

enum err_code file_head(struct file_job *j, struct err *e)
{
	return visit(j, measure, e);
}

enum err_code file_get(struct file_job *j, struct err *e)
{
	return visit(j, take_bytes, e);
}

enum err_code file_fetch(struct file_job *j, struct err *e)
{
	return visit(j, take_file, e);
}
