#include "daemon/deletion.h"

#include "common/log.h"
#include "common/text.h"

#include <string.h>

static void on_answer(struct store_request *r, const struct err *result);

bool deletion_is_forbidden(const struct err *e)
{
	return e->code == ERR_DENIED || e->code == ERR_REFUSED;
}

static void ask_store(struct deletion *d)
{
	bool looks = d->l.orphan && !d->last;

	d->request = (struct store_request){
		.verb = looks ? STORE_HEAD : STORE_DELETE, .done = on_answer};
	objkey_beside(d->request.key, d->l.key, d->last ? OBJKEY_METADATA : "");
	store_start(storage_store(d->storage), &d->request);
}

static void end(struct deletion *d, const struct err *e)
{
	d->busy = false;
	d->ended(d, e);
}

/* Nothing of it was deleted: it is a version like others again. */
static void stay(struct deletion *d, const struct err *e)
{
	struct err second;

	if (leaving_stay(d->state, storage_id(d->storage), d->l.key, &second))
		log_error("state", "error=\"%s\"", second.text);
	end(d, e);
}

static void over(struct deletion *d)
{
	struct err e = {0};

	if (!leaving_end(d->state, storage_id(d->storage), &d->l, d->why, &e))
		log_info("deleted", "db=%s key=%s why=\"%s\"", d->database, d->l.key, d->why);
	end(d, &e);
}

static void on_answer(struct store_request *r, const struct err *result)
{
	struct deletion *d = owner_of(r, struct deletion, request);
	const struct err none = {0};
	struct err e = *result;
	bool looked = r->verb == STORE_HEAD;

	store_request_end(r);
	if (!deletion_is_forbidden(&e))
		storage_went(d->storage, &e);
	if (looked && e.code == ERR_MISSING)
		e = none;
	else if (looked && !e.code) {
		stay(d, &none);
		return;
	}
	if (e.code && deletion_is_forbidden(&e) && !d->last)
		stay(d, &e);
	else if (e.code)
		end(d, &e);
	else if (d->last)
		over(d);
	else {
		d->last = true;
		ask_store(d);
	}
}

enum err_code deletion_start(struct deletion *d, struct err *e)
{
	if (!d->begun && leaving_begin(d->state, storage_id(d->storage), &d->l, e))
		return e->code;
	d->busy = true;
	d->last = false;
	ask_store(d);
	return ERR_NONE;
}
