#include "daemon/manager.h"

#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/standing.h"
#include "daemon/io/alarm.h"
#include "daemon/io/notify.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define APART UINT64_C(1000) /* ms between two sentences */

static void gather(struct standing *s, const struct engine_parts *p)
{
	struct storage_view see = storage_see(p->storage);
	struct state_queue_sums sums = {0};
	struct pipeline_view view;
	struct err e;

	*s = (struct standing){.now = alarm_clock(),
		.stores = p->config->enabled && p->config->backend != BACKEND_DISABLED,
		.offline = see.reached == 0,
		.reached_at = see.ok_at,
		.last_at = pipeline_last_backup(p->pipeline)};
	if (!state_queue_sum(p->state, storage_id(p->storage), &sums, &e))
		s->waiting = sums.length;
	for (size_t i = 0; pipeline_see(p->pipeline, i, &view); i++) {
		s->databases++;
		s->absent += !view.present;
		s->failing += view.present && view.error;
		s->dirty += view.dirty;
	}
}

/* Told anew only where it says something else. */
static bool say(struct manager *m, const struct engine *g, struct text *lines)
{
	struct standing s;
	struct text words = {0};

	gather(&s, engine_parts(g));
	standing_say(&s, &words);
	bool news = strcmp(m->said, words.at) != 0;
	text_cut(m->said, sizeof(m->said), words.at);
	text_free(&words);
	if (news)
		text_add(lines, "STATUS=%s\n", m->said);
	return news;
}

void manager_open(struct manager *m)
{
	*m = (struct manager){.watchdog = notify_watchdog()};
}

void manager_ready(struct manager *m, const struct engine *g)
{
	struct text lines = {0};

	text_add(&lines, "READY=1\n");
	(void)say(m, g, &lines);
	notify_manager(lines.at);
	text_free(&lines);
	m->due = alarm_now() + m->watchdog;
}

uint64_t manager_turn(struct manager *m, const struct engine *g, uint64_t now)
{
	bool due = m->watchdog && now >= m->due;
	struct text lines = {0};

	if (!notify_wanted())
		return ALARM_NEVER;
	if (due) {
		text_add(&lines, "WATCHDOG=1\n");
		m->due = now + m->watchdog;
	}
	bool early = m->said_at && now < m->said_at + APART;
	if (!early) {
		m->said_at = now;
		(void)say(m, g, &lines);
	}
	if (lines.at)
		notify_manager(lines.at);
	text_free(&lines);
	uint64_t next = m->watchdog ? m->due : ALARM_NEVER;
	return early && m->said_at + APART < next ? m->said_at + APART : next;
}
