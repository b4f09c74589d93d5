#include "daemon/io/ipc_conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HOLD_UNSENT  (256UL * 1024)  /* bytes; above it a peer is not read until it reads */
#define MOST_UNSENT  (1024UL * 1024) /* bytes; above it a peer is dropped */
#define PARTING_MS   1000            /* how long a peer may talk on after our last word */
#define MOST_IGNORED (1024UL * 1024) /* bytes that it may say then, as of a line far too long */

static size_t unsent(const struct conn *c)
{
	return c->out.length - c->sent;
}

static bool has_news(struct conn *c)
{
	if (c->end != CONN_OPEN || unsent(c) > HOLD_UNSENT)
		return false;
	if (lines_ready(&c->in) || lines_overlong(&c->in))
		return true;
	return c->ended ? !c->told && !c->deaf : c->slow;
}

static void stop_passing(struct conn *c)
{
	if (c->passing >= 0)
		(void)close(c->passing);
	c->passing = -1;
}

static void empty_queue(struct conn *c)
{
	uv_timer_stop(&c->telling); /* it ran for what was queued */
	stop_passing(c);
	text_free(&c->out);
	c->sent = 0;
}

static void go_deaf(struct conn *c)
{
	c->deaf = true;
	empty_queue(c);
}

/* ---- in ---- */

static void came_nothing(struct conn *c, ssize_t result)
{
	if (result < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->ended = true;
	if (result < 0)
		go_deaf(c);
}

static void fill(struct conn *c)
{
	size_t room;
	char *to = lines_room(&c->in, &room);

	if (room == 0)
		return;
	ssize_t came = recv(c->fd, to, room, 0);
	if (came > 0)
		lines_came(&c->in, (size_t)came);
	else
		came_nothing(c, came);
}

static void ignore(struct conn *c)
{
	char bytes[16 * 1024];
	ssize_t came = recv(c->fd, bytes, sizeof(bytes), 0);

	if (came <= 0) {
		came_nothing(c, came);
		return;
	}
	c->ignored += (size_t)came;
	if (c->ignored > MOST_IGNORED)
		conn_end(c, CONN_NOW);
}

static void hear(struct conn *c)
{
	if (c->end == CONN_OPEN)
		fill(c);
	else
		ignore(c);
}

/* ---- out ---- */

static ssize_t send_with(const struct conn *c, size_t count)
{
	union {
		struct cmsghdr first;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {
		.first = {.cmsg_len = CMSG_LEN(sizeof(int)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS}
        };
	struct iovec part = {.iov_base = c->out.at + c->sent, .iov_len = count};
	const struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room)};

	memcpy(CMSG_DATA(&control.first), &c->passing, sizeof(c->passing));
	return sendmsg(c->fd, &message, MSG_NOSIGNAL);
}

/* Sends what fits now and says how much that was; not past the byte that a descriptor goes with. */
static size_t push(struct conn *c, const char *bytes, size_t count)
{
	bool now = c->passing >= 0 && c->pass_at == c->sent;
	ssize_t went;

	if (c->passing >= 0 && !now && count > c->pass_at - c->sent)
		count = c->pass_at - c->sent;
	went = now ? send_with(c, count) : send(c->fd, bytes, count, MSG_NOSIGNAL);
	if (went > 0 && now)
		stop_passing(c);
	if (went >= 0)
		return (size_t)went;
	if (errno != EAGAIN && errno != EINTR)
		go_deaf(c);
	return 0;
}

static void flush(struct conn *c)
{
	if (unsent(c) == 0)
		return;
	size_t went = push(c, c->out.at + c->sent, unsent(c));
	if (went == 0)
		return;
	c->sent += went;
	uv_timer_stop(&c->telling); /* there was progress: patience begins again */
	if (unsent(c) == 0)
		empty_queue(c);
}

static void drop_unread(struct conn *c)
{
	c->unread = true;
	conn_end(c, CONN_NOW);
}

static void queue(struct conn *c, const char *bytes, size_t count)
{
	if (count > MOST_UNSENT - unsent(c)) {
		drop_unread(c);
		return;
	}
	if (c->sent > c->out.length / 2) {
		memmove(c->out.at, c->out.at + c->sent, unsent(c));
		c->out.length -= c->sent;
		c->pass_at -= c->passing < 0 ? 0 : c->sent;
		c->sent = 0;
	}
	text_bytes(&c->out, bytes, count);
}

void conn_send(struct conn *c, const char *bytes, size_t count)
{
	if (c->end != CONN_OPEN || c->deaf)
		return;
	size_t went = unsent(c) ? 0 : push(c, bytes, count);
	if (went == count)
		return;
	if (!c->deaf)
		queue(c, bytes + went, count - went);
	c->events->stirs(c);
}

void conn_pass(struct conn *c, const char *bytes, size_t count, int fd)
{
	if (c->end != CONN_OPEN || c->deaf || c->passing >= 0) {
		(void)close(fd);
		conn_send(c, bytes, count);
		return;
	}
	queue(c, bytes, count);
	if (c->end != CONN_OPEN) { /* it was too much */
		(void)close(fd);
		return;
	}
	c->passing = fd;
	c->pass_at = c->out.length - count;
	c->events->stirs(c);
}

/* ---- what happens ---- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct conn *c = owner_of(poll, struct conn, poll);

	if (status < 0) { /* it closed with answers unread; uv stopped watching */
		c->watched = 0;
		go_deaf(c);
		events = c->ended ? 0 : UV_READABLE; /* what it sent before, and then the error */
	}
	if (events & UV_READABLE)
		hear(c);
	if (events & UV_WRITABLE)
		flush(c);
	if (events & UV_PRIORITIZED) /* see watch() */
		go_deaf(c);
	c->events->stirs(c);
}

