#include "daemon/io/store_s3.h"

#include "common/stamp.h"
#include "daemon/io/store_s3_job.h"

#include <stdio.h>
#include <string.h>

#define QUICK_AT_ONCE     2
#define TRANSFERS_AT_ONCE 2

/* --- one request ---------------------------------------------------------- */

struct s3_job *s3_job_of(struct s3_call *c)
{
	return owner_of(c, struct s3_job, call);
}

static void let_go(struct s3_job *j)
{
	*j->link = j->next;
	if (j->next)
		j->next->link = j->link;
	free(j->token);
	free(j);
}

/* In words that name the place, and the object where it is about that. */
static void say_where(const struct s3_job *j, struct err *e)
{
	bool is_object = e->code == ERR_MISSING || e->code == ERR_EXISTS || e->code == ERR_CORRUPT;
	const char *place = j->store->base.place;

	if (is_object)
		err_note(e, "%s/%s", place, j->request->key);
	else if (e->code != ERR_NONE && e->code != ERR_CANCELED)
		err_note(e, "%s", place);
}

void s3_ended(struct s3_job *j, const struct err *result)
{
	struct store_request *r = j->request;
	struct err e = *result;

	if (!j->local)
		say_where(j, &e);
	r->got.wait = j->call.meaning.wait;
	let_go(j);
	store_ended(r, &e);
}

static enum err_code run_nothing(struct work *w, struct err *e)
{
	*e = owner_of(w, struct s3_job, work)->error;
	return e->code;
}

static void on_nothing(struct work *w, const struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);
	struct err why = *e;

	j->call.done(&j->call, &why);
}

void s3_ask_store(struct s3_job *j, const struct s3_call *call)
{
	j->call = *call;
	if (s3_call_start(&j->call, j->store, &j->error)) {
		j->work = (struct work){.run = run_nothing, .done = on_nothing};
		work_start(j->store->base.loop, &j->work); /* `done` comes from the loop */
	}
}

static void on_answered(struct s3_call *c, struct err *e)
{
	s3_ended(s3_job_of(c), e);
}

static void begin_delete(struct s3_job *j)
{
	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_DELETE, .key = j->request->key},
			.body_file = -1,
			.answer_file = -1,
			.done = on_answered,
        });
}

static void begin_copy(struct s3_job *j)
{
	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_COPY,
				.key = j->request->key,
				.copy.etag = j->request->etag},
			.body_file = -1,
			.answer_file = -1,
			.done = on_answered,
        });
}

static void begin(struct store *base, struct store_request *r)
{
	static s3_begin *const verbs[] = {
		[STORE_PROBE] = s3_begin_probe,
		[STORE_PUT] = s3_begin_put,
		[STORE_HEAD] = s3_begin_head,
		[STORE_GET] = s3_begin_get,
		[STORE_FETCH] = s3_begin_fetch,
		[STORE_LIST] = s3_begin_list,
		[STORE_DELETE] = begin_delete,
		[STORE_COPY] = begin_copy,
	};
	struct s3_store *s = owner_of(base, struct s3_store, base);
	struct s3_job *j = text_room(1, sizeof(*j));

	j->request = r;
	j->store = s;
	j->file = -1;
	j->link = &s->live;
	j->next = s->live;
	if (j->next)
		j->next->link = &j->next;
	s->live = j;
	verbs[r->verb](j);
}

/* --- the store ------------------------------------------------------------ */

static void reconnect(struct store *base)
{
	http_reconnect(owner_of(base, struct s3_store, base)->http);
}

/* What is on a pool thread finds the store closing when it comes back. */
static void cut(struct store *base)
{
	struct s3_store *s = owner_of(base, struct s3_store, base);

	for (struct s3_job *j = s->live, *next; j; j = next) {
		next = j->next;
		s3_call_cut(&j->call);
	}
}

static void wipe(char *secret)
{
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void free_parts(struct s3_store *s)
{
	wipe(s->access_key);
	wipe(s->secret);
	wipe(s->token);
	s3bucket_close(&s->bucket);
	free(s);
}

static void free_store(struct store *base, void (*freed)(void *arg), void *arg)
{
	struct s3_store *s = owner_of(base, struct s3_store, base);
	struct http *http = s->http;

	free_parts(s);
	http_close(http, freed, arg);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Whatever the scheme and the style: the same bucket has one name. */
static enum err_code name_it(struct s3_store *s, struct err *e)
{
	const char *host = strstr(s->bucket.endpoint, "://") + 3;

	if (snprintf(s->name, sizeof(s->name), "s3:%s/%s", host, s->bucket.name) <
		(int)sizeof(s->name))
		return ERR_NONE;
	return err_set(e, ERR_CONFIG, "endpoint and bucket_name: longer than %zu characters",
		sizeof(s->name) - sizeof("s3:/"));
}

static enum err_code open_parts(
	struct s3_store *s, uv_loop_t *loop, const struct store_s3_options *o, struct err *e)
{
	const struct http_options options = {or_empty(o->ca_file), o->patience_ms};

	if (s3bucket_open(&s->bucket, &o->bucket, e) || sigv4_check(&o->keys, e) || name_it(s, e))
		return e->code;
	return http_open(&s->http, loop, &options, e);
}

enum err_code store_open_s3(
	struct store **out, struct uv_loop_s *loop, const struct store_s3_options *o, struct err *e)
{
	static const struct store_maker maker = {
		.at_once = {[STORE_QUICK] = QUICK_AT_ONCE, [STORE_TRANSFERS] = TRANSFERS_AT_ONCE},
		.begin = begin,
		.reconnect = reconnect,
		.cut = cut,
		.free = free_store,
	};
	struct s3_store *s = text_room(1, sizeof(*s));
	struct text place = {0};

	s->access_key = text_copy(or_empty(o->keys.access_key));
	s->secret = text_copy(or_empty(o->keys.secret));
	s->token = text_copy(or_empty(o->keys.token));
	s->sent = o->sent;
	s->arg = o->arg;
	if (open_parts(s, loop, o, e)) {
		free_parts(s);
		return e->code;
	}
	text_add(&place, "%s/%s", s->bucket.endpoint, s->bucket.name);
	store_init(&s->base, &maker, loop, place.at);
	text_free(&place);
	*out = &s->base;
	return ERR_NONE;
}
