#include "daemon/io/link.h"

#include "common/text.h"
#include "daemon/core/linknews.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define READ_BYTES   16384 /* of one datagram: some messages */
#define READS_A_TURN 32    /* a flood does not keep the loop from its other work */

struct link {
	int fd;
	uv_poll_t poll;
	uv_timer_t settle;
	void (*back)(void *arg);
	void *arg;
	unsigned open; /* uv handles not yet closed */
	void (*closed)(void *arg);
	void *closed_arg;
};

static void on_settled(uv_timer_t *timer)
{
	struct link *l = owner_of(timer, struct link, settle);

	l->back(l->arg);
}

/* Reads what is there; true if there is good news in it, or some was lost. */
static bool hear(const struct link *l)
{
	alignas(struct nlmsghdr) char bytes[READ_BYTES];
	bool good = false;

	for (int i = 0; i < READS_A_TURN; i++) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof(from);
		ssize_t got =
			recvfrom(l->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);

		if (got < 0 && errno == ENOBUFS)
			good = true;
		else if (got < 0 && errno != EINTR)
			break;
		else if (got > 0 && from.nl_pid == 0) /* the kernel */
			good = good || linknews_is_good(bytes, (size_t)got);
	}
	return good;
}

static void on_news(uv_poll_t *poll, int status, int events)
{
	struct link *l = owner_of(poll, struct link, poll);
	bool good = hear(l);

	(void)events;
	/* Lost messages are an error of the socket, on which libuv stops to listen. */
	if (status < 0 && good)
		REQUIRE(uv_poll_start(&l->poll, UV_READABLE, on_news) == 0);
	if (good && !uv_is_active((uv_handle_t *)&l->settle))
		REQUIRE(uv_timer_start(&l->settle, on_settled, LINK_SETTLE, 0) == 0);
}

static int listen_to_kernel(struct err *e)
{
	const struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
			RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&groups, sizeof(groups))) {
		err_sys(e, "hear of links and routes from the kernel");
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	return fd;
}

enum err_code link_open(struct link **out, struct uv_loop_s *loop, void (*back)(void *arg),
	void *arg, struct err *e)
{
	int fd = listen_to_kernel(e);

	*out = NULL;
	if (fd < 0)
		return e->code;
	struct link *l = text_room(1, sizeof(*l));
	int wrong = uv_poll_init(loop, &l->poll, fd);
	if (wrong) {
		(void)close(fd);
		free(l);
		return err_set(e, ERR_IO, "put netlink on the loop: %s", uv_strerror(wrong));
	}
	l->fd = fd;
	l->back = back;
	l->arg = arg;
	l->open = 2;
	REQUIRE(uv_timer_init(loop, &l->settle) == 0);
	REQUIRE(uv_poll_start(&l->poll, UV_READABLE, on_news) == 0);
	*out = l;
	return ERR_NONE;
}

static void one_less_open(struct link *l)
{
	if (--l->open > 0)
		return;
	void (*closed)(void *) = l->closed;
	void *arg = l->closed_arg;
	(void)close(l->fd);
	free(l);
	closed(arg);
}

static void on_poll_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_poll_t *)handle, struct link, poll));
}

static void on_timer_closed(uv_handle_t *handle)
{
	one_less_open(owner_of((uv_timer_t *)handle, struct link, settle));
}

void link_close(struct link *l, void (*closed)(void *arg), void *arg)
{
	if (!l) {
		closed(arg);
		return;
	}
	l->closed = closed;
	l->closed_arg = arg;
	uv_close((uv_handle_t *)&l->poll, on_poll_closed);
	uv_close((uv_handle_t *)&l->settle, on_timer_closed);
}
