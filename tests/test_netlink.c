/* The kernel itself tells: each test has a network namespace of its own (io/link). */
#include "check.h"
#include "common/text.h"
#include "daemon/io/link.h"
#include "scratch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <uv.h>

#define TURNS_MAX 1000 /* a loop that finds no rest after so many has run wild */

static int netlink_fd;

/* Stands before the C library's: which socket is it? */
int socket(int domain, int type, int protocol)
{
	netlink_fd = (int)syscall(SYS_socket, domain, type, protocol);
	return netlink_fd;
}

struct bed {
	uv_loop_t loop;
	struct link *link;
	unsigned told;
	bool close_then, closed;
};

static void on_closed(void *arg)
{
	((struct bed *)arg)->closed = true;
}

static void on_back(void *arg)
{
	struct bed *b = arg;

	b->told++;
	if (b->close_then)
		link_close(b->link, on_closed, b);
}

static int open_bed(void **state)
{
	static struct bed b;
	struct err e;

	b = (struct bed){0};
	assert_int_equal(uv_loop_init(&b.loop), 0);
	assert_int_equal(link_open(&b.link, &b.loop, on_back, &b, &e), ERR_NONE);
	*state = &b;
	return 0;
}

static void end_loop(struct bed *b)
{
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_true(b->closed);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	assert_int_equal(fcntl(netlink_fd, F_GETFD), -1);
}

static int close_bed(void **state)
{
	struct bed *b = *state;

	if (!b->closed) {
		link_close(b->link, on_closed, b);
		end_loop(b);
	}
	return 0;
}

static int ip_batch(const char *commands)
{
	char path[] = "/tmp/casmand-ip-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	scratch_write(path, commands);
	assert_int_equal(close(fd), 0);
	int status = scratch_run((const char *const[]){"ip", "-batch", path, NULL});
	assert_int_equal(unlink(path), 0);
	return status;
}

/* The kernel's messages are there when `ip` has ended; the loop rests when nothing is armed. */
static void ip(struct bed *b, const char *commands)
{
	assert_int_equal(ip_batch(commands), 0);
	for (int turns = 0; turns < TURNS_MAX; turns++) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		if (uv_backend_timeout(&b->loop) == -1)
			return;
		uv_run(&b->loop, UV_RUN_ONCE);
	}
	fail_msg("the loop finds no rest");
}

/* A namespace with a veth pair that is up; IPv6 asks nobody whether its addresses are taken. */
static int open_pair(void **state)
{
	if (unshare(CLONE_NEWNET))
		return -1;
	assert_int_equal(ip_batch("link add v0 type veth peer name v1\n"
				  "link set v0 addrgenmode none\n"
				  "link set v1 addrgenmode none\n"
				  "link set v0 up\n"
				  "link set v1 up\n"),
		0);
	return open_bed(state);
}

static void good_news_are_told(void **state)
{
	static const struct {
		const char *name, *commands;
		unsigned told;
	} rows[] = {
		{"an address",                  "addr add 10.77.0.1/24 dev v0\n",        1},
		{"a route",                     "route add 10.78.0.0/24 dev v0\n",       1},
		{"the same over IPv6",          "addr add fd00:77::1/64 dev v0 nodad\n", 1},
		{"a route is gone",             "route del 10.78.0.0/24 dev v0\n",       0},
		{"the other end went down",     "link set v1 down\n",                    0},
		{"and is up: a cable is in",    "link set v1 up\n",                      1},
		{"our end went down",           "link set v0 down\n",                    0},
		{"and is up",                   "link set v0 up\n",                      1},
		{"an address is gone",          "addr del 10.77.0.1/24 dev v0\n",        0},
		{"the machine's own addresses", "link set lo up\n",                      0},
	};
	struct bed *b = *state;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		print_message("# %s\n", rows[i].name);
		b->told = 0;
		ip(b, rows[i].commands);
		assert_int_equal(b->told, rows[i].told);
	}
}

static void a_train_of_messages_is_told_once(void **state)
{
	struct bed *b = *state;
	uint64_t before = uv_hrtime();

	ip(b,
		"addr add 10.77.0.1/24 dev v0\n"
		"route add default via 10.77.0.2\n"
		"route add 10.78.0.0/24 dev v0\n"
		"addr add 10.77.0.3/24 dev v1\n");
	assert_int_equal(b->told, 1);
	assert_true(uv_hrtime() - before >= LINK_SETTLE * UINT64_C(1000000));
}

