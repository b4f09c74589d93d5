/* notify.h - tells the service manager how it stands (sd_notify(3), by its protocol, without its
 * library).  Where there is none ($NOTIFY_SOCKET is not set), nothing happens. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STATUS=...", "STOPPING=1": lines, as sd_notify(3) has them. */
void notify_manager(const char *lines);
bool notify_wanted(void);

/* How often it wants to hear WATCHDOG=1 (half of WatchdogSec=), in ms; 0: not at all. */
uint64_t notify_watchdog(void);
