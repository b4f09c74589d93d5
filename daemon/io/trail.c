#include "daemon/io/trail.h"

#include "common/scoped.h"
#include "common/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* in one path, as for the kernel: more is taken for a circle */

struct walk {
	struct trail *trail;
	struct text at;   /* where we are, without links and dots; "" is the root */
	char *names;      /* where we go, the target of a link put in front of what was left */
	const char *rest; /* what is left of it, without slashes in front */
	int links;
	bool arrived; /* `at` exists, and nothing is left */
};

static void cut(struct text *t, size_t length)
{
	t->at[length] = '\0';
	t->length = length;
}

static const char *place(const struct text *at)
{
	return at->length ? at->at : "/";
}

/* Goes up to the folder that holds `at`; answers the name that was left, which the caller frees. */
static char *up(struct text *at)
{
	const char *slash = strrchr(at->at, '/');

	if (!slash)
		return text_copy(""); /* the root holds itself */
	char *name = text_copy(slash + 1);
	cut(at, (size_t)(slash - at->at));
	return name;
}

static void add_step(struct trail *t, enum trail_kind kind, const char *path, char *name)
{
	t->steps = reallocarray(t->steps, t->count + 1, sizeof(*t->steps));
	REQUIRE(t->steps);
	t->steps[t->count++] = (struct trail_step){kind, text_copy(path), name, -1};
}

static void skip(struct walk *k, size_t count)
{
	k->rest += count;
	k->rest += strspn(k->rest, "/");
}

/* `at` is a link: go on from its target. */
static bool follow_link(struct walk *k, struct err *e)
{
	char target[PATH_MAX];
	struct text names = {0};

	add_step(k->trail, TRAIL_LINK, k->at.at, NULL);
	if (++k->links > LINKS_MAX) {
		err_set(e, ERR_FAILED, "look up %s: its symbolic links go round in a circle",
			k->at.at);
		return false;
	}
	ssize_t length = readlink(k->at.at, target, sizeof(target));
	if (length < 0)
		return false; /* replaced this moment: its new self is met at the next look */
	text_bytes(&names, target, (size_t)length);
	text_add(&names, *k->rest ? "/%s" : "%s", k->rest);
	free(k->names);
	k->rest = k->names = text_take(&names);
	if (target[0] == '/')
		cut(&k->at, 0);
	else
		free(up(&k->at));
	skip(k, 0);
	return true;
}

/* errno of a name that could not be looked at. */
static void bar(const char *path, struct err *e)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return; /* only missing */
	bool denied = errno == EACCES;
	err_sys(e, "look up %s", path);
	if (denied)
		err_note(e, "casmand's user must be able to enter the folders of the database");
}

/* Goes one name further.  False: that was all, or there is no going on. */
static bool go_on(struct walk *k, struct err *e)
{
	size_t length = strcspn(k->rest, "/");
	const char *name = k->rest;
	struct stat s;

	k->arrived = length == 0;
	if (k->arrived)
		return false;
	skip(k, length);
	if (length == 1 && name[0] == '.')
		return true;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		free(up(&k->at));
		return true;
	}
	text_bytes(&k->at, "/", 1);
	text_bytes(&k->at, name, length);
	if (lstat(k->at.at, &s)) {
		bar(k->at.at, e);
		return false;
	}
	if (S_ISLNK(s.st_mode))
		return follow_link(k, e);
	k->arrived = *k->rest == '\0';
	if (k->arrived || !S_ISDIR(s.st_mode))
		return false;
	add_step(k->trail, TRAIL_FOLDER, k->at.at, NULL);
	return true;
}

enum err_code trail_follow(struct trail *t, const char *path, struct err *e)
{
	struct walk k = {.trail = t};
	struct text whole = {0};

	REQUIRE(path[0] == '/');
	*t = (struct trail){0};
	e->code = ERR_NONE;
	text_bytes(&k.at, "", 0);
	k.rest = k.names = text_copy(path);
	skip(&k, 0);
	while (go_on(&k, e))
		;

	text_add(&whole, *k.rest ? "%s/%s" : "%s%s", place(&k.at), k.rest);
	t->path = text_take(&whole);
	enum trail_kind last = *k.rest ? TRAIL_WAIT : TRAIL_HOME;
	char *name = up(&k.at);
	scoped(heap) char *folder = text_copy(place(&k.at));
	if (!k.arrived && k.at.length) {
		char *own = up(&k.at);
		add_step(t, TRAIL_ABOVE, place(&k.at), own);
	}
	add_step(t, last, folder, name);
	free(k.names);
	text_free(&k.at);
	return e->code;
}

void trail_free(struct trail *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->steps[i].path);
		free(t->steps[i].name);
	}
	free(t->steps);
	free(t->path);
	*t = (struct trail){0};
}
