#include "daemon/pruning.h"

#include "common/text.h"
#include "daemon/engine.h"
#include "daemon/lists.h"
#include "daemon/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct call_rule pruning_rules[] = {
	{"dry_run", CALL_BOOL },
	{"machine", CALL_TEXT },
	{"limit",   CALL_COUNT},
	{"cursor",  CALL_TEXT },
	{NULL,      CALL_TEXT },
};

/* --- why each stays or goes -------------------------------------------- */

/* A page of rows, counted through all databases. */
struct page {
	struct doc *list;
	int64_t first, limit, at;
	int64_t stay, go; /* of all */
};

static struct doc *told(const struct keeping *k, const struct keeping_row *row)
{
	struct doc *d = doc_object();
	struct text why = {0};

	keep_words(row->k.why, &k->rules, &why);
	report_words(d, "id", row->id);
	doc_put_text(d, "key", row->key);
	doc_put_text(d, "db_name", k->database);
	report_moment(d, "timestamp", row->k.at);
	doc_put_int(d, "size_bytes", (int64_t)row->size);
	report_words(d, "machine", row->machine);
	report_words(d, "host", row->host);
	doc_put_bool(d, "ours", row->k.ours);
	doc_put_bool(d, "suspect", row->k.suspect);
	doc_put_bool(d, "pinned", row->k.pinned);
	doc_put_bool(d, "stays", keep_stays(row->k.why));
	doc_put_text(d, "why", why.at);
	text_free(&why);
	return d;
}

static void add(struct page *page, const struct keeping *k)
{
	for (size_t i = 0; i < k->count; i++, page->at++) {
		const struct keeping_row *row = &k->rows[i];

		if (keep_stays(row->k.why))
			page->stay++;
		else
			page->go++;
		if (page->at >= page->first && page->at - page->first < page->limit)
			doc_add(page->list, told(k, row));
	}
}

static enum err_code add_all(struct page *page, const struct keeping_ask *ask, struct err *e)
{
	struct text names = {0};
	char *rest = NULL;

	if (!kept_databases(ask->state, ask->store, &names, e) && names.length)
		for (char *name = strtok_r(names.at, "\n", &rest); name && !e->code;
			name = strtok_r(NULL, "\n", &rest)) {
			struct keeping k;

			if (!keeping_judge(&k, ask, name, e))
				add(page, &k);
			keeping_end(&k);
		}
	text_free(&names);
	return e->code;
}

static bool read_first(const char *cursor, int64_t *first)
{
	char *end;

	*first = strtoll(cursor, &end, 10);
	return !*end && *first >= 0;
}

static void tell(struct call *call, const struct engine_parts *p, const char *named)
{
	struct keeping_ask ask = prune_keeping(p->prune);
	struct page page = {.limit = lists_limit(call)};
	struct doc *d = doc_object();
	char next[24] = "";
	struct err e = {0};

	ask.named = named;
	page.list = doc_array();
	if (!read_first(doc_as_text(call_param(call, "cursor"), "0"), &page.first))
		err_set(&e, ERR_PROTO, "cursor is none that a page gave");
	else
		(void)add_all(&page, &ask, &e);
	doc_put(d, "versions", page.list);
	if (e.code) {
		doc_free(d);
		call_fail(call, &e, NULL);
		return;
	}
	if (page.first + page.limit < page.at)
		(void)snprintf(next, sizeof(next), "%" PRId64, page.first + page.limit);
	doc_put_bool(d, "dry_run", true);
	doc_put_int(d, "stay", page.stay);
	doc_put_int(d, "go", page.go);
	report_words(d, "cursor", next);
	call_answer(call, d);
}

/* --- the deed ---------------------------------------------------------- */

static void on_done(struct prune_ask *ask, const struct err *e)
{
	struct call *call = owner_of(ask, struct call, pruning);
	struct doc *d = doc_object();

	doc_put_int(d, "deleted", ask->deleted);
	if (e->code) {
		call_fail_with(call, e, d);
		return;
	}
	doc_put_bool(d, "dry_run", false);
	call_answer(call, d);
}

/* Is there a version of a machine of that name?  A slip deletes nothing. */
static enum err_code check_machine(const struct engine_parts *p, const char *named, struct err *e)
{
	struct keeping_ask ask = prune_keeping(p->prune);
	struct text names = {0};
	char *rest = NULL;
	bool known = false;

	ask.named = named;
	if (!kept_databases(ask.state, ask.store, &names, e) && names.length)
		for (char *name = strtok_r(names.at, "\n", &rest); name && !e->code && !known;
			name = strtok_r(NULL, "\n", &rest)) {
			struct keeping k;

			if (!keeping_judge(&k, &ask, name, e))
				for (size_t i = 0; i < k.count; i++)
					known |= k.rows[i].k.named;
			keeping_end(&k);
		}
	text_free(&names);
	if (e->code || known)
		return e->code;
	return err_set(e, ERR_PROTO,
		"no version in the store is known to be of a machine \"%.64s\" (its id, %d or more "
		"digits of it, or its host's name)",
		named, KEEPING_DIGITS);
}

void pruning_take(struct call *call, const struct engine *engine)
{
	const struct engine_parts *p = engine_parts(engine);
	const char *named = doc_as_text(call_param(call, "machine"), "");
	struct err e = {0};

	if (*named && check_machine(p, named, &e)) {
		call_fail(call, &e, NULL);
	} else if (doc_as_bool(call_param(call, "dry_run"), false)) {
		tell(call, p, named);
	} else {
		call->pruning = (struct prune_ask){.named = named, .done = on_done};
		prune_now(p->prune, &call->pruning);
	}
}
