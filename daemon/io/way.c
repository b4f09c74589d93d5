#include "daemon/io/way.h"

#include "common/text.h"

#include <string.h>
#include <sys/inotify.h>

#define LOOKS_MAX 16 /* until two agree; a way that changes faster is an error */

#define ENTRY (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define SELF  (IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW)

/* The least that must be heard of each step (P12).  The file itself gets no mark, so that it is
 * neither opened nor held (P3). */
static const uint32_t wishes[] = {
	[TRAIL_FOLDER] = SELF | IN_ONLYDIR,
	[TRAIL_LINK] = SELF | IN_ATTRIB, /* removed, also while somebody holds it open */
	[TRAIL_ABOVE] = SELF | IN_ONLYDIR | IN_DELETE | IN_MOVED_TO,
	[TRAIL_WAIT] = SELF | IN_ONLYDIR | IN_CREATE | IN_MOVED_TO,
	[TRAIL_HOME] = SELF | IN_ONLYDIR | ENTRY | IN_MODIFY | IN_CLOSE_WRITE,
};

void way_start(struct way *y, const char *path)
{
	*y = (struct way){.given = text_copy(path)};
}

void way_end(struct way *y)
{
	trail_free(&y->trail);
	free(y->given);
	*y = (struct way){0};
}

/* The last step first: it matters most, where marks are short. */
static void mark_steps(struct trail *t, struct marks *m, struct err *e)
{
	for (size_t i = t->count; i-- > 0;) {
		struct trail_step *s = &t->steps[i];
		bool last = i + 1 == t->count;
		struct err wrong;

		s->mark = marks_add(m, s->path, wishes[s->kind], &wrong);
		if (s->mark >= 0 || e->code)
			continue;
		if (last || wrong.code != ERR_DENIED) /* others may be entered, but not read */
			*e = wrong;
	}
}

static int last_mark(const struct trail *t)
{
	return t->steps[t->count - 1].mark;
}

static bool same_place(const struct trail *a, const struct trail *b)
{
	return a->count && strcmp(a->path, b->path) == 0 && last_mark(a) == last_mark(b);
}

static bool same_steps(const struct trail *a, const struct trail *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->steps[i].kind != b->steps[i].kind || a->steps[i].mark != b->steps[i].mark)
			return false;
	return true;
}

/* Looks once.  True if something is not as it was. */
static bool look(struct way *y, struct marks *m, bool *elsewhere)
{
	struct trail t;

	y->err.code = trail_follow(&t, y->given, &y->err);
	mark_steps(&t, m, &y->err);
	bool moved = !same_place(&y->trail, &t);
	bool changed = moved || !same_steps(&y->trail, &t);
	*elsewhere |= moved;
	trail_free(&y->trail);
	y->trail = t;
	return changed;
}

/* Looks until two looks agree: all that the second one saw was marked before it, so that whatever
 * happens to it later raises an event. */
bool way_settle(struct way *y, struct marks *m)
{
	bool elsewhere = false;

	for (int i = 0; i < LOOKS_MAX; i++)
		if (!look(y, m, &elsewhere))
			return elsewhere;
	err_set(&y->err, ERR_BUSY, "watch %s: the folders on its way change all the time",
		y->given);
	return elsewhere;
}

void way_want(const struct way *y, struct marks *m)
{
	for (size_t i = 0; i < y->trail.count; i++)
		marks_want(m, y->trail.steps[i].mark, wishes[y->trail.steps[i].kind]);
}

/* What is told by an event on a neighbour of this name. */
static unsigned hear_beside(const struct inotify_event *ev, const char *database)
{
	size_t length = strlen(database);

	if (strncmp(ev->name, database, length) != 0)
		return WAY_NOTHING;
	if (strcmp(ev->name + length, "-wal") == 0)
		return ev->mask & IN_MODIFY ? WAY_TOUCHED | WAY_LOGGED : WAY_TOUCHED;
	return strcmp(ev->name + length, "-journal") == 0 ? WAY_TOUCHED : WAY_NOTHING;
}

static unsigned hear_at(const struct trail_step *s, const struct inotify_event *ev)
{
	bool home = s->kind == TRAIL_HOME;

	if (!ev->len)
		return WAY_STALE; /* the folder or link itself: moved, removed, unmounted */
	if (!s->name)
		return WAY_NOTHING;
	if (strcmp(ev->name, s->name) != 0)
		return home ? hear_beside(ev, s->name) : WAY_NOTHING;
	if (ev->mask & ENTRY)
		return home ? WAY_STALE | WAY_MOVED : WAY_STALE;
	return home ? WAY_TOUCHED : WAY_NOTHING;
}

unsigned way_hear(const struct way *y, const struct inotify_event *ev)
{
	unsigned news = WAY_NOTHING;

	for (size_t i = 0; i < y->trail.count; i++)
		if (y->trail.steps[i].mark == ev->wd)
			news |= hear_at(&y->trail.steps[i], ev);
	return news;
}
