/* ipc_lab.h - a server of daemon/io/ipc.h and its clients, for its tests.
 *
 * Server and clients share one thread: a client that cannot go on turns the loop, so nothing is
 * waited for but events, and a test that waits for what never comes is ended by its alarm.
 * Unless told otherwise the server answers each line with itself, and each trouble with its name.
 */
#pragma once

#include "check.h"
#include "common/attr.h"
#include "common/proto.h"
#include "daemon/io/ipc.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#define LAB_SECONDS 20

struct lab {
	uv_loop_t loop;
	uv_timer_t clock;
	struct ipc *ipc;
	char folder[32], path[64];
	/* what the test wants done; may be NULL */
	void (*on_line)(struct lab *lab, struct ipc_peer *p, const char *text, size_t length);
	void (*on_turn)(struct lab *lab);
	void (*on_ended)(struct lab *lab, struct ipc_peer *p);
	void (*on_gone)(struct lab *lab, struct ipc_peer *p);
	/* what happened */
	unsigned lines, turns, ended, gone, trouble[4];
	struct ipc_peer *peer; /* who spoke last */
	char last[PROTO_LINE_MAX];
	size_t last_length;
	bool closed;
};

static const char *const lab_troubles[] = {"fine\n", "too long\n", "too slow\n", "full\n"};

static inline void lab_line(
	void *arg, struct ipc_peer *p, const char *text, size_t length, enum ipc_trouble trouble)
{
	struct lab *lab = arg;

	lab->trouble[trouble]++;
	lab->peer = p;
	if (trouble != IPC_FINE) {
		assert_null(text);
		ipc_send(p, lab_troubles[trouble], strlen(lab_troubles[trouble]));
		return;
	}
	lab->lines++;
	assert_true(length < sizeof(lab->last));
	assert_int_equal(text[length], '\0');
	memcpy(lab->last, text, length + 1);
	lab->last_length = length;
	if (lab->on_line) {
		lab->on_line(lab, p, text, length);
		return;
	}
	ipc_send(p, text, length);
	ipc_send(p, "\n", 1);
}

static inline void lab_turn(void *arg)
{
	struct lab *lab = arg;

	lab->turns++;
	if (lab->on_turn)
		lab->on_turn(lab);
}

static inline void lab_ended(void *arg, struct ipc_peer *p)
{
	struct lab *lab = arg;

	lab->ended++;
	if (lab->on_ended)
		lab->on_ended(lab, p);
}

static inline void lab_gone(void *arg, struct ipc_peer *p)
{
	struct lab *lab = arg;

	lab->gone++;
	if (lab->on_gone)
		lab->on_gone(lab, p);
}

static inline void lab_closed(void *arg)
{
	((struct lab *)arg)->closed = true;
}

/* A new folder and a server in it, with the options given but the path. */
static inline void lab_open(struct lab *lab, struct ipc_options options)
{
	const struct ipc_events events = {
		.line = lab_line,
		.ended = lab_ended,
		.gone = lab_gone,
		.turn = lab_turn,
		.arg = lab,
	};
	struct err e = {0};

	alarm(LAB_SECONDS);
	*lab = (struct lab){.folder = "/tmp/ipc.XXXXXX"};
	assert_non_null(mkdtemp(lab->folder));
	(void)snprintf(lab->path, sizeof(lab->path), "%s/socket", lab->folder);
	options.path = lab->path;
	options.group = options.group ? options.group : "";
	assert_int_equal(uv_loop_init(&lab->loop), 0);
	if (ipc_open(&lab->ipc, &lab->loop, &options, &events, &e))
		fail_msg("%s", e.text);
}

/* Turn the loop until it is so. */
#define UNTIL(lab, so)                                                                             \
	do {                                                                                       \
		while (!(so))                                                                      \
			uv_run(&(lab)->loop, UV_RUN_ONCE);                                         \
	} while (0)

static inline void lab_some_turns(struct lab *lab)
{
	for (int n = 0; n < 10; n++)
		uv_run(&lab->loop, UV_RUN_NOWAIT);
}

static inline void lab_rings(uv_timer_t *clock)
{
	uv_close((uv_handle_t *)clock, NULL);
}

/* Turn the loop for so long, and say how often it woke. */
static inline unsigned lab_for(struct lab *lab, uint64_t ms)
{
	unsigned turns = 0;

	uv_timer_init(&lab->loop, &lab->clock);
	uv_timer_start(&lab->clock, lab_rings, ms, 0);
	for (; !uv_is_closing((uv_handle_t *)&lab->clock); turns++)
		uv_run(&lab->loop, UV_RUN_ONCE);
	lab_some_turns(lab); /* until it is closed */
	return turns;
}

/* Wait until all is closed, and see that nothing is left. */
static inline void lab_end(struct lab *lab)
{
	UNTIL(lab, lab->closed);
	assert_int_equal(uv_loop_close(&lab->loop), 0);
	assert_int_not_equal(access(lab->path, F_OK), 0);
	assert_int_equal(rmdir(lab->folder), 0);
	alarm(0);
}

static inline void lab_close(struct lab *lab)
{
	ipc_close(lab->ipc, lab_closed, lab);
	lab_end(lab);
}

/* ---- the client's side ---- */

static inline int knock(struct lab *lab)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", lab->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static inline void say_bytes(struct lab *lab, int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t went = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (went < 0) {
			assert_int_equal(errno, EAGAIN);
			uv_run(&lab->loop, UV_RUN_ONCE);
			continue;
		}
		bytes += went;
		count -= (size_t)went;
	}
}

static inline void say(struct lab *lab, int fd, const char *words)
{
	say_bytes(lab, fd, words, strlen(words));
}

/* Up to count bytes; fewer where the server closed. */
static inline size_t hear_bytes(struct lab *lab, int fd, char *to, size_t count)
{
	size_t got = 0;

	while (got < count) {
		ssize_t came = recv(fd, to + got, count - got, MSG_DONTWAIT);

		if (came > 0)
			got += (size_t)came;
		else if (came == 0 || errno == ECONNRESET)
			break;
		else
			uv_run(&lab->loop, UV_RUN_ONCE);
	}
	return got;
}

static inline void hears(struct lab *lab, int fd, const char *words)
{
	char heard[256] = "";

	assert_true(strlen(words) < sizeof(heard));
	(void)hear_bytes(lab, fd, heard, strlen(words));
	assert_string_equal(heard, words);
}

static inline void hears_the_end(struct lab *lab, int fd)
{
	char more;

	assert_int_equal(hear_bytes(lab, fd, &more, 1), 0);
}

/* Is the server busy with nothing, and has no deadline?  Then the loop would sleep for ever. */
static inline bool lab_sleeps(struct lab *lab)
{
	lab_some_turns(lab);
	return uv_backend_timeout(&lab->loop) == -1;
}
