#include "daemon/io/ipc.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/io/ipc_conn.h"
#include "daemon/io/ipc_socket.h"
#include "daemon/io/ipc_who.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#define MOST_OF_USER 64    /* connections of one user */
#define MOST_OF_OWN  256   /* of root, and of the daemon's own user */
#define MOST_PEERS   512   /* in all */
#define MOST_REFUSED 64    /* that are just being told so; more are closed without a word */
#define TURN_LINES   64    /* taken from one peer in one turn of the loop */
#define TURN_KNOCKS  64    /* new connections in one turn of the loop */
#define PATIENCE_MS  30000 /* unless the options say otherwise */
#define REST_MS      1000  /* without new connections, when there is no room for one */
#define FAREWELL_MS  1000  /* for what is queued when we close */

struct ipc_peer {
	struct conn conn;
	struct ipc *ipc;
	uid_t uid;
	bool refused;
	void *note;
	struct ipc_peer *next, **link;
};

/* One turn: uv_poll reads, and stirs; uv_check hands out, lets the owner answer, and settles.  The
 * idle handle keeps the loop from sleeping while something stirs, and is stopped when nothing does:
 * that is what makes idle free of wake-ups. */
struct ipc {
	struct ipc_events events;
	uint64_t patience;
	struct ipc_socket socket;
	uv_poll_t knock;
	uv_check_t check;
	uv_idle_t idle;
	uv_timer_t timer; /* open: accept again; closing: enough of it */
	struct ipc_peer *peers;
	unsigned open;             /* handles not yet closed; the peers' are counted in the peers */
	bool stirred;              /* something happened to a peer */
	bool handed;               /* `line` was called: `turn` is due */
	bool crammed;              /* the last connection found no room, and the log says so */
	void (*closed)(void *arg); /* not NULL: closing */
	void *arg;
};

/* ---- peers ---- */

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void stir(struct ipc *i)
{
	i->stirred = true;
	uv_idle_start(&i->idle, on_idle);
}

static void on_stirs(struct conn *c)
{
	stir(owner_of(c, struct ipc_peer, conn)->ipc);
}

static void tell(struct ipc_peer *p, const char *text, size_t length, enum ipc_trouble trouble)
{
	p->ipc->handed = true;
	p->ipc->events.line(p->ipc->events.arg, p, text, length, trouble);
}

static void on_news(struct conn *c, enum conn_news what, const char *text, size_t length)
{
	struct ipc_peer *p = owner_of(c, struct ipc_peer, conn);
	const struct ipc_events *events = &p->ipc->events;

	switch (what) {
	case CONN_LINE: tell(p, text, length, IPC_FINE); break;
	case CONN_TOO_LONG: tell(p, NULL, 0, IPC_TOO_LONG); break;
	case CONN_TOO_SLOW: tell(p, NULL, 0, IPC_TOO_SLOW); break;
	case CONN_ENDED:
		if (events->ended)
			events->ended(events->arg, p);
		break;
	default: break;
	}
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct ipc *i = handle->data;

	if (--i->open > 0)
		return;
	void (*closed)(void *) = i->closed;
	void *arg = i->arg;
	free(i);
	closed(arg);
}

/* What the peers needed to the last. */
static void close_rest(struct ipc *i)
{
	if (!i->closed || i->peers || uv_is_closing((uv_handle_t *)&i->check))
		return;
	uv_close((uv_handle_t *)&i->check, on_handle_closed);
	uv_close((uv_handle_t *)&i->idle, on_handle_closed);
	uv_close((uv_handle_t *)&i->timer, on_handle_closed);
}

static void on_gone(struct conn *c)
{
	struct ipc_peer *p = owner_of(c, struct ipc_peer, conn);
	struct ipc *i = p->ipc;

	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	if (c->unread)
		log_info("peer dropped", "uid=%u reason=\"does not read\"", p->uid);
	i->events.gone(i->events.arg, p);
	free(p);
	close_rest(i);
}

static const struct conn_events conn_events = {on_news, on_stirs, on_gone};

static void on_check(uv_check_t *check)
{
	struct ipc *i = owner_of(check, struct ipc, check);

	if (!i->stirred)
		return;
	for (struct ipc_peer *p = i->peers; p; p = p->next)
		conn_hand_out(&p->conn, TURN_LINES);
	if (i->handed && !i->closed)
		i->events.turn(i->events.arg);
	i->handed = i->stirred = false;
	uv_idle_stop(&i->idle);
	for (struct ipc_peer *p = i->peers; p; p = p->next)
		if (conn_settle(&p->conn))
			stir(i);
}

/* ---- new peers ---- */

static unsigned most_of(uid_t uid)
{
	return uid == 0 || uid == geteuid() ? MOST_OF_OWN : MOST_OF_USER;
}

enum welcome { WELCOME, REFUSED, IGNORED };

static enum welcome welcome(const struct ipc *i, uid_t uid)
{
	unsigned all = 0, same = 0, refused = 0;

