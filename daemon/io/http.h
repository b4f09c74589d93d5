/* http.h - HTTP on the loop, and the only module that knows curl.
 *
 * When all is well: calls run side by side on connections that are kept; the body is read from a file as
 * the network takes it; the answer's body goes into memory or into a file as it comes.  Connections
 * that nobody used for 15 s are closed, with all that TLS keeps for them.
 *
 * When not: `done` has OFFLINE (no name, no route, refused, timed out, TLS) in words for a person, who
 * knows already which URL it is about.  Any HTTP status is an answer, not an error; redirects are not
 * followed.  No progress for 30 s ends a call; bytes that the other side does not acknowledge do so too
 * (TCP_USER_TIMEOUT).  An answer that is larger than it may be, or a head that `line` does not want, ends
 * it with CORRUPT; a body file that is shorter than it was, with MISSING; an answer's file that cannot be
 * written, with what the system says.
 *
 * On close: live calls are dropped without a `done`; http is gone when `closed` runs.
 *
 * Owner:   a call belongs to whoever starts it and stays put, with all that it points to, until `done` is
 *          entered or http_drop() returns.  `done` comes once, last of all, never from inside
 *          http_start(): the call may be freed or started again in it.
 *
 * Secrets: headers are wiped when the call is over.
 *
 * Threads: the loop's.  http_global_end() in main, when all are closed.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

struct http;
struct uv_loop_s;

struct http_answer {
	long status;
	const char *body; /* what came into memory, with a NUL that length does not count */
	size_t length;
	uint64_t received; /* bytes of body, wherever they went */
	uint64_t sent;     /* bytes of the call's body that were on their way */
};

struct http_call {
	const char *method, *url;   /* http: only where it says so; else https */
	const char *const *headers; /* "name: value", the last is NULL */
	int body_file;              /* -1: none; read by offset from 0, stays open */
	const char *body;           /* used if there is no file; may be NULL */
	uint64_t body_length;
	int answer_file;      /* -1: into memory; only a 2xx goes into the file, by offset from 0 */
	uint64_t answer_most; /* bytes in memory; a file may become of any length */
	/* NULL, or is given each line of the answer's head as it comes, its end included: the status
	 * line first, an empty one last; a further status line begins anew.  False ends the call. */
	bool (*line)(struct http_call *c, const char *line, size_t length);
	/* NULL, or is given the bytes that went into the file (to hash them). */
	void (*arrived)(struct http_call *c, const void *bytes, size_t count);
	void (*done)(struct http_call *c, const struct http_answer *a, const struct err *e);
	/* Answered, also if it is dropped: how often it went out.  More than once where a kept
	 * connection turned out dead. */
	unsigned times;
	struct http_job *job; /* private */
};

struct http_options {
	const char *ca_file;  /* "": the system's */
	unsigned patience_ms; /* 0: 30 s without progress */
};

void http_global_end(void);

enum err_code http_open(struct http **out, struct uv_loop_s *loop, const struct http_options *o,
	struct err *e) must_check;
enum err_code http_start(struct http *h, struct http_call *c, struct err *e) must_check;
void http_drop(struct http_call *c); /* end it now; no `done` */
/* The network is back: calls that do not move end (`done` with OFFLINE), and kept connections are not used
 * again. */
void http_reconnect(struct http *h);
void http_close(struct http *h, void (*closed)(void *arg), void *arg); /* h may be NULL */
