#include "daemon/io/ipc_socket.h"

#include "common/log.h"
#include "common/scoped.h"
#include "common/text.h"
#include "daemon/io/ipc_who.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_MADE 0600 /* while it has not yet its group */
#define MODE_OPEN 0660

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Knocks; ERR_NONE if nobody can be behind that socket any more. */
static enum err_code require_stale(const struct sockaddr_un *name, struct err *e)
{
	scoped(fd) int fd = new_socket();

	if (fd < 0)
		return err_sys(e, "make a socket");
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno == EAGAIN)
		return err_set(e, ERR_BUSY, "another casmand answers at %s", name->sun_path);
	if (errno == ECONNREFUSED || errno == ENOENT)
		return ERR_NONE;
	return err_sys(e, "see who is at %s", name->sun_path);
}

static enum err_code clear_way(const struct sockaddr_un *name, struct err *e)
{
	const char *path = name->sun_path;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? ERR_NONE : err_sys(e, "look at %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is in the way: it is no socket", path);
	if (require_stale(name, e))
		return e->code;
	if (unlink(path) && errno != ENOENT)
		return err_sys(e, "remove the stale socket %s", path);
	return ERR_NONE;
}

static void give_to_group(const char *path, const char *group)
{
	gid_t gid;

	if (!*group)
		return;
	if (!who_group(group, &gid))
		log_warning("socket group unknown", "group=%s socket=%s", group, path);
	else if (fchownat(AT_FDCWD, path, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW))
		log_warning("socket group not given", "group=%s socket=%s error=\"%s\"", group,
			path, strerrordesc_np(errno));
}

/* Bound is what exists and refuses: now its group, its mode, and last its ear. */
static enum err_code open_up(struct ipc_socket *s, int fd, const char *group, struct err *e)
{
	const char *path = s->name.sun_path;
	struct stat st;

	if (lstat(path, &st))
		return err_sys(e, "look at %s", path);
	s->device = st.st_dev;
	s->inode = st.st_ino;
	give_to_group(path, group);
	if (fchmodat(AT_FDCWD, path, MODE_OPEN, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "set the mode of %s", path);
	if (listen(fd, SOMAXCONN))
		return err_sys(e, "listen at %s", path);
	return ERR_NONE;
}

/* --- one that the service manager made ------------------------------------- */

#define INHERITED 3 /* its number: SD_LISTEN_FDS_START */

static bool is_inherited(void)
{
	const char *pid = secure_getenv("LISTEN_PID"), *count = secure_getenv("LISTEN_FDS");

	return pid && count && strtoll(pid, NULL, 10) == getpid() && strtoll(count, NULL, 10) >= 1;
}

/* What the manager was told counts; ours may say otherwise. */
static void compare(const char *is, const char *path, const char *group)
{
	struct stat st;
	gid_t gid;

	if (strcmp(is, path) != 0)
		log_warning("configuration",
			"warning=\"the service manager's socket is %s, and [daemon] socket is %s. "
			"Mend: ListenStream= in systemctl edit casmand.socket\"",
			is, path);
	if (*group && who_group(group, &gid) && stat(is, &st) == 0 && st.st_gid != gid)
		log_warning("configuration",
			"warning=\"the group of the service manager's socket is not %s, as "
			"[daemon] "
			"socket_group is. Mend: SocketGroup= in systemctl edit casmand.socket\"",
			group);
}

static enum err_code take_over(
	struct ipc_socket *s, const char *path, const char *group, struct err *e)
{
	socklen_t size = sizeof(s->name), length = sizeof(int);
	int listens = 0;

	if (getsockname(INHERITED, (struct sockaddr *)&s->name, &size) ||
		getsockopt(INHERITED, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length))
		return err_sys(e, "take the socket of the service manager");
	if (s->name.sun_family != AF_UNIX || !listens)
		return err_set(e, ERR_CONFIG,
			"the service manager's socket is no Unix socket that listens");
	if (fcntl(INHERITED, F_SETFD, FD_CLOEXEC) || fcntl(INHERITED, F_SETFL, O_NONBLOCK))
		return err_sys(e, "take the socket of the service manager");
	compare(s->name.sun_path, path, group);
	s->fd = INHERITED;
	return ERR_NONE;
}

/* --- one of our own ---------------------------------------------------------- */

enum err_code ipc_socket_make(
	struct ipc_socket *s, const char *path, const char *group, struct err *e)
{
	*s = (struct ipc_socket){.fd = -1, .name.sun_family = AF_UNIX};
	if (!*path) /* or it would have no name, and no mode to keep anybody out */
		return err_set(e, ERR_CONFIG, "the socket's path is empty");
	if (!text_fit(s->name.sun_path, sizeof(s->name.sun_path), path))
		return err_set(e, ERR_CONFIG, "%s has %zu bytes, a socket's path at most %zu", path,
			strlen(path), sizeof(s->name.sun_path) - 1);
	if (is_inherited())
		return take_over(s, path, group, e);
	if (clear_way(&s->name, e))
		return e->code;

	scoped(fd) int fd = new_socket();
	if (fd < 0)
		return err_sys(e, "make a socket");
	if (fchmod(fd, MODE_MADE) || bind(fd, (const struct sockaddr *)&s->name, sizeof(s->name)))
		return err_sys(e, "make the socket %s", path);
	if (open_up(s, fd, group, e)) {
		(void)unlink(path);
		return e->code;
	}
	s->fd = give_fd(&fd);
	return ERR_NONE;
}

void ipc_socket_end(struct ipc_socket *s)
{
	struct stat st;

	if (s->inode && lstat(s->name.sun_path, &st) == 0 && st.st_dev == s->device &&
		st.st_ino == s->inode)
		(void)unlink(s->name.sun_path);
	close(s->fd);
	s->fd = -1;
}
