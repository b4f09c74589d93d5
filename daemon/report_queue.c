#include "common/stamp.h"
#include "daemon/io/alarm.h"
#include "daemon/report.h"
#include "daemon/spool.h"

static bool is_full(const struct engine_parts *p)
{
	struct pipeline_view view;
	bool full = false;

	for (size_t i = 0; pipeline_see(p->pipeline, i, &view); i++)
		full = full || view.crowded;
	return full;
}

/* What the quota holds back, which is no error. */
static void put_held(struct doc *d, const struct held *held)
{
	struct doc *said = held ? doc_object() : NULL;

	if (!said) {
		doc_put_null(d, "held");
		return;
	}
	doc_put_int(said, "versions", (int64_t)held->count);
	doc_put_text(said, "why", held->why.text);
	doc_put(d, "held", said);
}

struct doc *report_queue(const struct engine_parts *p)
{
	const struct err *error = transfer_error(p->transfer);
	uint64_t due = p->config->enabled ? transfer_due(p->transfer) : ALARM_NEVER;
	uint64_t now = alarm_now();
	struct state_queue_sums sums = {.oldest_at = STAMP_NONE};
	struct doc *d = doc_object();
	struct err e;

	if (state_queue_sum(p->state, storage_id(p->storage), &sums, &e))
		error = &e;
	doc_put_int(d, "length", sums.length);
	doc_put_int(d, "bytes", sums.bytes);
	doc_put_int(d, "max_bytes", (int64_t)spool_limit(p->state, p->config));
	doc_put_bool(d, "full", is_full(p));
	doc_put_bool(d, "paused", !p->config->enabled);
	report_moment(d, "oldest_at", sums.oldest_at);
	report_moment(d, "next_try_at",
		due == ALARM_NEVER || !sums.length
			? STAMP_NONE
			: engine_clock(p) + ((int64_t)due - (int64_t)now) * 1000);
	doc_put_text(d, "error", error ? error->text : NULL);
	put_held(d, transfer_held(p->transfer));
	return d;
}

struct doc *report_event(const struct history_row *row)
{
	struct doc *d = doc_object();

	report_moment(d, "at", row->at);
	doc_put_text(d, "event", row->event);
	report_words(d, "database", row->database);
	report_words(d, "version", row->version);
	report_words(d, "key", row->key);
	report_words(d, "text", row->text);
	return d;
}
