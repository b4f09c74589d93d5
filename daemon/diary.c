#include "daemon/diary.h"

#include "common/log.h"

void diary(struct state *state, enum history_event event, const char *database, const char *text)
{
	struct err e;

	if (history_add(state, event, database, text, &e))
		log_error("state", "error=\"%s\"", e.text);
}
