/* PUT, only where nothing is.
 *
 * When all is well: one request with If-None-Match.  Nothing is hashed: the capture did.
 *
 * When not: something is there (412): a HEAD tells whether it is this very object, for the answer
 * to an earlier PUT may have been lost.  A store that has no If-None-Match (501) gets a HEAD, and
 * then the PUT without; once it was seen, the HEAD comes first.  Other bytes came than were signed:
 * the spool file is hashed, for it may have rotted.
 */
#include "common/text.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_s3_job.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_put(struct s3_call *c, struct err *e);
static void on_asked(struct s3_call *c, struct err *e);

static void end(struct s3_job *j, const struct err *e)
{
	if (j->file >= 0)
		(void)close(j->file);
	s3_ended(j, e);
}

static void put(struct s3_job *j)
{
	const struct store_request *r = j->request;

	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_PUT,
				.key = r->key,
				.put = {j->checksum, j->length, r->version, j->blindly}},
			.body_file = j->file,
			.body = r->bytes,
			.answer_file = -1,
			.done = on_put,
        });
}

static void ask(struct s3_job *j)
{
	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_HEAD, .key = j->request->key},
			.body_file = -1,
			.answer_file = -1,
			.done = on_asked,
        });
}

static void put_or_ask(struct s3_job *j)
{
	if (j->store->base.facts.unconditional)
		ask(j);
	else
		put(j);
}

/* --- the spool file, on a pool thread ------------------------------------- */

static enum err_code run_open(struct work *w, struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);
	const struct store_request *r = j->request;
	struct stat st;

	j->file = disk_open_file(AT_FDCWD, r->file, e);
	if (j->file < 0)
		return e->code;
	if (fstat(j->file, &st))
		return err_sys(e, "look at %s", r->file);
	if ((uint64_t)st.st_size == r->version->size)
		return ERR_NONE;
	return store_check_copy(j->file, r->file, r->version, e);
}

static void on_opened(struct work *w, const struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);

	j->local = e->code != ERR_NONE;
	if (j->local)
		end(j, e);
	else
		put_or_ask(j);
}

static enum err_code run_check(struct work *w, struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);
	const struct store_request *r = j->request;
	enum err_code code = store_check_copy(j->file, r->file, r->version, e);

	return code && code != ERR_CORRUPT ? err_note(e, "%s", r->file) : code;
}

static void on_checked(struct work *w, const struct err *e)
{
	struct s3_job *j = owner_of(w, struct s3_job, work);

	j->local = e->code != ERR_NONE;
	end(j, e->code ? e : &j->error);
}

/* --- what the store says -------------------------------------------------- */

static bool is_ours(const struct s3_job *j)
{
	const struct s3_head *h = &j->call.head;

	return h->tagged && strcmp(h->tags.id, j->request->version->id) == 0 && h->has_length &&
		h->length == j->length;
}

static enum err_code find_owner(struct s3_job *j, struct err *e)
{
	if (e->code == ERR_NONE && is_ours(j))
		return ERR_NONE;
	if (e->code == ERR_NONE || e->code == ERR_CORRUPT)
		return err_set(e, ERR_EXISTS, "another's object is there");
	if (e->code == ERR_MISSING)
		return err_set(e, ERR_OFFLINE, "an object was there, and is gone");
	return e->code;
}

static void on_asked(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);

	if (e->code == ERR_MISSING && !j->taken) {
		j->blindly = true;
		put(j);
		return;
	}
	(void)find_owner(j, e);
	end(j, e);
}

static void on_put(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);
	enum s3_hint hint = c->meaning.hint;

	/* All of it was sent, and what became of it is not known. */
	j->request->got.maybe = e->code && c->answer && c->answer->sent == j->length;
	if (!e->code && j->blindly)
		j->store->base.facts.unconditional = true;
	j->taken = e->code == ERR_EXISTS;
	if (j->taken || (hint == S3_HINT_ASK_FIRST && !j->blindly))
		ask(j);
	else if (hint == S3_HINT_BODY && j->file >= 0) {
		j->error = *e;
		j->work = (struct work){.run = run_check, .done = on_checked};
		work_start(j->store->base.loop, &j->work);
	} else {
		if (hint == S3_HINT_ASK_FIRST)
			err_set(e, ERR_REFUSED, "the store cannot put an object (HTTP %u)",
				c->head.status);
		end(j, e);
	}
}

static void hash_bytes(struct s3_job *j)
{
	struct digest d;

	digest_begin(&d);
	digest_add(&d, j->request->bytes, j->request->length);
	digest_end(&d, j->checksum);
	j->length = j->request->length;
}

void s3_begin_put(struct s3_job *j)
{
	const struct store_request *r = j->request;

	REQUIRE(r->version && (r->file || r->bytes));
	if (!r->file) {
		hash_bytes(j);
		put_or_ask(j);
		return;
	}
	REQUIRE(text_fit(j->checksum, sizeof(j->checksum), r->version->checksum));
	j->length = r->version->size;
	j->work = (struct work){.run = run_open, .done = on_opened};
	work_start(j->store->base.loop, &j->work);
}
