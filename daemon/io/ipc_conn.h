/* ipc_conn.h - one connection: a socket that never blocks, read into lines, written from a queue.
 *
 * When all is well: what comes in is read into lines; conn_hand_out() gives them to `news`, as many
 * as its caller allows, so that nobody is served out of turn.  What is sent goes out at once, and
 * what does not fit waits in a queue.  Whatever happens calls `stirs`, and conn_settle() then does
 * what follows from it: it is the only place that watches, times and closes.
 *
 *   open --(we end it)--> flushing --(all is sent)--> parting --(it stops talking)--> gone
 *   open --(it hung up, and all that it sent was handed out)------------------------> gone
 *
 * Parting lasts a second at most.  It is for the peer that writes more before it reads: had we
 * closed already, its write would fail and it would never see our answer.
 *
 * When not: a line that is too long, or that gets no end in time, is news, and the last of it.  A
 * peer that does not read is read no further (HOLD_UNSENT) and then dropped (MOST_UNSENT, or
 * `patience` without progress).  A peer that can no longer be sent to may still have sent: what it
 * sent is read to its end.
 *
 * A plain descriptor on uv_poll: uv_pipe_t cannot tell a peer that ended its side from one that
 * hung up, does not say that a write makes progress, and spins in accept() without descriptors.
 *
 * Owner: embeds struct conn and sets `events` and `patience`; it stays put from conn_open() until
 * `gone`, which comes once, from the loop, and may free it.
 * Threads: the loop's.  From inside `news` everything here may be called.
 */
#pragma once

#include "common/text.h"
#include "daemon/io/ipc_lines.h"

#include <uv.h>

/* The last three: text is NULL.  After TOO_LONG and TOO_SLOW the connection is ended politely;
 * ENDED says that the peer will send no more, but may read. */
enum conn_news { CONN_LINE, CONN_TOO_LONG, CONN_TOO_SLOW, CONN_ENDED };

/* How an end is made; a harder one overrules a softer one. */
enum conn_end {
	CONN_OPEN,   /* not at all */
	CONN_POLITE, /* when all is sent, and the peer stopped talking */
	CONN_SENT,   /* when all is sent */
	CONN_NOW,
};

struct conn;

struct conn_events {
	void (*news)(struct conn *c, enum conn_news what, const char *text, size_t length);
	void (*stirs)(struct conn *c); /* call conn_hand_out() and conn_settle() soon */
	void (*gone)(struct conn *c);
};

struct conn {
	const struct conn_events *events;
	uint64_t patience; /* ms */
	bool unread;       /* it was dropped because it does not read */
	/* private */
	int fd; /* -1: closed, and its handles are on their way */
	uv_poll_t poll;
	uv_timer_t hearing; /* runs while a line is awaited that must come */
	uv_timer_t telling; /* runs while the peer must read, or go */
	unsigned open;      /* handles not yet closed */
	int watched;        /* what poll watches now */
	struct lines in;
	struct text out;
	size_t sent;    /* bytes of out that are */
	int passing;    /* a descriptor that goes along with ... */
	size_t pass_at; /* ... this byte of out; -1: none */
	enum conn_end end;
	size_t ignored; /* bytes read since the end began */
	bool spoke;     /* a whole line came */
	bool slow;      /* the next one did not */
	bool ended;     /* nothing more will come */
	bool told;      /* ... and the owner knows */
	bool deaf;      /* nothing more can be sent */
	bool parting;   /* nothing more will be */
};

/* Takes fd in any case; false: it cannot be watched and was closed. */
bool conn_open(struct conn *c, uv_loop_t *loop, int fd) must_check;

void conn_hand_out(struct conn *c, unsigned most);
/* True: there is more to hand out, now. */
bool conn_settle(struct conn *c) must_check;

void conn_send(struct conn *c, const char *bytes, size_t count); /* copies */
/* The descriptor, which is taken, arrives with the first of these bytes (SCM_RIGHTS).  One waits at a
 * time: a second one before the peer read the first is closed, and only the bytes are sent. */
void conn_pass(struct conn *c, const char *bytes, size_t count, int fd);
void conn_end(struct conn *c, enum conn_end how);
