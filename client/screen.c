#include "client/screen.h"

#include "common/charset.h"
#include "common/stamp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Set and not empty (no-color.org). */
static bool no_colour(void)
{
	const char *value = secure_getenv("NO_COLOR");

	return value && *value;
}

struct screen screen_of(FILE *to)
{
	struct screen s = {
		.to = to, .terminal = isatty(fileno(to)), .look.utf8 = charset_is_utf8()};
	struct winsize size;

	s.look.colour = s.terminal && !no_colour();
	if (s.terminal && ioctl(fileno(to), TIOCGWINSZ, &size) == 0)
		s.look.width = size.ws_col;
	return s;
}

struct pen screen_pen(const struct screen *s)
{
	struct pen p = {.look = s->look};
	struct timespec now;

	REQUIRE(clock_gettime(CLOCK_REALTIME, &now) == 0);
	p.look.now = (int64_t)now.tv_sec * STAMP_SECOND + now.tv_nsec / 1000;
	return p;
}

bool screen_put(const struct screen *s, struct pen *p)
{
	if (p->text.length == 0)
		return true;
	bool written = fwrite(p->text.at, 1, p->text.length, s->to) == p->text.length &&
		fflush(s->to) == 0;
	int number = errno;

	text_free(&p->text);
	errno = number;
	return written || number == EPIPE;
}
