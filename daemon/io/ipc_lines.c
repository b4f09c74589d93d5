#include "daemon/io/ipc_lines.h"

#include "common/attr.h"
#include "common/proto.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096 /* more than nearly every request needs */

static_assert(PROTO_LINE_MAX % FIRST_ROOM == 0, "doubling ends at the limit");

static void move_to_front(struct lines *l)
{
	if (l->from == 0)
		return;
	memmove(l->at, l->at + l->from, l->upto - l->from);
	l->upto -= l->from;
	l->looked -= l->from;
	l->from = 0;
}

static void grow(struct lines *l)
{
	l->room = l->room ? l->room * 2 : FIRST_ROOM;
	l->at = realloc(l->at, l->room);
	REQUIRE(l->at);
}

char *lines_room(struct lines *l, size_t *room)
{
	move_to_front(l);
	if (l->upto == l->room && l->room < PROTO_LINE_MAX)
		grow(l);
	*room = l->room - l->upto;
	return l->at + l->upto;
}

void lines_came(struct lines *l, size_t count)
{
	l->upto += count;
}

bool lines_ready(struct lines *l)
{
	if (l->looked == l->upto)
		return false;
	const char *newline = memchr(l->at + l->looked, '\n', l->upto - l->looked);
	l->looked = newline ? (size_t)(newline - l->at) : l->upto;
	return newline;
}

bool lines_begun(struct lines *l)
{
	return l->upto > l->from && l->at[l->upto - 1] != '\n';
}

bool lines_overlong(struct lines *l)
{
	return l->upto - l->from == PROTO_LINE_MAX && !lines_ready(l);
}

const char *lines_take(struct lines *l, size_t *length)
{
	if (!lines_ready(l))
		return NULL;
	char *line = l->at + l->from;
	*length = l->looked - l->from;
	line[*length] = '\0';
	l->from = ++l->looked;
	return line;
}

void lines_trim(struct lines *l)
{
	if (l->from == l->upto)
		lines_free(l);
}

void lines_free(struct lines *l)
{
	free(l->at);
	*l = (struct lines){0};
}
