#include "daemon/health.h"

#include "common/log.h"
#include "daemon/diary.h"

#include <string.h>

void health_trouble(struct watched *w, const struct err *e)
{
	bool awaited = e->code == ERR_MISSING && !w->row.base[0]; /* it never was there */
	bool news = strcmp(w->error.text, e->text) != 0;

	if (news && awaited)
		log_info("database", "db=%s waits=\"%s\"", w->config->name, e->text);
	else if (news)
		log_warning("database", "db=%s error=\"%s\"", w->config->name, e->text);
	if (news && !awaited)
		diary(w->world->o.state, HISTORY_CAPTURE_FAILED, w->config->name, e->text);
	w->error = *e;
}

bool health_unwatched(struct watched *w)
{
	const char *why = watch_error(w->file);
	struct err e;

	if (!why)
		return false;
	err_set(&e, ERR_FAILED, "%s", why);
	health_trouble(w, &e);
	return true;
}

void health_well(struct watched *w)
{
	if (health_unwatched(w))
		return;
	if (w->error.code)
		log_info("database", "db=%s mended=\"%s\"", w->config->name, w->error.text);
	w->error = (struct err){0};
}
