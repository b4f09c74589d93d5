#include "daemon/scans.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/io/alarm.h"

#include <stdio.h>
#include <string.h>

#define COUNT_MOST                                                                                 \
	1000000 /* scans in one request: more than a person makes in a life is a mistake */

struct scans {
	struct state *state;
	struct receipts *receipts;
	struct call **calls;
	struct state_scan *waiting; /* what they point to belongs to the call of the same index */
	size_t count, room;
	bool failing;
};

const struct call_rule scans_rules[] = {
	{"database", CALL_TEXT },
	{"count",    CALL_COUNT},
	{"note",     CALL_TEXT },
	{"uid",      CALL_TEXT },
	{"wait",     CALL_TEXT },
	{NULL,       CALL_TEXT },
};

struct scans *scans_open(struct state *state, struct receipts *receipts)
{
	struct scans *s = text_room(1, sizeof(*s));

	s->state = state;
	s->receipts = receipts;
	return s;
}

void scans_close(struct scans *s)
{
	free(s->calls);
	free(s->waiting);
	free(s);
}

/* Characters of UTF-8: bytes that do not continue one. */
static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

enum err_code scans_read(const struct proto_request *r, const struct engine *engine,
	struct state_scan *scan, struct err *e)
{
	int64_t count = doc_as_int(call_given(r, "count"), 1);
	const char *wait = doc_as_text(call_given(r, "wait"), "counted");
	enum receipt_state until;

	*scan = (struct state_scan){
		.database = doc_as_text(call_given(r, "database"), NULL),
		.note = doc_as_text(call_given(r, "note"), NULL),
		.uid = doc_as_text(call_given(r, "uid"), NULL),
		.from = "socket",
		.count = (uint32_t)count,
		.at = engine_clock(engine_parts(engine)),
	};
	if (scan->database && !config_find(engine_parts(engine)->config, scan->database))
		return err_set(e, ERR_UNKNOWN_DB,
			"no database is called \"%.40s\" in the configuration", scan->database);
	if (count < 1 || count > COUNT_MOST)
		return err_set(e, ERR_PROTO, "count is not from 1 to %d", COUNT_MOST);
	if (scan->note && strlen(scan->note) > PROTO_NOTE_MAX)
		return err_set(e, ERR_PROTO, "note is longer than %d bytes", PROTO_NOTE_MAX);
	if (scan->uid && (!*scan->uid || characters(scan->uid) > PROTO_UID_MAX))
		return err_set(e, ERR_PROTO, "uid has not 1 to %d characters", PROTO_UID_MAX);
	if (!receipt_state_named(wait, &until))
		return err_set(e, ERR_PROTO, "wait: none of counted, captured, stored");
	return ERR_NONE;
}

void scans_take(struct scans *s, struct call *call, const struct engine *engine)
{
	struct state_scan scan;
	struct err e;

	if (scans_read(&call->request, engine, &scan, &e)) {
		call_fail(call, &e, scan.database);
		return;
	}
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 32;
		s->calls = realloc(s->calls, s->room * sizeof(struct call *));
		s->waiting = realloc(s->waiting, s->room * sizeof(*s->waiting));
		REQUIRE(s->calls && s->waiting);
	}
	s->calls[s->count] = call;
	s->waiting[s->count++] = scan;
}

static enum receipt_state wanted(const struct call *call)
{
	enum receipt_state until;

	REQUIRE(receipt_state_named(doc_as_text(call_param(call, "wait"), "counted"), &until));
	return until;
}

static void answer_all(struct scans *s, struct engine *engine, const struct err *e)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct state_scan *scan = &s->waiting[i];

		if (e->code) {
			call_fail(s->calls[i], e, scan->database);
			continue;
		}
		if (!scan->again)
			engine_scanned(engine, scan->database, scan->count);
		receipts_give(s->receipts, s->calls[i], engine,
			&(struct receipt_want){.scan = scan->number,
				.database = scan->database,
				.until = wanted(s->calls[i]),
				.again = scan->again});
	}
}

void scans_commit(struct scans *s, struct engine *engine)
{
	struct err e = {0};

	if (!s->count)
		return;
	if (state_scans_add(s->state, s->waiting, s->count, &e))
		err_note(&e, "the scan was not counted");
	if (e.code && !s->failing)
		log_error("scans", "error=\"%s\"", e.text);
	if (!e.code && s->failing)
		log_info("scans", "counted again");
	s->failing = e.code;
	answer_all(s, engine, &e);
	s->count = 0;
}
