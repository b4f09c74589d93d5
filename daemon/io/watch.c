#include "daemon/io/watch.h"

#include "common/text.h"
#include "daemon/io/marks.h"
#include "daemon/io/way.h"

#include <fcntl.h>
#include <stdalign.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <uv.h>

#define READ_BYTES   16384 /* of events at once: some 400 of them */
#define READS_A_TURN 32    /* a flood of events does not keep the loop from its other work */

struct watch_file {
	struct watch *watch;
	struct watch_file *next, **link;
	struct way way;
	unsigned news; /* enum way_news: what its owner is yet to be told */
	bool logged;   /* see watch_logged() */
	watch_touched *touched;
	void *arg;
};

struct watch {
	struct marks marks;
	int mounts; /* /proc/self/mountinfo, or -1 */
	uv_poll_t on_marks, on_mounts;
	uv_timer_t soon; /* runs out in the next turn, to tell what no event told */
	bool all;        /* then everybody is told */
	struct watch_file *files;
	unsigned open; /* uv handles not yet closed */
	void (*closed)(void *arg);
	void *arg;
};

static void settle_all(struct watch *w)
{
	for (struct watch_file *f = w->files; f; f = f->next)
		if (way_settle(&f->way, &w->marks))
			f->news |= WAY_MOVED;
}

/* Drops the marks that lie on nobody's way any more. */
static void drop_unused(struct watch *w)
{
	marks_want_nothing(&w->marks);
	for (struct watch_file *f = w->files; f; f = f->next)
		way_want(&f->way, &w->marks);
	if (marks_trim(&w->marks))
		settle_all(w);
}

static void look_up_all(struct watch *w)
{
	settle_all(w);
	drop_unused(w);
}

static void all_moved(struct watch *w)
{
	for (struct watch_file *f = w->files; f; f = f->next)
		f->news |= WAY_MOVED;
}

static struct watch_file *next_to_tell(const struct watch *w)
{
	struct watch_file *f = w->files;

	while (f && !f->news)
		f = f->next;
	return f;
}

/* Last of all: any file may be removed, and everything closed, while one is told. */
static void tell(struct watch *w)
{
	struct watch_file *f;

	while ((f = next_to_tell(w))) {
		bool moved = f->news & WAY_MOVED;

		f->logged |= moved || f->news & WAY_LOGGED;
		f->news = WAY_NOTHING;
		f->touched(f->arg, moved);
	}
}

/* True if the ways must be looked up again. */
static bool hear(struct watch *w, const struct inotify_event *ev)
{
	unsigned news = WAY_NOTHING;

	if (ev->mask & IN_Q_OVERFLOW) {
		all_moved(w);
		return true;
	}
	for (struct watch_file *f = w->files; f; f = f->next) {
		unsigned own = way_hear(&f->way, ev);
		f->news |= own & ~(unsigned)WAY_STALE;
		news |= own;
	}
	return news & WAY_STALE;
}

static void on_marks(uv_poll_t *poll, int status, int events)
{
	struct watch *w = owner_of(poll, struct watch, on_marks);
	alignas(struct inotify_event) char bytes[READ_BYTES];
	bool stale = false;

	(void)status;
	(void)events;
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t got = read(w->marks.fd, bytes, sizeof(bytes));
		const struct inotify_event *ev;

		if (got <= 0)
			break;
		for (char *at = bytes; at < bytes + got; at += sizeof(*ev) + ev->len) {
			ev = (const void *)at;
			stale |= hear(w, ev);
		}
	}
	if (stale)
		look_up_all(w);
	tell(w);
}

/* Something was mounted or unmounted: of what a mount hides or shows, inotify says nothing. */
static void on_mounts(uv_poll_t *poll, int status, int events)
{
	struct watch *w = owner_of(poll, struct watch, on_mounts);

	(void)status;
	(void)events;
	look_up_all(w);
	tell(w);
}

