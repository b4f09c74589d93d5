/* HEAD, GET and FETCH.
 *
 * FETCH makes its file on a pool thread, lets HTTP write into it and hashes what came, and makes it
 * durable on a pool thread.  If anything fails the file is gone.
 */
#include "common/text.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_s3_job.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void take_head(struct s3_job *j, uint64_t size)
{
	struct store_request *r = j->request;

	r->got.size = size;
	r->got.tagged = j->call.head.tagged;
	r->got.tags = j->call.head.tags;
	REQUIRE(text_fit(r->got.class, sizeof(r->got.class), j->call.head.class));
}

static void get(struct s3_job *j, enum s3_verb verb, void (*done)(struct s3_call *, struct err *))
{
	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = verb, .key = j->request->key},
			.body_file = -1,
			.answer_file = -1,
			.done = done,
        });
}

/* --- into memory ---------------------------------------------------------- */

static void on_head(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);

	if (!e->code)
		take_head(j, c->head.length);
	s3_ended(j, e);
}

static void on_got(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);
	const struct http_answer *a = c->answer;

	if (!e->code) {
		take_head(j, a->length);
		j->request->got.bytes = text_room(a->length + 1, 1);
		memcpy(j->request->got.bytes, a->body, a->length);
	}
	s3_ended(j, e);
}

void s3_begin_head(struct s3_job *j)
{
	get(j, S3_HEAD, on_head);
}

void s3_begin_get(struct s3_job *j)
{
	get(j, S3_GET, on_got);
}

/* --- into a file ---------------------------------------------------------- */

static enum err_code run_make(struct work *w, struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);
	const char *file = j->request->file;

	j->file = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return j->file < 0 ? err_sys(e, "create %s", file) : ERR_NONE;
}

static enum err_code run_finish(struct work *w, struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);
	const char *file = j->request->file;
	struct err local;

	if (disk_finish(j->file, file, &local) && !j->error.code) {
		j->error = local;
		j->local = true;
	}
	if (j->error.code)
		(void)unlink(file);
	*e = j->error;
	return e->code;
}

static void on_finished(struct work *w, const struct err *e)
{
	s3_ended(owner_of(w, struct s3_job, work), e);
}

static void on_arrived(struct s3_call *c, const void *bytes, size_t count)
{
	digest_add(&s3_job_of(c)->digest, bytes, count);
}

static void on_fetched(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);

	digest_end(&j->digest, j->request->got.checksum);
	if (!e->code)
		take_head(j, c->answer->received);
	j->local = c->head.status == 200 && (e->code == ERR_IO || e->code == ERR_FULL);
	if (j->local)
		err_note(e, "%s", j->request->file);
	j->error = *e;
	j->work = (struct work){.run = run_finish, .done = on_finished};
	work_start(j->store->base.loop, &j->work);
}

static void on_made(struct work *w, const struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);

	if (e->code) {
		j->local = true;
		s3_ended(j, e);
		return;
	}
	digest_begin(&j->digest);
	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_GET, .key = j->request->key},
			.body_file = -1,
			.answer_file = j->file,
			.arrived = on_arrived,
			.done = on_fetched,
        });
}

void s3_begin_fetch(struct s3_job *j)
{
	j->work = (struct work){.run = run_make, .done = on_made};
	work_start(j->store->base.loop, &j->work);
}
