/* ipc.h - the Unix socket: lines in, lines out, from peers that may be slow, silent, rude or many.
 *
 * When all is well: the socket is made so that nobody gets in, given its group and mode 0660, and
 * only then listens.  Each line (without its newline) is handed to `line` with the peer it came
 * from.  Answers are sent in the order of ipc_send(); a peer may ask again before it is answered.
 *
 * When not: a line longer than PROTO_LINE_MAX calls `line` with NULL, and the peer is dropped after
 * the answer to that.  The same for half a line, or none at the start, that gets no end within 30 s
 * (patience_ms).  A peer that does not read (1 MiB unsent, or 30 s without progress) is dropped;
 * reading from it stops at 256 KiB unsent.  One turn of the loop takes at most 64 lines from one
 * peer, so a flood holds up only its sender.  Above 64 connections of one user (root and the
 * daemon's own user have 256) or 512 in all, a new one is answered `full` and closed.  A peer that
 * cannot be identified is dropped.  What a peer sent before it went away is handed out all the
 * same; half a line is not.
 *
 * On close: the socket is unlinked if it is still ours, and no `line` or `turn` comes any more;
 * peers get what is already queued for up to a second, then all are closed; `gone` is called for
 * each.
 *
 * Threads: the loop's.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ipc;
struct ipc_peer;
struct uv_loop_s;

enum ipc_trouble { IPC_FINE, IPC_TOO_LONG, IPC_TOO_SLOW, IPC_FULL };

struct ipc_events {
	/* A line came: `length` bytes, which may contain NUL, and a NUL behind them.  trouble is
	 * IPC_FINE, or says why there is none (then text is NULL): the answer, if one is sent from
	 * inside, is the last that the peer gets. */
	void (*line)(void *arg, struct ipc_peer *p, const char *text, size_t length,
		enum ipc_trouble trouble);
	/* The peer will ask nothing more, but may still read (`nc -N` waits until it is closed):
	 * ipc_drop() it once it has all that it is owed.  May be NULL: then it stays until it hangs
	 * up. */
	void (*ended)(void *arg, struct ipc_peer *p);
	/* The peer is gone; p is freed afterwards.  Answers that are still owed are owed to nobody.
	 */
	void (*gone)(void *arg, struct ipc_peer *p);
	/* All that could be read in this turn of the loop was handed out: commit and answer now. */
	void (*turn)(void *arg);
	void *arg;
};

struct ipc_options {
	const char *path; /* at most 107 bytes, else ERR_CONFIG */
	const char
		*group; /* "": the daemon's own; one that cannot be had is a warning in the log */
	uint64_t patience_ms; /* with half a line, and with unread answers; 0: 30 s */
};

/* Replaces a stale socket at the path (one that refuses connections), never anything else there:
 * ERR_BUSY if another daemon answers at it, ERR_CONFIG if it is no socket. */
enum err_code ipc_open(struct ipc **out, struct uv_loop_s *loop, const struct ipc_options *o,
	const struct ipc_events *events, struct err *e) must_check;

/* All three do nothing for a peer that was dropped or has left; p is good until `gone` returns, which is
 * never called from inside them. */
void ipc_send(struct ipc_peer *p, const char *line, size_t length); /* with its newline; copies */
/* The same, and an open descriptor goes along with the line (SCM_RIGHTS); it is taken. */
void ipc_pass(struct ipc_peer *p, const char *line, size_t length, int fd);
void ipc_drop(struct ipc_peer *p); /* after what is queued was sent */

uid_t ipc_uid(const struct ipc_peer *p);
/* Is the peer root, the daemon's own user, or a member of `group` (primary or supplementary, from
 * SO_PEERCRED and SO_PEERGROUPS; "": no group)? */
bool ipc_is_admin(const struct ipc_peer *p, const char *group);
/* A place for the owner's own notes about the peer; NULL at first. */
void ipc_set_note(struct ipc_peer *p, void *note);
void *ipc_note(const struct ipc_peer *p);

/* i may be NULL: `closed` is called at once.  Else it is called from the loop, when i is gone. */
void ipc_close(struct ipc *i, void (*closed)(void *arg), void *arg);
