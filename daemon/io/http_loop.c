#include "daemon/io/http.h"
#include "daemon/io/http_curl.h"
#include "daemon/io/http_job.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#define IDLE_MS     15000 /* a connection that nobody used for so long is closed */
#define PATIENCE_MS 30000
#define RECENT_MS   1000 /* a call that moved so lately does so still */
#define CONNECTIONS 4L   /* kept at the same time */

struct http {
	uv_loop_t *loop;
	CURLM *multi;
	char *ca_file;
	unsigned patience_ms;
	uv_timer_t timer, idle; /* curl's; ours, until kept connections are closed */
	struct http_job *live;
	bool doubtful; /* kept connections may lead nowhere */
	unsigned open; /* uv handles not yet closed */
	void (*closed)(void *arg);
	void *arg;
};

/* What uv watches for curl. */
struct ear {
	struct http *http;
	uv_poll_t poll;
	curl_socket_t fd;
	int wanted; /* uv's events */
};

static void one_less_open(struct http *h)
{
	if (--h->open > 0)
		return;
	void (*closed)(void *) = h->closed;
	void *arg = h->arg;
	free(h->ca_file);
	free(h);
	closed(arg);
}

static void close_multi(struct http *h);

/* --- calls -------------------------------------------------------------- */

static void on_patience_closed(uv_handle_t *handle)
{
	struct http_job *j = owner_of((uv_timer_t *)handle, struct http_job, patience);
	struct http *h = j->http;

	http_job_free(j);
	one_less_open(h);
}

/* Kept connections are the multi handle's: with it they go, and TLS's memory too. */
static void on_idle(uv_timer_t *timer)
{
	struct http *h = owner_of(timer, struct http, idle);

	if (!h->live)
		close_multi(h);
}

/* From curl and from our list; the job itself goes when its timer is closed. */
static void let_go(struct http_job *j)
{
	struct http *h = j->http;

	curl_multi_remove_handle(h->multi, j->easy);
	*j->link = j->next;
	if (j->next)
		j->next->link = j->link;
	j->call->job = NULL;
	uv_close((uv_handle_t *)&j->patience, on_patience_closed);
	if (!h->live)
		uv_timer_start(&h->idle, on_idle, IDLE_MS, 0);
}

static void end(struct http_job *j, const struct err *e)
{
	struct http_call *c = j->call;
	struct http_answer answer;

	http_job_answer(j, &answer);
	let_go(j); /* the answer's bytes live until the loop closes its timer */
	c->done(c, &answer, e);
}

static void on_impatient(uv_timer_t *timer)
{
	struct http_job *j = owner_of(timer, struct http_job, patience);
	struct err e;

	err_set(&e, ERR_OFFLINE, "no progress for %u s", j->http->patience_ms / 1000);
	end(j, &e);
}

/* For which curl has other words each time, and few that a person knows. */
static bool is_cut(CURLcode result)
{
	return result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR ||
		result == CURLE_GOT_NOTHING || result == CURLE_PARTIAL_FILE ||
		result == CURLE_UNRECOVERABLE_POLL;
}

static void judge(const struct http_job *j, CURLcode result, struct err *e)
{
	const char *words = j->words[0] ? j->words : curl_easy_strerror(result);

	*e = (struct err){0};
	errno = j->write_error;
	if (j->too_large || result == CURLE_FILESIZE_EXCEEDED)
		err_set(e, ERR_CORRUPT, "the answer is larger than it may be");
	else if (errno)
		err_sys(e, "write what came");
	else if (result == CURLE_ABORTED_BY_CALLBACK || result == CURLE_READ_ERROR)
		err_set(e, ERR_MISSING, "the file to send is shorter than it was");
	else if (is_cut(result))
		err_set(e, ERR_OFFLINE, "the connection was cut");
	else if (result != CURLE_OK)
		err_set(e, ERR_OFFLINE, "%s", words);
}

/* Tell the owners of finished calls.  Never from inside a callback of curl. */
static void reap(struct http *h)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		CURLcode result = message->data.result; /* the message dies with the handle */
		struct http_job *j = NULL;
		struct err e;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&j);
		judge(j, result, &e);
		end(j, &e);
	}
}

/* --- curl on the loop --------------------------------------------------- */

static void on_timer(uv_timer_t *timer)
{
	struct http *h = owner_of(timer, struct http, timer);
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(h);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct ear *ear = owner_of(poll, struct ear, poll);
	struct http *h = ear->http;
	int running, mask = events & UV_READABLE ? CURL_CSELECT_IN : 0;

	/* A reset: curl has to read it to know that it may send again on another connection.  uv
	 * listens no more after it. */
	if (status < 0)
		mask = CURL_CSELECT_IN | CURL_CSELECT_OUT;
	mask |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(h->multi, ear->fd, mask, &running);
	if (status < 0 && !uv_is_closing((uv_handle_t *)poll)) /* it lives until it is closed */
		(void)uv_poll_start(poll, ear->wanted, on_ready);
	reap(h);
}

static void on_ear_closed(uv_handle_t *handle)
{
	struct ear *ear = owner_of((uv_poll_t *)handle, struct ear, poll);
	struct http *h = ear->http;

	free(ear);
	one_less_open(h);
}

static struct ear *ear_new(struct http *h, curl_socket_t fd)
{
	struct ear *ear = text_room(1, sizeof(*ear));

