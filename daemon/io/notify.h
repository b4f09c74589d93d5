/* notify.h - tells the service manager how it stands (sd_notify(3), by its protocol, without its
 * library).  Where there is none ($NOTIFY_SOCKET is not set), nothing happens. */
#pragma once

/* "READY=1", "STATUS=...", "STOPPING=1": lines, as sd_notify(3) has them. */
void notify_manager(const char *lines);
