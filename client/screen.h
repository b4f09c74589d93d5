/* screen.h - where casmanctl writes, and what is known of who reads it. */
#pragma once

#include "client/pen.h"

#include <stdio.h>

struct screen {
	FILE *to;
	bool terminal;    /* somebody may be looking */
	struct look look; /* but for `now` */
};

/* Asks the terminal and the environment: width, locale, NO_COLOR. */
struct screen screen_of(FILE *to);

/* An empty pen for it, of this moment. */
struct pen screen_pen(const struct screen *s);

/* Writes what the pen wrote, and frees it.  False, and errno says why, if it could not be written;
 * a reader that has seen enough (`| head`) is no failure. */
bool screen_put(const struct screen *s, struct pen *p);
