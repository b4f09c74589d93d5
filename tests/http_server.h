/* http_server.h - a server that says raw bytes: one answer after another, each after a whole request
 * came, in a thread of its own.  What it heard is in `requests`.
 */
#pragma once

#include "tests/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_SERVER_ROOM 400000

/* An answer of "" is silence until the other side hangs up; after one that begins with '!' we hang up
 * ("!!": rudely); NULL ends the script. */
struct http_server {
	int listener;
	uint16_t port;
	const char *const *answers;
	int connections;
	size_t heard;
	char requests[HTTP_SERVER_ROOM];
	pthread_t thread;
};

static inline bool http_server_is_whole(const char *request, size_t length)
{
	const char *end = memmem(request, length, "\r\n\r\n", 4);
	const char *said = memmem(request, length, "Content-Length: ", 16);
	size_t body = said && said < end ? strtoul(said + 16, NULL, 10) : 0;

	return end && length - (size_t)(end + 4 - request) >= body;
}

/* Reads one request behind what was heard so far; false at the end of the connection. */
static inline bool http_server_hear(struct http_server *s, int fd)
{
	size_t begin = s->heard;

	while (!http_server_is_whole(s->requests + begin, s->heard - begin)) {
		ssize_t n = read(fd, s->requests + s->heard, HTTP_SERVER_ROOM - 1 - s->heard);

		if (n <= 0)
			return false;
		s->heard += (size_t)n;
	}
	return true;
}

static inline void *http_server_run(void *arg)
{
	const struct linger reset = {1, 0};
	struct http_server *s = arg;

	for (const char *const *answer = s->answers; *answer;) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return NULL;
		s->connections++;
		for (bool open = true; open && *answer && http_server_hear(s, fd); answer++) {
			const char *words = **answer == '!' ? *answer + 1 : *answer;

			if (!**answer) { /* silence, until the other side hangs up */
				char byte;

				(void)!read(fd, &byte, 1);
				break;
			}
			if (strcmp(words, "!") == 0)
				(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
			else
				(void)send(fd, words, strlen(words), MSG_NOSIGNAL);
			open = **answer != '!';
		}
		if (*answer && !**answer)
			answer++;
		close(fd);
	}
	return NULL;
}

static inline void http_server_start(struct http_server *s, const char *const *answers)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(at);

	memset(s, 0, sizeof(*s));
	s->answers = answers;
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &length), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, http_server_run, s), 0);
}

static inline void http_server_end(struct http_server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	close(s->listener);
}
