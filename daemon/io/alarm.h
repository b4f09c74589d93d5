/* alarm.h - the one timer: wakes the loop at a moment of CLOCK_BOOTTIME.
 *
 * When all is well: a timerfd on the loop; time spent suspended counts, setting the clock does not,
 * and waiting for a moment that is hours away costs no wake-up (P12).
 *
 * On close: `rings` is not called any more; `a` is gone when `closed` is entered.
 *
 * Threads: the loop's.  alarm_now() and alarm_clock() from any.
 */
#pragma once

#include "common/err.h"

#include <stdint.h>

struct alarm;
struct uv_loop_s;

#define ALARM_NEVER UINT64_MAX

uint64_t alarm_now(void);  /* milliseconds of CLOCK_BOOTTIME */
int64_t alarm_clock(void); /* microseconds since 1970, as the machine's clock says */
/* By how much the clock is ahead of alarm_now(), to a millisecond: changes when the clock is set. */
int64_t alarm_ahead(void);

enum err_code alarm_open(struct alarm **out, struct uv_loop_s *loop, void (*rings)(void *arg),
	void *arg, struct err *e) must_check;
/* Rings once at `moment` (ms of CLOCK_BOOTTIME; at once if past; ALARM_NEVER: not), never from
 * inside alarm_set().  Replaces the moment set before; 0, and then the same as before it, cost no
 * system call.  From inside `rings` it may be set or closed. */
void alarm_set(struct alarm *a, uint64_t moment);
/* a may be NULL: then `closed` is called from inside. */
void alarm_close(struct alarm *a, void (*closed)(void *arg), void *arg);