	for (const struct ipc_peer *p = i->peers; p; p = p->next) {
		refused += p->refused;
		all += !p->refused;
		same += !p->refused && p->uid == uid;
	}
	if (all < MOST_PEERS && same < most_of(uid))
		return WELCOME;
	return refused < MOST_REFUSED ? REFUSED : IGNORED;
}

static void admit(struct ipc *i, int fd)
{
	uid_t uid;
	enum welcome how = who_uid(fd, &uid) ? welcome(i, uid) : IGNORED;

	if (how == IGNORED) {
		close(fd);
		return;
	}
	struct ipc_peer *p = text_room(1, sizeof(*p));
	p->conn.events = &conn_events;
	p->conn.patience = i->patience;
	p->ipc = i;
	p->uid = uid;
	p->refused = how == REFUSED;
	if (!conn_open(&p->conn, i->knock.loop, fd)) {
		free(p);
		return;
	}
	p->link = &i->peers;
	p->next = i->peers;
	if (p->next)
		p->next->link = &p->next;
	i->peers = p;
	if (p->refused) {
		tell(p, NULL, 0, IPC_FULL);
		ipc_drop(p);
	}
}

static void on_knock(uv_poll_t *poll, int status, int events);

static void on_timer(uv_timer_t *timer)
{
	struct ipc *i = owner_of(timer, struct ipc, timer);

	if (!i->closed) {
		uv_poll_start(&i->knock, UV_READABLE, on_knock);
		return;
	}
	for (struct ipc_peer *p = i->peers; p; p = p->next)
		conn_end(&p->conn, CONN_NOW);
}

/* No descriptor or no memory for another peer: those who knock wait, or the loop would spin. */
static void rest(struct ipc *i)
{
	if (!i->crammed)
		log_warning("no new connections", "error=\"%s\"", strerrordesc_np(errno));
	i->crammed = true;
	uv_poll_stop(&i->knock);
	uv_timer_start(&i->timer, on_timer, REST_MS, 0);
}

static void on_knock(uv_poll_t *poll, int status, int events)
{
	struct ipc *i = owner_of(poll, struct ipc, knock);

	(void)status; /* accept() tells */
	(void)events;
	for (int n = 0; n < TURN_KNOCKS && !i->closed; n++) {
		int fd = accept4(i->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			i->crammed = false;
			admit(i, fd);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			rest(i);
			return;
		}
	}
}

/* ---- the owner's side ---- */

void ipc_send(struct ipc_peer *p, const char *line, size_t length)
{
	conn_send(&p->conn, line, length);
}

void ipc_pass(struct ipc_peer *p, const char *line, size_t length, int fd)
{
	conn_pass(&p->conn, line, length, fd);
}

void ipc_drop(struct ipc_peer *p)
{
	conn_end(&p->conn, CONN_POLITE);
}

uid_t ipc_uid(const struct ipc_peer *p)
{
	return p->uid;
}

bool ipc_is_admin(const struct ipc_peer *p, const char *group)
{
	if (p->uid == 0 || p->uid == geteuid())
		return true;
	return *group && who_has_group(p->conn.fd, group);
}

void ipc_set_note(struct ipc_peer *p, void *note)
{
	p->note = note;
}

void *ipc_note(const struct ipc_peer *p)
{
	return p->note;
}

enum err_code ipc_open(struct ipc **out, struct uv_loop_s *loop, const struct ipc_options *o,
	const struct ipc_events *events, struct err *e)
{
	struct ipc *i = text_room(1, sizeof(*i));

	i->events = *events;
	i->patience = o->patience_ms ? o->patience_ms : PATIENCE_MS;
	if (ipc_socket_make(&i->socket, o->path, o->group, e)) {
		free(i);
		return e->code;
	}
	int failed = uv_poll_init(loop, &i->knock, i->socket.fd);
	if (failed) {
		ipc_socket_end(&i->socket);
		free(i);
		return err_set(e, ERR_FAILED, "watch %s: %s", o->path, uv_strerror(failed));
	}
	uv_check_init(loop, &i->check);
	uv_idle_init(loop, &i->idle);
	uv_timer_init(loop, &i->timer);
	i->knock.data = i->check.data = i->idle.data = i->timer.data = i;
	i->open = 4;
	uv_poll_start(&i->knock, UV_READABLE, on_knock);
	uv_check_start(&i->check, on_check);
	*out = i;
	return ERR_NONE;
}

void ipc_close(struct ipc *i, void (*closed)(void *arg), void *arg)
{
	if (!i) {
		closed(arg);
		return;
	}
	REQUIRE(!i->closed);
	i->closed = closed;
	i->arg = arg;
	uv_close((uv_handle_t *)&i->knock, on_handle_closed);
	ipc_socket_end(&i->socket);
	for (struct ipc_peer *p = i->peers; p; p = p->next)
		conn_end(&p->conn, CONN_SENT);
	uv_timer_start(&i->timer, on_timer, FAREWELL_MS, 0);
	close_rest(i);
}
