#include "daemon/io/store_file.h"

#include "common/named.h"
#include "common/scoped.h"
#include "common/text.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Of libuv's 4 pool threads: a dead NFS mount must leave one for captures. */
#define QUICK_AT_ONCE     1
#define TRANSFERS_AT_ONCE 2

struct file_store {
	struct store base;
	char machine[VERSION_ID + 1];
	char id[VERSION_ID + 1]; /* of the marker that the last PROBE found; "": none yet */
	bool known;
};

static file_verb *const verbs[] = {
	[STORE_PROBE] = file_probe,
	[STORE_PUT] = file_put,
	[STORE_HEAD] = file_head,
	[STORE_GET] = file_get,
	[STORE_FETCH] = file_fetch,
	[STORE_LIST] = file_list,
	[STORE_DELETE] = file_delete,
	[STORE_COPY] = file_head,
};

static enum err_code not_reached(const struct file_job *j, struct err *e)
{
	e->code = ERR_OFFLINE;
	return err_note(e, "store not reached: %s", j->place);
}

static enum err_code not_found(const struct file_job *j, struct err *e)
{
	const struct store_request *r = j->request;

	if (r->verb == STORE_HEAD || r->verb == STORE_GET || r->verb == STORE_FETCH)
		return err_set(e, ERR_MISSING, "%s is not in the store %s", r->key, j->place);
	return not_reached(j, e); /* a folder was taken away under us */
}

static enum err_code not_permitted(const struct file_job *j, struct err *e)
{
	scoped(heap) char *user = named_user(geteuid());

	return err_note(
		e, "%s has no right to that in the store %s (chown or chmod it)", user, j->place);
}

static enum err_code not_working(const struct file_job *j, struct err *e)
{
	struct statvfs fs;

	if (j->root < 0 || fstatvfs(j->root, &fs) || !(fs.f_flag & ST_RDONLY))
		return not_reached(j, e);
	e->code = ERR_REFUSED;
	return err_note(e,
		"the store %s is read-only for casmand (mount it for writing, or add it to the "
		"service's ReadWritePaths=)",
		j->place);
}

/* What the folder's file system said, as what it means for a store. */
static enum err_code explain(const struct file_job *j, struct err *e)
{
	if (e->code == ERR_MISSING)
		return not_found(j, e);
	if (e->code == ERR_DENIED)
		return not_permitted(j, e);
	if (e->code == ERR_IO)
		return not_working(j, e);
	if (e->code == ERR_FULL)
		return err_note(e, "the store %s is full", j->place);
	return e->code;
}

static enum err_code run(struct work *w, struct err *e)
{
	struct file_job *j = owner_of(w, struct file_job, work);
	enum store_verb verb = j->request->verb;
	enum err_code code = verb == STORE_PROBE ? ERR_NONE : file_open(j, e);

	if (!code)
		code = verbs[verb](j, e);
	if (code && !j->local)
		code = explain(j, e);
	if (j->root >= 0)
		(void)close(j->root); /* here, for it may block */
	return code;
}

static void done(struct work *w, const struct err *e)
{
	struct file_job *j = owner_of(w, struct file_job, work);
	struct store_request *r = j->request;
	struct file_store *s = owner_of(r->store, struct file_store, base);

	if (r->verb == STORE_PROBE && !e->code) {
		s->known = true;
		memcpy(s->id, j->id, sizeof(s->id));
	}
	free(j);
	store_ended(r, e);
}

static void begin(struct store *base, struct store_request *r)
{
	struct file_store *s = owner_of(base, struct file_store, base);
	struct file_job *j = text_room(1, sizeof(*j));

	j->work = (struct work){.run = run, .done = done};
	j->request = r;
	j->place = base->place;
	memcpy(j->machine, s->machine, sizeof(j->machine));
	memcpy(j->id, s->id, sizeof(j->id));
	j->known = s->known;
	j->root = -1;
	work_start(base->loop, &j->work);
}

static void free_store(struct store *base, void (*freed)(void *arg), void *arg)
{
	free(owner_of(base, struct file_store, base));
	freed(arg);
}

struct store *store_open_file(struct uv_loop_s *loop, const struct store_options *options)
{
	static const struct store_maker maker = {
		.at_once = {[STORE_QUICK] = QUICK_AT_ONCE, [STORE_TRANSFERS] = TRANSFERS_AT_ONCE},
		.begin = begin,
		.free = free_store,
	};
	struct file_store *s = text_room(1, sizeof(*s));

	REQUIRE(text_fit(s->machine, sizeof(s->machine), options->machine));
	s->known = options->known;
	store_init(&s->base, &maker, loop, options->path);
	return &s->base;
}
