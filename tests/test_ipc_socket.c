/* The socket itself: who may knock, and what it takes the place of. */
#include "check.h"
#include "common/attr.h"
#include "daemon/io/ipc_socket.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS  100 /* the group "users", which every Debian has */
#define NOBODY 65534

static char folder[32], path[64];

/* ---- a look at the socket before and after each call behind bind() that changes who gets in ----
 */

static gid_t group_wanted;
static unsigned looks, opened, heard_at;

static void look(void)
{
	struct stat st;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return;
	looks++;
	if ((st.st_mode & 0077) == 0)
		return;
	opened++;
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, group_wanted);
}

#define REAL(function)                                                                             \
	__typeof__(&(function)) real;                                                              \
	*(void **)(&real) = dlsym(RTLD_NEXT, #function);                                           \
	look()

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fchownat(int fd, const char *name, uid_t uid, gid_t gid, int flags)
{
	REAL(fchownat);
	int result = real(fd, name, uid, gid, flags);
	look();
	return result;
}

int fchmodat(int fd, const char *name, mode_t mode, int flags)
{
	REAL(fchmodat);
	int result = real(fd, name, mode, flags);
	look();
	return result;
}

int listen(int fd, int backlog)
{
	REAL(listen);
	heard_at = opened;
	return real(fd, backlog);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* ---- */

static int set_up(void **state)
{
	(void)state;
	alarm(20);
	strcpy(folder, "/tmp/socket.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	group_wanted = getegid();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
	return 0;
}

static void make(struct ipc_socket *s, const char *group)
{
	struct err e = {0};

	if (ipc_socket_make(s, path, group, &e))
		fail_msg("%s", e.text);
}

static void refuses(const char *at, enum err_code code, const char *text)
{
	struct ipc_socket s;
	struct err e = {0};

	assert_int_equal(ipc_socket_make(&s, at, "", &e), code);
	if (!strstr(e.text, text))
		fail_msg("\"%s\" lacks \"%s\"", e.text, text);
}

static int knock_at(const char *at)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", at);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void has(mode_t mode, gid_t gid)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_gid, gid);
}

/* P10 and habit 17, whatever the umask: at no moment was it more open than it is in the end, and
 * nobody was heard before. */
static void it_is_private_before_anybody_can_knock(void **state)
{
	(void)state;
	static const mode_t masks[] = {0, 022, 0777};

	if (geteuid() != 0)
		print_message("# without root: its own group only\n");
	else
		group_wanted = USERS;
	for (size_t i = 0; i < LENGTH(masks); i++) {
		struct ipc_socket s;
		mode_t before = umask(masks[i]);

		looks = opened = heard_at = 0;
		make(&s, geteuid() == 0 ? "users" : "");
		assert_int_equal(umask(before), masks[i]);
		assert_true(looks >= 3); /* as it was made, when it was given, when it was opened */
		assert_true(heard_at > 0); /* it listened when it was opened, not before */
		has(0660, group_wanted);
		ipc_socket_end(&s);
	}
}

/* What it logged goes to `text`. */
static void make_and_listen(struct ipc_socket *s, const char *group, char *text, size_t size)
{
	int pipes[2], stderr_before = dup(STDERR_FILENO);

	assert_int_equal(pipe(pipes), 0);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	close(pipes[1]);
	make(s, group);
	assert_true(dup2(stderr_before, STDERR_FILENO) >= 0);
	close(stderr_before);
	ssize_t got = read(pipes[0], text, size - 1);
	assert_true(got >= 0);
	text[got] = '\0';
	close(pipes[0]);
}

static void an_unknown_group_is_a_warning(void **state)
{
	(void)state;
	struct ipc_socket s;
	char text[512];

	make_and_listen(&s, "no such group", text, sizeof(text));
	assert_non_null(strstr(text, "socket group unknown group=no such group"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one */
	has(0660, getegid());
	ipc_socket_end(&s);
}

static void a_group_that_is_not_ours_to_give_is_a_warning(void **state)
{
	(void)state;
	struct ipc_socket s;
	char text[512];

	if (geteuid() != 0) {
		print_message("# skipped: only root can be somebody else\n");
		return;
	}
	assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
	assert_int_equal(setegid(NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	group_wanted = NOBODY;
	make_and_listen(&s, "users", text, sizeof(text));
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_non_null(strstr(text, "socket group not given group=users"));
	has(0660, NOBODY);
	ipc_socket_end(&s);
}

static void a_stale_socket_is_replaced(void **state)
{
	(void)state;
	struct ipc_socket s, next;

	make(&s, "");
	close(s.fd); /* as kill -9 does */
	assert_int_equal(knock_at(path), -1);
	make(&next, "");
	int fd = knock_at(path);
	assert_true(fd >= 0);
	close(fd);
	ipc_socket_end(&next);
}

static void a_second_daemon_is_refused(void **state)
{
	(void)state;
	struct ipc_socket s;

	make(&s, "");
	refuses(path, ERR_BUSY, "another casmand answers at /tmp/socket.");
	int fd = knock_at(path);
	assert_true(fd >= 0); /* the first one is still there */
	close(fd);
	ipc_socket_end(&s);
}

static void so_it_is_by_one_that_is_too_busy_to_answer(void **state)
{
	(void)state;
	struct ipc_socket s;
	int fds[4];

	make(&s, "");
	assert_int_equal(listen(s.fd, 0), 0); /* room for one */
	for (size_t i = 0; i < LENGTH(fds); i++)
		fds[i] = knock_at(path);
	assert_int_equal(fds[LENGTH(fds) - 1], -1);
	refuses(path, ERR_BUSY, "another casmand answers");
	for (size_t i = 0; i < LENGTH(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	ipc_socket_end(&s);
}

static void whatever_else_lies_there_stays(void **state)
{
	(void)state;
	struct stat before, after;

	for (int kind = 0; kind < 3; kind++) {
		if (kind == 0)
			assert_int_equal(
				close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
		else if (kind == 1)
			assert_int_equal(mkdir(path, 0700), 0);
		else
			assert_int_equal(symlink("/nowhere", path), 0);
		assert_int_equal(lstat(path, &before), 0);
		refuses(path, ERR_CONFIG, "is in the way: it is no socket");
		assert_int_equal(lstat(path, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		assert_int_equal(remove(path), 0);
	}
}

static void only_a_path_that_fits_is_taken(void **state)
{
	(void)state;
	char longest[109], missing[64];
	struct ipc_socket s;
	struct err e = {0};

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, folder, strlen(folder));
	longest[strlen(folder)] = '/';
	longest[108] = '\0';
	refuses(longest, ERR_CONFIG, "has 108 bytes, a socket's path at most 107");
	longest[107] = '\0';
	assert_int_equal(ipc_socket_make(&s, longest, "", &e), ERR_NONE);
	assert_int_equal(access(longest, F_OK), 0);
	ipc_socket_end(&s);

	refuses("", ERR_CONFIG, "the socket's path is empty");
	(void)snprintf(missing, sizeof(missing), "%s/missing/socket", folder);
	refuses(missing, ERR_MISSING, "/missing/socket: No such file or directory");
}

static void only_our_own_is_removed_at_the_end(void **state)
{
	(void)state;
	struct ipc_socket s, other;

	make(&s, "");
	ipc_socket_end(&s);
	assert_int_equal(access(path, F_OK), -1);

	make(&s, "");
	assert_int_equal(unlink(path), 0); /* somebody tidied up, and started another */
	make(&other, "");
	ipc_socket_end(&s);
	assert_int_equal(access(path, F_OK), 0);
	ipc_socket_end(&other);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(it_is_private_before_anybody_can_knock),
		STORY(an_unknown_group_is_a_warning),
		STORY(a_group_that_is_not_ours_to_give_is_a_warning),
		STORY(a_stale_socket_is_replaced),
		STORY(a_second_daemon_is_refused),
		STORY(so_it_is_by_one_that_is_too_busy_to_answer),
		STORY(whatever_else_lies_there_stays),
		STORY(only_a_path_that_fits_is_taken),
		STORY(only_our_own_is_removed_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
