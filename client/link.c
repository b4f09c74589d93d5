#include "client/link.h"

#include "client/denied.h"
#include "common/proto.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX ((size_t)64 << 20) /* bytes of one line; casmand's longest have half a MiB */
#define CHUNK     16384              /* bytes asked of the kernel at a time */

struct link {
	struct link_options o;
	int fd;
	int descriptor;   /* that came along; -1: none */
	int64_t deadline; /* ms on CLOCK_MONOTONIC */
	int64_t asked;    /* id of the last request */
	struct text in;   /* what came; its first `taken` bytes were handed out */
	size_t taken;
};

static int64_t clock_ms(void)
{
	struct timespec now;

	REQUIRE(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum err_code too_late(const struct link *l, struct err *e)
{
	return err_set(e, ERR_TIMEOUT, "casmand at %s did not answer within %g s", l->o.path,
		(double)l->o.timeout_ms / 1000);
}

static enum err_code garbage(const struct link *l, const char *what, struct err *e)
{
	return err_set(e, ERR_PROTO, "what answers at %s is not casmand, or is damaged: %s",
		l->o.path, what);
}

/* The next call in this direction (SO_SNDTIMEO, SO_RCVTIMEO) ends with EAGAIN at the deadline. */
static enum err_code arm(const struct link *l, int direction, struct err *e)
{
	if (l->o.timeout_ms == LINK_PATIENT)
		return ERR_NONE;
	int64_t left = l->deadline - clock_ms();
	if (left <= 0)
		return too_late(l, e);
	struct timeval wait = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
	if (setsockopt(l->fd, SOL_SOCKET, direction, &wait, sizeof(wait)))
		return err_sys(e, "set a deadline for %s", l->o.path);
	return ERR_NONE;
}

static enum err_code dial(struct link *l, struct err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int failed;

	if (!text_fit(to.sun_path, sizeof(to.sun_path), l->o.path) || !to.sun_path[0])
		return err_set(e, ERR_FAILED, "a socket's path has 1 to %zu bytes, not %zu: %s",
			sizeof(to.sun_path) - 1, strlen(l->o.path), l->o.path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return err_sys(e, "make a socket");
	do {
		if (arm(l, SO_SNDTIMEO, e))
			return e->code;
		failed = connect(l->fd, (const struct sockaddr *)&to, sizeof(to));
	} while (failed && errno == EINTR);
	if (!failed)
		return ERR_NONE;
	if (errno == EAGAIN)
		return too_late(l, e);
	if (errno == EACCES || errno == EPERM)
		return denied(l->o.path, e);
	return err_set(e, ERR_NO_DAEMON,
		"no casmand answers at %s: %s. Start it: systemctl start casmand", l->o.path,
		strerrordesc_np(errno));
}

enum err_code link_open(struct link **out, const struct link_options *o, struct err *e)
{
	struct link *l = text_room(1, sizeof(*l));

	*out = NULL;
	l->o = *o;
	l->fd = l->descriptor = -1;
	l->deadline = clock_ms() + o->timeout_ms;
	if (dial(l, e)) {
		link_close(l);
		return e->code;
	}
	*out = l;
	return ERR_NONE;
}

static enum err_code send_line(const struct link *l, const char *line, struct err *e)
{
	for (size_t left = strlen(line); left > 0;) {
		if (arm(l, SO_SNDTIMEO, e))
			return e->code;
		ssize_t count = send(l->fd, line, left, MSG_NOSIGNAL);
		if (count >= 0) {
			line += count;
			left -= (size_t)count;
		} else if (errno == EAGAIN) {
			return too_late(l, e);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return ERR_NONE; /* its last words, if there are any, say why */
		} else if (errno != EINTR) {
			return err_sys(e, "write to casmand at %s", l->o.path);
		}
	}
	return ERR_NONE;
}

/* A descriptor that comes along is kept; the last one, if there are several. */
static ssize_t receive_some(struct link *l, char chunk[CHUNK])
{
	union {
		struct cmsghdr first;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {.iov_base = chunk, .iov_len = CHUNK};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room)};
	ssize_t count = recvmsg(l->fd, &message, MSG_CMSG_CLOEXEC);

	if (count <= 0)
		return count;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		if (l->descriptor >= 0)
			(void)close(l->descriptor);
		memcpy(&l->descriptor, CMSG_DATA(c), sizeof(l->descriptor));
	}
	return count;
}

static enum err_code receive(struct link *l, struct err *e)
{
	char chunk[CHUNK];
	ssize_t count;

	do {
		if (arm(l, SO_RCVTIMEO, e))
			return e->code;
		count = receive_some(l, chunk);
	} while (count < 0 && errno == EINTR);
	if (count > 0) {
		text_bytes(&l->in, chunk, (size_t)count);
		return ERR_NONE;
	}
	if (count < 0 && errno == EAGAIN)
		return too_late(l, e);
	if (count < 0 && errno != ECONNRESET)
		return err_sys(e, "read from casmand at %s", l->o.path);
	return err_set(e, ERR_PROTO, "casmand at %s closed the connection %s", l->o.path,
		l->in.length ? "in the middle of its answer" : "without an answer");
}

/* The next line, without its newline; it stays until the next call. */
static enum err_code next_line(struct link *l, const char **line, size_t *length, struct err *e)
{
	size_t searched = 0;
	const char *end = NULL;

	l->in.length -= l->taken;
	if (l->taken)
		memmove(l->in.at, l->in.at + l->taken, l->in.length);
	l->taken = 0;
	for (;;) {
		if (l->in.length > searched)
			end = memchr(l->in.at + searched, '\n', l->in.length - searched);
		if (end)
			break;
		searched = l->in.length;
		if (searched > REPLY_MAX)
			return garbage(l, "a line without end", e);
		if (receive(l, e))
			return e->code;
	}
	*line = l->in.at;
	*length = (size_t)(end - l->in.at);
	l->taken = *length + 1;
	return ERR_NONE;
}

static bool is_error(const struct doc *error)
{
	return doc_is_int(doc_get(error, "code")) && doc_is_text(doc_get(error, "message"));
}

/* A message is the answer (which then is in *a), or was a notification. */
static enum err_code take(
	const struct link *l, const struct doc *message, struct answer *a, struct err *e)
{
	const struct doc *id = doc_get(message, "id"), *result = doc_get(message, "result");
	const struct doc *error = doc_get(message, "error");
	const char *method = doc_as_text(doc_get(message, "method"), NULL);

	if (strcmp(doc_as_text(doc_get(message, "jsonrpc"), ""), "2.0") != 0)
		return garbage(l, "not JSON-RPC 2.0", e);
	if (method) {
		if (strcmp(method, "progress") == 0 && l->o.progress)
			l->o.progress(l->o.arg, doc_get(message, "params"));
		return ERR_NONE;
	}
	/* Whom casmand could not understand, or has no room for, it answers with the id null. */
	if (doc_as_int(id, 0) != l->asked && !(doc_is_null(id) && error))
		return garbage(l, "an answer to another question", e);
	if (is_error(error))
		a->error = doc_copy(error);
	else if (!error && doc_is_object(result))
		a->result = doc_copy(result);
	else
		return garbage(l, "an answer with neither result nor error", e);
	return ERR_NONE;
}

static enum err_code take_line(
	const struct link *l, const char *line, size_t length, struct answer *a, struct err *e)
{
	struct doc *message;
	struct err why;

	if (doc_parse(&message, line, length, &why))
		return garbage(l, why.text, e);
	enum err_code rc = take(l, message, a, e);
	doc_free(message);
	return rc;
}

enum err_code link_call(
	struct link *l, const char *method, struct doc *params, struct answer *a, struct err *e)
{
	char *request = proto_call(++l->asked, method, params);
	enum err_code rc = send_line(l, request, e);

	free(request);
	*a = (struct answer){0};
	while (!rc && !a->result && !a->error) {
		const char *line = NULL;
		size_t length = 0;

		rc = next_line(l, &line, &length, e);
		if (!rc)
			rc = take_line(l, line, length, a, e);
	}
	return rc;
}

int link_descriptor(struct link *l)
{
	int fd = l->descriptor;

	l->descriptor = -1;
	return fd;
}

void link_close(struct link *l)
{
	if (!l)
		return;
	if (l->descriptor >= 0)
		(void)close(l->descriptor);
	if (l->fd >= 0)
		close(l->fd);
	text_free(&l->in);
	free(l);
}
