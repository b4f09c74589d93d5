#include "daemon/core/config_mistakes.h"

#include <stdarg.h>
#include <stdio.h>

/* The places of an array that grows by doubling. */
static struct config_mistake *room_for_one(struct config_mistakes *m)
{
	if (m->count == m->room) {
		m->room = m->room ? 2 * m->room : 8;
		m->at = reallocarray(m->at, m->room, sizeof(*m->at));
		REQUIRE(m->at);
	}
	return &m->at[m->count++];
}

void config_mistakes_add(struct config_mistakes *m, unsigned line, const char *fmt, ...)
{
	char *words = NULL;
	struct text text = {0};
	va_list args;

	va_start(args, fmt);
	REQUIRE(vasprintf(&words, fmt, args) >= 0);
	va_end(args);
	if (line != NO_LINE)
		text_add(&text, "%s:%u: ", m->file, line);
	text_add(&text, "%s", words);
	free(words);

	struct config_mistake *to = room_for_one(m);
	for (; to > m->at && to[-1].line > line; to--)
		*to = to[-1];
	*to = (struct config_mistake){line, text_take(&text)};
}

void config_mistakes_free(struct config_mistakes *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->at[i].text);
	free(m->at);
	*m = (struct config_mistakes){0};
}