static void lost_messages_are_good_news_and_the_next_are_heard(void **state)
{
	struct bed *b = *state;
	struct text many = {0};
	int small = 1; /* the kernel makes it what is least */

	assert_int_equal(setsockopt(netlink_fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	for (int i = 0; i < 100; i++)
		text_add(&many, "route add 10.78.%d.0/24 dev v0\n", i);
	for (int i = 0; i < 100; i++)
		text_add(&many, "route del 10.78.%d.0/24 dev v0\n", i);
	ip(b, many.at);
	text_free(&many);
	assert_int_equal(b->told, 1);
	ip(b, "addr add 10.77.0.1/24 dev v0\n");
	assert_int_equal(b->told, 2);
}

/* Any process of root's may write to our socket. */
static void only_the_kernel_is_believed(void **state)
{
	struct bed *b = *state;
	struct sockaddr_nl to = {0};
	socklen_t size = sizeof(to);
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
	} lie = {
		{.nlmsg_len = sizeof(lie), .nlmsg_type = RTM_NEWROUTE},
                {.rtm_type = RTN_UNICAST                       }
        };
	int ours = netlink_fd;

	assert_int_equal(getsockname(ours, (struct sockaddr *)&to, &size), 0);
	int theirs = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_int_equal(
		sendto(theirs, &lie, sizeof(lie), 0, (struct sockaddr *)&to, size), sizeof(lie));
	assert_int_equal(close(theirs), 0);
	netlink_fd = ours;
	ip(b, "");
	assert_int_equal(b->told, 0);
}

/* P12 */
static void no_news_wake_nobody(void **state)
{
	struct bed *b = *state;
	struct pollfd ready = {uv_backend_fd(&b->loop), POLLIN, 0};

	ip(b, "addr add 10.77.0.1/24 dev v0\n");
	assert_int_equal(uv_backend_timeout(&b->loop), -1); /* the loop would sleep for ever */
	assert_int_equal(poll(&ready, 1, 0), 0);
}

static void closed_with_news_in_hand(void **state)
{
	struct bed *b = *state;

	assert_int_equal(ip_batch("addr add 10.77.0.1/24 dev v0\n"), 0);
	uv_run(&b->loop, UV_RUN_ONCE);
	assert_true(uv_backend_timeout(&b->loop) > 0);
	link_close(b->link, on_closed, b);
	end_loop(b);
	assert_int_equal(b->told, 0);
}

static void closed_while_it_tells(void **state)
{
	struct bed *b = *state;

	b->close_then = true;
	assert_int_equal(ip_batch("addr add 10.77.0.1/24 dev v0\n"), 0);
	end_loop(b);
	assert_int_equal(b->told, 1);
}

static void closed_before_anything_happened(void **state)
{
	assert_int_equal(((struct bed *)*state)->told, 0);
}

static void closed_without_being_open(void **state)
{
	(void)state;
	struct bed b = {0};

	link_close(NULL, on_closed, &b);
	assert_true(b.closed);
}

static void try_in_a_sandbox(void)
{
	struct link *l;
	uv_loop_t loop;
	struct err e;

	assert_int_equal(uv_loop_init(&loop), 0);
	scratch_deny(SYS_socket, EAFNOSUPPORT);
	assert_int_not_equal(link_open(&l, &loop, on_back, NULL, &e), ERR_NONE);
	assert_null(l);
	assert_string_equal(e.text,
		"hear of links and routes from the kernel: Address family not "
		"supported by protocol");
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void where_it_is_not_permitted_an_error_says_so(void **state)
{
	(void)state;
	int status;

	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		try_in_a_sandbox();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define ANYWHERE             3 /* tests that need no namespace; the first */
#define in_a_namespace(test) cmocka_unit_test_setup_teardown(test, open_pair, close_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_without_being_open),
		cmocka_unit_test(where_it_is_not_permitted_an_error_says_so),
		cmocka_unit_test_setup_teardown(
			closed_before_anything_happened, open_bed, close_bed),
		in_a_namespace(good_news_are_told),
		in_a_namespace(a_train_of_messages_is_told_once),
		in_a_namespace(lost_messages_are_good_news_and_the_next_are_heard),
		in_a_namespace(only_the_kernel_is_believed),
		in_a_namespace(no_news_wake_nobody),
		in_a_namespace(closed_with_news_in_hand),
		in_a_namespace(closed_while_it_tells),
	};
	size_t count = LENGTH(tests);

	if (unshare(CLONE_NEWNET)) {
		printf("# skipped: network namespaces of our own: %s\n", strerrordesc_np(errno));
		count = ANYWHERE;
	}
	return _cmocka_run_group_tests("netlink", tests, count, NULL, NULL);
}
