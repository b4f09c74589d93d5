/* served.h - a casmand that says what a test wants.
 *
 * It takes one connection, in a thread of its own, and follows a script: SERVED_HEAR reads a line,
 * SERVED_HOLD waits until the client is gone, SERVED_BABBLE sends progress until then, anything
 * else is written as it stands.  Then it hangs up.  What it heard is `heard` after served_end().
 */
#pragma once

#include "common/text.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char SERVED_HEAR[] = "hear";
static const char SERVED_HOLD[] = "hold";
static const char SERVED_BABBLE[] = "babble";

struct served {
	char folder[32], path[64];
	int listener;
	pthread_t thread;
	const char *const *script; /* ends with NULL */
	struct text heard;
};

static inline void served_hear(struct served *s, int fd)
{
	char c = 0;

	while (c != '\n' && read(fd, &c, 1) == 1)
		text_bytes(&s->heard, &c, 1);
}

static inline void served_hold(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1)
		;
}

/* False: the client is gone. */
static inline bool served_say(int fd, const char *words)
{
	size_t left = strlen(words);

	while (left > 0) {
		ssize_t count = send(fd, words, left, MSG_NOSIGNAL);

		if (count < 0)
			return false;
		words += count;
		left -= (size_t)count;
	}
	return true;
}

static inline void served_babble(int fd)
{
	while (served_say(fd, "{\"jsonrpc\":\"2.0\",\"method\":\"progress\"}\n"))
		;
}

static inline void *served_thread(void *arg)
{
	struct served *s = arg;
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	REQUIRE(fd >= 0);
	for (const char *const *step = s->script; *step; step++) {
		if (*step == SERVED_HEAR)
			served_hear(s, fd);
		else if (*step == SERVED_HOLD)
			served_hold(fd);
		else if (*step == SERVED_BABBLE)
			served_babble(fd);
		else
			served_say(fd, *step);
	}
	close(fd);
	return NULL;
}

/* A socket to knock at, in a folder of its own; nobody answers yet. */
static inline void served_bind(struct served *s)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	*s = (struct served){.folder = "/tmp/served.XXXXXX"};
	REQUIRE(mkdtemp(s->folder));
	(void)snprintf(s->path, sizeof(s->path), "%s/casmand.sock", s->folder);
	REQUIRE(text_fit(at.sun_path, sizeof(at.sun_path), s->path));
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(s->listener >= 0);
	REQUIRE(bind(s->listener, (const struct sockaddr *)&at, sizeof(at)) == 0);
	REQUIRE(listen(s->listener, 0) == 0);
}

static inline void served_unbind(struct served *s)
{
	close(s->listener);
	unlink(s->path);
	rmdir(s->folder);
}

static inline void served_begin(struct served *s, const char *const *script)
{
	served_bind(s);
	s->script = script;
	REQUIRE(pthread_create(&s->thread, NULL, served_thread, s) == 0);
}

static inline void served_end(struct served *s)
{
	REQUIRE(pthread_join(s->thread, NULL) == 0);
	served_unbind(s);
}
