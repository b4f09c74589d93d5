/* ipc_socket.h - the listening socket: made private, then opened to its group, then heard.
 *
 * The MUSTs:
 *  1. From the moment its name exists until it has its group, nobody but the daemon's user gets in.
 *     Its mode is set before it is bound (fchmod(2) on the socket itself: the umask, which is the
 *     whole process's, stays as it is), and it listens only when group and mode are right.
 *  2. Only a socket that refuses connections is ever removed to make way.
 *  3. What lies at the path when we close is removed only if it is the socket that we made.
 *  4. A socket that the service manager made (sd_listen_fds(3)) is taken as it is, and never removed:
 *     who connects while we restart waits in it, and loses nothing.
 *
 * Two daemons that find the same stale socket in the same instant are not told apart here; the lock
 * on the state folder does that.  The folder is not made here.
 */
#pragma once

#include "common/err.h"

#include <sys/types.h>
#include <sys/un.h>

struct ipc_socket {
	int fd; /* non-blocking, closed on exec, listening */
	struct sockaddr_un name;
	dev_t device;
	ino_t inode; /* 0: not made by us */
};

/* group "": the daemon's own; one that cannot be had is a warning in the log. */
enum err_code ipc_socket_make(
	struct ipc_socket *s, const char *path, const char *group, struct err *e) must_check;
void ipc_socket_end(struct ipc_socket *s);
