/* Descriptors that go along with lines. */
#include "ipc_lab.h"

#include <fcntl.h>
#include <sys/stat.h>

#define MUCH (300UL * 1024) /* more than a socket takes at once */

/* The next bytes, and the descriptor that came with them; -1: none. */
static size_t take(struct lab *lab, int fd, char *to, size_t size, int *passed)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = to, .iov_len = size};
	ssize_t count;

	*passed = -1;
	for (;;) {
		struct msghdr message = {.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};

		count = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (count < 0) {
			assert_int_equal(errno, EAGAIN);
			uv_run(&lab->loop, UV_RUN_NOWAIT);
			continue;
		}
		const struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		if (c)
			memcpy(passed, CMSG_DATA(c), sizeof(*passed));
		return (size_t)count;
	}
}

static bool is_open(ino_t inode)
{
	struct stat st;

	for (int fd = 3; fd < 100; fd++)
		if (fstat(fd, &st) == 0 && st.st_ino == inode)
			return true;
	return false;
}

/* A file of its own, open for reading. */
static int fresh(ino_t *inode)
{
	char name[] = "/tmp/ipc-passed.XXXXXX";
	struct stat st;
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(fstat(fd, &st), 0);
	*inode = st.st_ino;
	return fd;
}

static void pass_behind_much(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	static char much[MUCH];
	ino_t inode;

	(void)lab;
	memset(much, 'm', sizeof(much));
	if (length > 4) /* "much" and something */
		ipc_send(p, much, sizeof(much));
	ipc_pass(p, text, length, fresh(&inode));
	ipc_send(p, "\n", 1);
}

static void a_descriptor_comes_with_the_first_byte_of_its_line(void **state)
{
	static const char *const lines[] = {"pass", "much before"};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		char bytes[4096], wanted[32];
		struct lab lab;
		int passed = -1;
		size_t count = 0, before = 0;

		lab_open(&lab, (struct ipc_options){0});
		lab.on_line = pass_behind_much;
		int fd = knock(&lab);
		(void)snprintf(wanted, sizeof(wanted), "%s\n", lines[i]);
		say(&lab, fd, wanted);
		while (passed < 0) {
			before += count;
			count = take(&lab, fd, bytes, sizeof(bytes), &passed);
			assert_true(count > 0);
		}
		/* Linux ends a read before bytes that have a descriptor with them */
		assert_int_equal(before, i ? MUCH : 0);
		assert_int_equal(bytes[0], lines[i][0]);
		assert_int_equal(close(passed), 0);
		close(fd);
		UNTIL(&lab, lab.gone == 1);
		lab_close(&lab);
	}
}

static ino_t last_inode;

static void pass_two(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	ino_t first;

	(void)lab;
	ipc_pass(p, text, length, fresh(&first));
	ipc_pass(p, text, length, fresh(&last_inode));
	assert_true(is_open(first));
	assert_false(is_open(last_inode));
}

static void a_second_one_before_the_first_was_sent_is_closed(void **state)
{
	char bytes[64];
	struct lab lab;
	int passed;

	(void)state;
	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = pass_two;
	int fd = knock(&lab);
	say(&lab, fd, "two\n");
	assert_int_equal(take(&lab, fd, bytes, sizeof(bytes), &passed), strlen("twotwo"));
	assert_true(passed >= 0);
	assert_int_equal(close(passed), 0);
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	lab_close(&lab);
}

static void pass_to_nobody(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	(void)text;
	(void)length;
	ipc_drop(p);
	ipc_pass(p, "late", 4, fresh(&last_inode));
}

static void what_nobody_gets_is_closed(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = pass_to_nobody;
	int fd = knock(&lab);
	say(&lab, fd, "x\n");
	UNTIL(&lab, lab.lines == 1);
	assert_false(is_open(last_inode));
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	lab.on_line = pass_behind_much;
	fd = knock(&lab);
	say(&lab, fd, "much before\n");
	UNTIL(&lab, lab.lines == 2);
	close(fd); /* it was queued */
	UNTIL(&lab, lab.gone == 2);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_comes_with_the_first_byte_of_its_line),
		cmocka_unit_test(a_second_one_before_the_first_was_sent_is_closed),
		cmocka_unit_test(what_nobody_gets_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