static void on_soon(uv_timer_t *timer)
{
	struct watch *w = owner_of(timer, struct watch, soon);

	if (w->all)
		all_moved(w);
	w->all = false;
	tell(w);
}

static void tell_soon(struct watch *w)
{
	REQUIRE(uv_timer_start(&w->soon, on_soon, 0, 0) == 0);
}

struct watch_file *watch_add(struct watch *w, const char *path, watch_touched *touched, void *arg)
{
	struct watch_file *f = text_room(1, sizeof(*f));

	f->watch = w;
	f->logged = true;
	f->touched = touched;
	f->arg = arg;
	f->link = &w->files;
	f->next = w->files;
	if (f->next)
		f->next->link = &f->next;
	w->files = f;
	way_start(&f->way, path);
	(void)way_settle(&f->way, &w->marks); /* the owner has not looked yet: no news */
	return f;
}

static void free_file(struct watch_file *f)
{
	*f->link = f->next;
	if (f->next)
		f->next->link = f->link;
	way_end(&f->way);
	free(f);
}

void watch_remove(struct watch_file *f)
{
	if (!f)
		return;
	struct watch *w = f->watch;
	free_file(f);
	drop_unused(w);
	if (next_to_tell(w))
		tell_soon(w);
}

const char *watch_path(const struct watch_file *f)
{
	return f->way.trail.path;
}

bool watch_logged(struct watch_file *f)
{
	bool logged = f->logged;

	f->logged = false;
	return logged;
}

const char *watch_error(const struct watch_file *f)
{
	return f->way.err.code ? f->way.err.text : NULL;
}

void watch_refresh(struct watch *w)
{
	look_up_all(w);
	w->all = true;
	tell_soon(w);
}

/* Without /proc, mounts are noticed at watch_refresh(). */
static void follow_mounts(struct watch *w, uv_loop_t *loop)
{
	w->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (w->mounts < 0)
		return;
	if (uv_poll_init(loop, &w->on_mounts, w->mounts)) {
		(void)close(w->mounts);
		w->mounts = -1;
		return;
	}
	REQUIRE(uv_poll_start(&w->on_mounts, UV_PRIORITIZED, on_mounts) == 0);
	w->open++;
}

enum err_code watch_open(struct watch **out, uv_loop_t *loop, struct err *e)
{
	struct watch *w = text_room(1, sizeof(*w));

	if (marks_open(&w->marks, e)) {
		free(w);
		return e->code;
	}
	int wrong = uv_poll_init(loop, &w->on_marks, w->marks.fd);
	if (wrong) {
		marks_close(&w->marks);
		free(w);
		return err_set(e, ERR_IO, "put inotify on the loop: %s", uv_strerror(wrong));
	}
	REQUIRE(uv_poll_start(&w->on_marks, UV_READABLE, on_marks) == 0);
	REQUIRE(uv_timer_init(loop, &w->soon) == 0);
	w->open = 2;
	follow_mounts(w, loop);
	*out = w;
	return ERR_NONE;
}

static void one_less_open(struct watch *w)
{
	if (--w->open > 0)
		return;
	void (*closed)(void *) = w->closed;
	void *arg = w->arg;
	free(w);
	closed(arg);
}

static void on_marks_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_poll_t *)handle, struct watch, on_marks));
}

static void on_mounts_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_poll_t *)handle, struct watch, on_mounts));
}

static void on_soon_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_timer_t *)handle, struct watch, soon));
}

void watch_close(struct watch *w, void (*closed)(void *arg), void *arg)
{
	if (!w) {
		closed(arg);
		return;
	}
	w->closed = closed;
	w->arg = arg;
	while (w->files)
		free_file(w->files);
	uv_close((uv_handle_t *)&w->on_marks, on_marks_closed);
	uv_close((uv_handle_t *)&w->soon, on_soon_closed);
	marks_close(&w->marks);
	if (w->mounts >= 0) {
		uv_close((uv_handle_t *)&w->on_mounts, on_mounts_closed);
		(void)close(w->mounts);
	}
}