static void on_hearing_late(uv_timer_t *timer)
{
	struct conn *c = owner_of(timer, struct conn, hearing);

	c->slow = true;
	c->events->stirs(c);
}

static void on_telling_late(uv_timer_t *timer)
{
	struct conn *c = owner_of(timer, struct conn, telling);

	if (c->parting)
		conn_end(c, CONN_NOW);
	else
		drop_unread(c);
}

static void on_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->open == 0)
		c->events->gone(c);
}

/* ---- what follows ---- */

static void last_news(struct conn *c, enum conn_news what)
{
	c->events->news(c, what, NULL, 0);
	conn_end(c, CONN_POLITE);
}

static void tell_next(struct conn *c)
{
	size_t length;
	const char *line = lines_take(&c->in, &length);

	if (line) {
		uv_timer_stop(&c->hearing);
		c->spoke = true;
		c->slow = false;
		c->events->news(c, CONN_LINE, line, length);
	} else if (lines_overlong(&c->in)) {
		last_news(c, CONN_TOO_LONG);
	} else if (!c->ended) {
		last_news(c, CONN_TOO_SLOW);
	} else {
		c->told = true;
		c->events->news(c, CONN_ENDED, NULL, 0);
	}
}

void conn_hand_out(struct conn *c, unsigned most)
{
	for (; most > 0 && has_news(c); most--)
		tell_next(c);
}

static bool is_over(struct conn *c)
{
	switch (c->end) {
	case CONN_OPEN: return c->ended && c->deaf && !has_news(c);
	case CONN_POLITE: return c->ended && unsent(c) == 0;
	case CONN_SENT: return unsent(c) == 0;
	case CONN_NOW:
	default: return true;
	}
}

static void close_all(struct conn *c)
{
	uv_close((uv_handle_t *)&c->poll, on_closed);
	uv_close((uv_handle_t *)&c->hearing, on_closed);
	uv_close((uv_handle_t *)&c->telling, on_closed);
	close(c->fd);
	c->fd = -1;
	c->end = CONN_NOW;
	lines_free(&c->in);
	stop_passing(c);
	text_free(&c->out);
	c->sent = 0;
}

/* What an open connection says is read only when all before it was handed out and is answered. */
static bool listens(struct conn *c)
{
	if (c->ended)
		return false;
	return c->end != CONN_OPEN || (!has_news(c) && unsent(c) <= HOLD_UNSENT);
}

/* A peer that ended its side is watched for what cannot come (urgent data), because uv then still
 * tells of the hang-up: epoll(7) always reports that, and uv calls it whatever was asked for. */
static void watch(struct conn *c)
{
	int wanted = 0;

	if (listens(c))
		wanted |= UV_READABLE;
	if (unsent(c) > 0)
		wanted |= UV_WRITABLE;
	if (c->ended && !c->deaf)
		wanted |= UV_PRIORITIZED;
	if (wanted == c->watched)
		return;
	uv_poll_start(&c->poll, wanted, on_ready); /* nothing wanted: stops */
	c->watched = wanted;
}

/* Runs the timer if ms is not 0; one that runs already runs on. */
static void keep_time(uv_timer_t *timer, uv_timer_cb late, uint64_t ms)
{
	if (ms == 0)
		uv_timer_stop(timer);
	else if (!uv_is_active((uv_handle_t *)timer))
		uv_timer_start(timer, late, ms, 0);
}

static void keep_deadlines(struct conn *c)
{
	bool owes_line = c->end == CONN_OPEN && listens(c) && (!c->spoke || lines_begun(&c->in));
	uint64_t to_leave = c->parting ? PARTING_MS : 0;

	keep_time(&c->hearing, on_hearing_late, owes_line ? c->patience : 0);
	keep_time(&c->telling, on_telling_late, unsent(c) ? c->patience : to_leave);
}

bool conn_settle(struct conn *c)
{
	if (c->fd < 0)
		return false;
	if (c->end == CONN_POLITE && unsent(c) == 0 && !c->parting) {
		c->parting = true;
		(void)shutdown(c->fd, SHUT_WR); /* it can fail only where nobody is left */
	}
	if (is_over(c)) {
		close_all(c);
		return false;
	}
	lines_trim(&c->in);
	watch(c);
	keep_deadlines(c);
	return has_news(c);
}

void conn_end(struct conn *c, enum conn_end how)
{
	if (how <= c->end)
		return;
	c->end = how;
	c->events->stirs(c);
}

bool conn_open(struct conn *c, uv_loop_t *loop, int fd)
{
	if (uv_poll_init(loop, &c->poll, fd)) {
		close(fd);
		return false;
	}
	uv_timer_init(loop, &c->hearing);
	uv_timer_init(loop, &c->telling);
	c->poll.data = c->hearing.data = c->telling.data = c;
	c->fd = fd;
	c->passing = -1;
	c->open = 3;
	c->events->stirs(c);
	return true;
}
