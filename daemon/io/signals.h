/* signals.h - the signals that a service hears: SIGTERM and SIGINT to end, SIGHUP to read its
 * configuration again.
 *
 * Threads: the loop's.
 */
#pragma once

struct signals;
struct uv_loop_s;

/* `heard` runs from the loop, each time. */
struct signals *signals_open(
	struct uv_loop_s *loop, void (*heard)(void *arg, int number), void *arg);
/* SIGTERM and SIGINT end the process at once from now on, by the system's own hand. */
void signals_release(struct signals *s);
/* s is gone when the loop has come round. */
void signals_close(struct signals *s);
