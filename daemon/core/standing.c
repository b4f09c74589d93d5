#include "daemon/core/standing.h"

#include "common/span.h"
#include "common/stamp.h"

#include <inttypes.h>
#include <string.h>

#define CLOCK_PLACE 11 /* of "14:02" in "2026-11-20 14:02:22 UTC" */
#define CLOCK       5
#define DAY         (86400 * STAMP_SECOND)

static void many(struct text *to, int64_t count, const char *thing)
{
	text_add(to, "%" PRId64 " %s%s", count, thing, count == 1 ? "" : "s");
}

/* "14:02", with its date where that is another day. */
static void say_clock(struct text *to, int64_t moment, int64_t now)
{
	char stamp[STAMP_TEXT];

	stamp_plain(stamp, moment);
	if (moment / DAY == now / DAY)
		text_add(to, "%.*s UTC", CLOCK, stamp + CLOCK_PLACE);
	else
		text_add(to, "%.*s UTC", CLOCK_PLACE + CLOCK, stamp);
}

static void say_waiting(const struct standing *s, struct text *to)
{
	if (s->waiting) {
		text_add(to, ", ");
		many(to, s->waiting, "version");
		text_add(to, s->waiting == 1 ? " waits" : " wait");
	}
}

static void say_store(const struct standing *s, struct text *to)
{
	if (!s->stores)
		text_add(to, "uploads are off");
	else if (s->reached_at == STAMP_NONE)
		text_add(to, "offline, the store was never reached");
	else {
		text_add(to, "offline since ");
		say_clock(to, s->reached_at, s->now);
	}
	say_waiting(s, to);
}

static void say_stored(const struct standing *s, struct text *to)
{
	char ago[SPAN_TEXT];

	many(to, s->databases, "database");
	if (s->waiting) {
		say_waiting(s, to);
		return;
	}
	if (s->last_at == STAMP_NONE) {
		text_add(to, ", no version yet");
		return;
	}
	span_time(ago, s->now > s->last_at ? (uint64_t)(s->now - s->last_at) / 1000 : 0);
	text_add(to, s->dirty ? ", changed since the last version, " : ", all stored ");
	text_add(to, strcmp(ago, "now") == 0 ? "%s" : "%s ago", ago);
}

void standing_say(const struct standing *s, struct text *to)
{
	if (!s->stores || s->offline)
		say_store(s, to);
	else
		say_stored(s, to);
	if (s->failing)
		text_add(to, "; %" PRId64 " of %" PRId64 " cannot be backed up: casmanctl status",
			s->failing, s->databases);
	else if (s->absent)
		text_add(to, "; %" PRId64 " of %" PRId64 " not there yet", s->absent, s->databases);
}
