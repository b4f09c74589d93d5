/* ipc_lines.h - bytes as they were read, lines as they are asked for.
 *
 * Holds what one peer sent and nobody took yet: at most PROTO_LINE_MAX bytes, in a buffer that
 * grows as it must and is let go when it is empty.  Starts from zeros.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct lines {
	char *at;
	size_t room;
	size_t from, upto; /* at[from..upto) was read and not taken */
	size_t looked;     /* at[from..looked) has no newline */
};

/* Where the next bytes go, at most *room of them; then lines_came() says how many did.  *room is 0
 * only while a line is ready or the line is overlong. */
char *lines_room(struct lines *l, size_t *room);
void lines_came(struct lines *l, size_t count);

bool lines_ready(struct lines *l);    /* is there a whole line to take? */
bool lines_begun(struct lines *l);    /* is there the beginning of one, behind the whole ones? */
bool lines_overlong(struct lines *l); /* can the line that is begun no longer end in time? */

/* The next line without its newline, with a NUL in its place; NULL: none is ready.  It stays until
 * the next lines_room(), lines_trim() or lines_free(). */
const char *lines_take(struct lines *l, size_t *length);

void lines_trim(struct lines *l); /* lets an empty buffer go */
void lines_free(struct lines *l);
