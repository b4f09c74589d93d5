#include "daemon/io/http_job.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS 15000L

void http_job_moved(struct http_job *j)
{
	j->moved_at = uv_now(j->patience.loop);
	(void)uv_timer_again(&j->patience);
}

static size_t body_wanted(char *to, size_t size, size_t count, void *arg)
{
	struct http_job *j = arg;
	const struct http_call *c = j->call;
	uint64_t left = c->body_length - j->sent;
	size_t most = size * count < left ? size * count : (size_t)left;
	ssize_t got = (ssize_t)most;

	if (c->body_file >= 0)
		got = pread(c->body_file, to, most, (off_t)j->sent);
	else if (most > 0)
		memcpy(to, c->body + j->sent, most);
	if (got < 0 || (got == 0 && left > 0))
		return CURL_READFUNC_ABORT; /* the file is shorter than it was said to be */
	j->sent += (uint64_t)got;
	http_job_moved(j);
	return (size_t)got;
}

/* A kept connection that the server had closed: curl sends the whole again on another. */
static int body_rewound(void *arg, curl_off_t offset, int origin)
{
	struct http_job *j = arg;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > j->call->body_length)
		return CURL_SEEKFUNC_FAIL;
	j->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t head_came(char *line, size_t size, size_t count, void *arg)
{
	struct http_job *j = arg;
	struct http_call *c = j->call;

	http_job_moved(j);
	if (!c->line || c->line(c, line, size * count))
		return size * count;
	j->too_large = true;
	return 0;
}

static bool into_file(const struct http_job *j)
{
	long status = 0;

	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	return j->call->answer_file >= 0 && status >= 200 && status < 300;
}

static bool write_at(struct http_job *j, const char *bytes, size_t count)
{
	off_t offset = (off_t)j->received;

	while (count > 0) {
		ssize_t n = pwrite(j->call->answer_file, bytes, count, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			j->write_error = errno;
			return false;
		}
		bytes += n;
		count -= (size_t)n;
		offset += n;
	}
	return true;
}

static size_t body_came(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_job *j = arg;
	struct http_call *c = j->call;
	size_t length = size * count;
	bool file = into_file(j);

	http_job_moved(j);
	if (!file && length > c->answer_most - j->body.length) {
		j->too_large = true;
		return 0;
	}
	if (file && !write_at(j, bytes, length))
		return 0;
	if (!file)
		text_bytes(&j->body, bytes, length);
	else if (c->arrived)
		c->arrived(c, bytes, length);
	j->received += length;
	return length;
}

/* What went out, as curl tells it: a head begins with the method (a proxy's begins with CONNECT). */
static int told(CURL *easy, curl_infotype type, char *bytes, size_t count, void *arg)
{
	(void)easy;
	if (type != CURLINFO_HEADER_OUT) /* curl talks on when the call is long gone */
		return 0;
	struct http_call *c = ((struct http_job *)arg)->call;
	size_t length = strlen(c->method);
	if (count > length && memcmp(bytes, c->method, length) == 0 && bytes[length] == ' ')
		c->times++;
	return 0;
}

/* Bytes that nobody acknowledges end the connection: curl's own limit takes three times as long. */
static int socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	unsigned ms = *(const unsigned *)arg;

	(void)purpose;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

static void set_transport(CURL *easy, const struct http_call *c, const char *ca_file)
{
	bool plain = strncmp(c->url, "http://", 7) == 0;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
		easy, CURLOPT_QUICK_EXIT, 1L); /* a name server that is gone holds nobody */
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (*ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
}

static void set_body(CURL *easy, struct http_job *j)
{
	const struct http_call *c = j->call;

	if (strcmp(c->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, c->method);
	/* A HEAD's length tells of what does not come. */
	if (strcmp(c->method, "HEAD") != 0 && c->answer_file < 0)
		curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->answer_most);
	if (strcmp(c->method, "PUT") != 0 && strcmp(c->method, "POST") != 0)
		return;
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_wanted);
	curl_easy_setopt(easy, CURLOPT_READDATA, j);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, body_rewound);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, j);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->body_length);
}

static void set_lines(CURL *easy, struct http_job *j)
{
	struct curl_slist *lines = curl_slist_append(NULL, "Expect:"); /* no waiting for a 100 */

	for (const char *const *line = j->call->headers; line && *line; line++)
		lines = curl_slist_append(lines, *line);
	j->lines = lines;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
}

struct http_job *http_job_new(struct http_call *c, const char *ca_file, unsigned patience_ms)
{
	static _Thread_local unsigned user_timeout;
	CURL *easy = curl_easy_init();

	if (!easy)
		return NULL;
	struct http_job *j = text_room(1, sizeof(*j));
	j->call = c;
	j->easy = easy;
	user_timeout = patience_ms;
	c->times = 0;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, j);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, told);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, j);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, c->url);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, j->words);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, socket_made);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &user_timeout);
	set_transport(easy, c, ca_file);
	set_body(easy, j);
	set_lines(easy, j);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head_came);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, j);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, j);
	return j;
}

void http_job_answer(struct http_job *j, struct http_answer *a)
{
	*a = (struct http_answer){
		.received = j->received, .length = j->body.length, .sent = j->sent};
	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &a->status);
	text_bytes(&j->body, "", 0);
	a->body = j->body.at;
}

static void wipe(struct curl_slist *lines)
{
	for (struct curl_slist *line = lines; line; line = line->next)
		explicit_bzero(line->data, strlen(line->data));
	curl_slist_free_all(lines);
}

void http_job_free(struct http_job *j)
{
	curl_easy_cleanup(j->easy);
	wipe(j->lines);
	text_free(&j->body);
	free(j);
}
