#include "common/stamp.h"
#include "daemon/core/s3xml.h"
#include "daemon/io/alarm.h"
#include "daemon/io/store_s3_job.h"

#include <string.h>

#define DOCUMENT_MOST (8UL << 20) /* bytes of a listing, as s3xml has it */

/* --- sending -------------------------------------------------------------- */

static int64_t clock_of(const struct s3_call *c)
{
	return alarm_clock() - c->correction;
}

static char **lines_of(const struct fields *headers)
{
	char **lines = text_room(headers->count + 1, sizeof(lines[0]));

	for (size_t i = 0; i < headers->count; i++)
		REQUIRE(asprintf(&lines[i], "%s: %s", headers->at[i].name, headers->at[i].value) >=
			0);
	return lines;
}

static void sign(struct s3_call *c)
{
	static const struct sigv4_hashes hashes = {digest_sha256, digest_hmac};
	const struct s3_store *s = c->store;
	const struct sigv4_keys keys = {s->access_key, s->secret, s->token};

	s3_request_make(&c->request, &s->bucket, &c->ask);
	s3_request_sign(&c->request, &s->bucket, clock_of(c), &keys, &hashes);
	c->lines = lines_of(&c->request.headers);
}

/* Of what was sent; headers are wiped, for a session token may be among them. */
static void forget(struct s3_call *c)
{
	for (char **line = c->lines; line && *line; line++) {
		explicit_bzero(*line, strlen(*line));
		free(*line);
	}
	free(c->lines);
	c->lines = NULL;
	s3_request_free(&c->request);
}

static void tell_cost(const struct s3_call *c)
{
	const struct s3_store *s = c->store;

	if (s->sent && c->http.times)
		s->sent(s->arg,
			&(struct quota_sent){.verb = c->ask.verb,
				.times = c->http.times,
				.status = c->head.status,
				.length = c->http.body_length});
}

static bool on_line(struct http_call *http, const char *line, size_t length)
{
	struct s3_call *c = owner_of(http, struct s3_call, http);

	c->heard = clock_of(c);
	return s3_head_line(&c->head, line, length);
}

static void on_arrived(struct http_call *http, const void *bytes, size_t count)
{
	struct s3_call *c = owner_of(http, struct s3_call, http);

	if (c->arrived)
		c->arrived(c, bytes, count);
}

static void on_done(struct http_call *http, const struct http_answer *a, const struct err *result);

static enum err_code send_it(struct s3_call *c, struct err *e)
{
	bool is_list = c->ask.verb == S3_LIST;

	c->correction = c->store->correction;
	c->heard = clock_of(c);
	s3_head_init(&c->head);
	s3said_init(&c->said);
	c->meaning = (struct s3_meaning){.skew = STAMP_NONE};
	sign(c);
	c->http = (struct http_call){
		.method = c->request.method,
		.url = c->request.url,
		.headers = (const char *const *)c->lines,
		.body_file = c->body_file,
		.body = c->body,
		.body_length = c->request.length,
		.answer_file = c->answer_file,
		.answer_most = is_list ? DOCUMENT_MOST : STORE_GET_MAX,
		.line = on_line,
		.arrived = on_arrived,
		.done = on_done,
	};
	if (http_start(c->store->http, &c->http, e)) {
		forget(c);
		return e->code;
	}
	c->live = true;
	return ERR_NONE;
}

enum err_code s3_call_start(struct s3_call *c, struct s3_store *s, struct err *e)
{
	c->store = s;
	c->again = false;
	if (s->base.closing)
		return err_set(e, ERR_CANCELED, "canceled");
	return send_it(c, e);
}

/* --- what came ------------------------------------------------------------ */

static bool is_object(const struct s3_call *c)
{
	return c->ask.verb == S3_GET && c->head.status == 200;
}

/* Whatever is no object goes through s3xml, whatever its type says. */
static bool read_document(struct s3_call *c, struct err *e)
{
	const struct http_answer *a = c->answer;

	if (a->length == 0 || is_object(c))
		return false;
	struct s3xml *x = s3xml_open();
	enum err_code code = s3xml_add(x, a->body, a->length, e);
	struct err second;
	return !s3xml_end(x, &c->said, code ? &second : e) && !code;
}

static enum err_code judge(struct s3_call *c, struct err *e)
{
	struct err not_taken = {0};
	bool said = read_document(c, &not_taken);
	const struct s3_answer answer = {
		.verb = c->ask.verb,
		.bucket = &c->store->bucket,
		.head = &c->head,
		.said = said ? &c->said : NULL,
		.not_taken = &not_taken,
		.now = c->heard,
	};

	return s3_judge(&answer, &c->meaning, e);
}

/* An answer that is larger than it may be: if it is no object it is not S3's, and may be another
 * time. */
static void judge_larger(struct s3_call *c, struct err *e)
{
	static const struct http_answer nothing;
	struct err said;

	c->answer = &nothing;
	if (judge(c, &said))
		*e = said;
	else if (!is_object(c))
		e->code = ERR_OFFLINE;
}

static void learn(const struct s3_call *c)
{
	if (c->meaning.skew != STAMP_NONE)
		store_told_skew(&c->store->base, c->meaning.skew + c->correction);
}

static bool sign_again(struct s3_call *c)
{
	if (c->meaning.hint != S3_HINT_CLOCK || c->meaning.skew == STAMP_NONE || c->again)
		return false;
	c->store->correction = c->correction + c->meaning.skew;
	c->again = true;
	return true;
}

static void on_done(struct http_call *http, const struct http_answer *a, const struct err *result)
{
	struct s3_call *c = owner_of(http, struct s3_call, http);
	struct err e = *result;

	c->live = false;
	forget(c);
	c->answer = a;
	if (!e.code)
		e.code = judge(c, &e);
	else if (e.code == ERR_CORRUPT)
		judge_larger(c, &e);
	else if (e.code == ERR_MISSING) {
		e.code = ERR_OFFLINE;
		c->meaning.hint = S3_HINT_BODY;
	}
	learn(c);
	tell_cost(c);
	struct s3said said = c->said;
	if (!sign_again(c) || send_it(c, &e))
		c->done(c, &e);
	s3said_free(&said);
}

void s3_call_cut(struct s3_call *c)
{
	struct err e;

	if (!c->live)
		return;
	http_drop(&c->http);
	c->live = false;
	forget(c);
	tell_cost(c);
	err_set(&e, ERR_CANCELED, "canceled");
	c->done(c, &e);
}
