#include "daemon/lists.h"

#include "common/text.h"
#include "daemon/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const struct call_rule lists_queue_rules[] = {
	{"limit",  CALL_COUNT},
	{"cursor", CALL_TEXT },
	{NULL,     CALL_TEXT },
};
const struct call_rule lists_history_rules[] = {
	{"database", CALL_TEXT },
	{"limit",    CALL_COUNT},
	{"cursor",   CALL_TEXT },
	{NULL,       CALL_TEXT },
};

int64_t lists_limit(const struct call *call)
{
	int64_t limit = doc_as_int(call_param(call, "limit"), LISTS_MOST);

	return limit < 1 || limit > LISTS_MOST ? LISTS_MOST : limit;
}

/* Takes the list and what stands before it. */
static void answer(
	struct call *call, struct doc *head, const char *name, struct doc *list, const char *cursor)
{
	doc_put(head, name, list);
	report_words(head, "cursor", cursor);
	call_answer(call, head);
}

static void fail(struct call *call, struct doc *list, const char *database, const struct err *e)
{
	doc_free(list);
	call_fail(call, e, database);
}

static void add_version(void *arg, const struct state_version *v)
{
	doc_add(arg, report_version(v));
}

void lists_queue(struct call *call, const struct engine *engine)
{
	const struct engine_parts *p = engine_parts(engine);
	struct state_queue_page page = {.limit = lists_limit(call), .each = add_version};
	struct doc *list = doc_array();
	struct err e;

	page.arg = list;
	if (!text_fit(page.cursor, sizeof(page.cursor),
		    doc_as_text(call_param(call, "cursor"), ""))) {
		err_set(&e, ERR_PROTO, "cursor is none that a page gave");
		fail(call, list, NULL, &e);
	} else if (state_queue_page(p->state, storage_id(p->storage), &page, &e)) {
		fail(call, list, NULL, &e);
	} else {
		answer(call, report_queue(p), "versions", list, page.cursor);
	}
}

static void add_event(void *arg, const struct history_row *row)
{
	doc_add(arg, report_event(row));
}

/* The number below which a page begins; "" is the first page. */
static enum err_code read_before(const char *cursor, int64_t *before, struct err *e)
{
	char *end;

	*before = INT64_MAX;
	if (!*cursor)
		return ERR_NONE;
	errno = 0;
	*before = strtoll(cursor, &end, 10);
	if (errno || *end || *before < 1)
		return err_set(e, ERR_PROTO, "cursor is none that a page gave");
	return ERR_NONE;
}

void lists_history(struct call *call, const struct engine *engine)
{
	struct doc *list = doc_array();
	struct history_page page = {.database = doc_as_text(call_param(call, "database"), NULL),
		.limit = lists_limit(call),
		.each = add_event,
		.arg = list};
	char next[24] = "";
	struct err e;

	if (page.database && !config_name_valid(page.database)) {
		err_set(&e, ERR_UNKNOWN_DB, "\"%.40s\" is no name of a database", page.database);
		fail(call, list, page.database, &e);
	} else if (read_before(doc_as_text(call_param(call, "cursor"), ""), &page.before, &e) ||
		history_read(engine_parts(engine)->state, &page, &e)) {
		fail(call, list, NULL, &e);
	} else {
		if (page.before)
			(void)snprintf(next, sizeof(next), "%" PRId64, page.before);
		answer(call, doc_object(), "events", list, next);
	}
}
