#include "daemon/io/marks.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

enum err_code marks_open(struct marks *m, struct err *e)
{
	*m = (struct marks){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	if (m->fd >= 0)
		return ERR_NONE;
	if (errno == EMFILE)
		return err_set(e, ERR_FAILED,
			"start inotify: this user has no instance left, or this process no "
			"descriptor: "
			"sysctl fs.inotify.max_user_instances=1024");
	return err_sys(e, "start inotify");
}

void marks_close(struct marks *m)
{
	(void)close(m->fd);
	free(m->all);
	*m = (struct marks){.fd = -1};
}

static struct mark *find(const struct marks *m, int id)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->all[i].id == id)
			return &m->all[i];
	return NULL;
}

static struct mark *make(struct marks *m, int id)
{
	if (m->count == m->room) {
		m->room = m->room ? 2 * m->room : 16;
		m->all = reallocarray(m->all, m->room, sizeof(*m->all));
		REQUIRE(m->all);
	}
	m->all[m->count] = (struct mark){.id = id};
	return &m->all[m->count++];
}

static void explain(const char *path, struct err *e)
{
	switch (errno) {
	case ENOSPC:
		err_set(e, ERR_FAILED,
			"watch %s: this user has no inotify watch left: "
			"sysctl fs.inotify.max_user_watches=524288",
			path);
		break;
	case EACCES:
		err_set(e, ERR_DENIED, "watch %s: casmand's user must be able to read this folder",
			path);
		break;
	default: err_sys(e, "watch %s", path);
	}
}

int marks_add(struct marks *m, const char *path, uint32_t bits, struct err *e)
{
	int id = inotify_add_watch(m->fd, path, bits | IN_MASK_ADD);

	if (id < 0) {
		explain(path, e);
		return -1;
	}
	struct mark *k = find(m, id);
	if (!k)
		k = make(m, id);
	k->bits |= bits;
	return id;
}

void marks_want_nothing(struct marks *m)
{
	for (size_t i = 0; i < m->count; i++)
		m->all[i].wanted = 0;
}

void marks_want(struct marks *m, int id, uint32_t bits)
{
	struct mark *k = find(m, id);

	if (k)
		k->wanted |= bits;
}

bool marks_trim(struct marks *m)
{
	bool over = false;

	for (size_t i = m->count; i-- > 0;) {
		struct mark *k = &m->all[i];
		if (!(k->bits & ~k->wanted))
			continue;
		over |= k->wanted != 0;
		(void)inotify_rm_watch(m->fd, k->id); /* fails if the kernel ended it itself */
		*k = m->all[--m->count];
	}
	return over;
}