	ear->http = h;
	ear->fd = fd;
	if (uv_poll_init_socket(h->loop, &ear->poll, fd)) {
		free(ear);
		return NULL;
	}
	h->open++;
	curl_multi_assign(h->multi, fd, ear);
	return ear;
}

/* curl: watch this socket thus, or no longer. */
static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp)
{
	struct http *h = userp;
	struct ear *ear = socketp;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (ear) {
			curl_multi_assign(h->multi, fd, NULL);
			uv_close((uv_handle_t *)&ear->poll, on_ear_closed);
		}
		return 0;
	}
	if (!ear && !(ear = ear_new(h, fd)))
		return -1;

	ear->wanted = what & CURL_POLL_IN ? UV_READABLE : 0;
	ear->wanted |= what & CURL_POLL_OUT ? UV_WRITABLE : 0; /* CURL_POLL_INOUT is both bits */
	return uv_poll_start(&ear->poll, ear->wanted, on_ready) ? -1 : 0;
}

/* curl: wake me then; never from here, and -1 means not at all. */
static int timer_wanted(CURLM *multi, long ms, void *userp)
{
	struct http *h = userp;

	(void)multi;
	if (ms < 0)
		return uv_timer_stop(&h->timer);
	return uv_timer_start(&h->timer, on_timer, (uint64_t)ms, 0);
}

static enum err_code open_multi(struct http *h, struct err *e)
{
	h->multi = curl_multi_init();
	if (!h->multi)
		return err_set(e, ERR_NOMEM, "start curl");
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS);
	return ERR_NONE;
}

static void close_multi(struct http *h)
{
	if (h->multi)
		curl_multi_cleanup(h->multi); /* lets go of every socket through socket_wanted() */
	h->multi = NULL;
	(void)uv_timer_stop(&h->timer);
}

static void on_timer_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_timer_t *)handle, struct http, timer));
}

static void on_idle_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_timer_t *)handle, struct http, idle));
}

/* --- what others call ---------------------------------------------------- */

void http_global_end(void)
{
	http_curl_end();
}

enum err_code http_open(
	struct http **out, struct uv_loop_s *loop, const struct http_options *o, struct err *e)
{
	if (http_curl_load(e))
		return e->code;
	struct http *h = text_room(1, sizeof(*h));
	if (open_multi(h, e)) {
		free(h);
		return e->code;
	}
	h->loop = loop;
	h->ca_file = text_copy(o->ca_file);
	h->patience_ms = o->patience_ms ? o->patience_ms : PATIENCE_MS;
	uv_timer_init(loop, &h->timer);
	uv_timer_init(loop, &h->idle);
	h->open = 2;
	*out = h;
	return ERR_NONE;
}

/* The multi handle for one more call. */
static enum err_code ready_multi(struct http *h, struct err *e)
{
	if (h->doubtful && !h->live) {
		close_multi(h);
		h->doubtful = false;
	}
	return h->multi ? ERR_NONE : open_multi(h, e);
}

enum err_code http_start(struct http *h, struct http_call *c, struct err *e)
{
	struct http_job *j = ready_multi(h, e) ? NULL : http_job_new(c, h->ca_file, h->patience_ms);

	if (!j)
		return err_set(e, ERR_NOMEM, "start %s", c->url);
	curl_easy_setopt(j->easy, CURLOPT_FRESH_CONNECT, h->doubtful ? 1L : 0L);
	j->http = h;
	j->link = &h->live;
	j->next = h->live;
	if (j->next)
		j->next->link = &j->next;
	h->live = c->job = j;
	h->open++;
	uv_timer_init(h->loop, &j->patience);
	uv_timer_start(&j->patience, on_impatient, h->patience_ms, h->patience_ms);
	(void)uv_timer_stop(&h->idle);
	curl_multi_add_handle(h->multi, j->easy); /* only asks for a timer: calls nobody back yet */
	return ERR_NONE;
}

void http_drop(struct http_call *c)
{
	if (c->job)
		let_go(c->job);
}

static bool moves(const struct http_job *j)
{
	return j->moved_at && uv_now(j->http->loop) - j->moved_at < RECENT_MS;
}

/* All that do not move, out of the live ones, so that what is called back may start others. */
static struct http_job *let_go_of_stuck(struct http *h)
{
	struct http_job *stuck = NULL;

	for (struct http_job *j = h->live, *next; j; j = next) {
		next = j->next;
		if (moves(j))
			continue;
		let_go(j);
		j->next = stuck;
		stuck = j;
	}
	return stuck;
}

void http_reconnect(struct http *h)
{
	struct http_job *stuck = let_go_of_stuck(h);
	struct err e;

	h->doubtful = true;
	while (stuck) { /* each lives until the loop closes its timer */
		struct http_call *c = stuck->call;
		struct http_answer none = {0};

		err_set(&e, ERR_OFFLINE, "given up, for the network has changed");
		stuck = stuck->next;
		c->done(c, &none, &e);
	}
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
	if (!h) {
		closed(arg);
		return;
	}
	h->closed = closed;
	h->arg = arg;
	while (h->live)
		let_go(h->live);
	close_multi(h);
	uv_close((uv_handle_t *)&h->timer, on_timer_closed);
	uv_close((uv_handle_t *)&h->idle, on_idle_closed);
}
