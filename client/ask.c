#include "client/ask.h"

#include "common/scoped.h"

#include <string.h>

#define PAGE 100 /* versions asked for at a time */

/* Waiting is casmand's default for nobody, but a person's for a backup. */
enum err_code ask_backup(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	if (!doc_get(params, "wait"))
		doc_put_bool(params, "wait", true);
	return link_call(l, "backup", doc_copy(params), a, e);
}

/* What was not stored is told by the worst of it. */
enum proto_exit exit_of_backup(const struct doc *result)
{
	const struct doc *versions = doc_get(result, "versions");
	size_t waiting = doc_length(doc_get(result, "queued"));
	size_t told = waiting + doc_length(versions) + doc_length(doc_get(result, "unchanged")) +
		doc_length(doc_get(result, "started"));

	if (told == 0 || doc_length(doc_get(result, "failed")) > 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < doc_length(versions); i++) {
		const char *state = doc_as_text(doc_get(doc_at(versions, i), "state"), "");

		if (strcmp(state, "captured") == 0 || strcmp(state, "sending") == 0)
			waiting++;
		else if (strcmp(state, "stored") != 0 && strcmp(state, "proven") != 0 &&
			strcmp(state, "superseded") != 0)
			return EXIT_FAILED;
	}
	return waiting ? EXIT_OFFLINE : EXIT_DONE;
}

static bool is_end(const struct doc *cursor)
{
	return !cursor || doc_is_null(cursor);
}

static bool same(const struct doc *a, const struct doc *b)
{
	scoped(heap) char *one = a ? doc_text(a) : NULL;
	scoped(heap) char *other = b ? doc_text(b) : NULL;

	return one && other && strcmp(one, other) == 0;
}

/* Moves a page's versions behind those of the pages before it.  The age of all is the first's. */
static void append(struct doc **all, struct doc *page)
{
	const struct doc *versions = doc_get(page, "versions");

	if (!*all) {
		*all = page;
		return;
	}
	for (size_t i = 0; i < doc_length(versions); i++)
		doc_add(doc_get(*all, "versions"), doc_copy(doc_at(versions, i)));
	if (doc_get(page, "cursor"))
		doc_put(*all, "cursor", doc_copy(doc_get(page, "cursor")));
	else
		doc_put_null(*all, "cursor");
	doc_free(page);
}

/* One page behind those that are there; an error answer takes the place of all. */
static enum err_code next_page(
	struct link *l, const struct doc *params, struct answer *all, struct err *e)
{
	struct answer page;

	if (link_call(l, "list", doc_copy(params), &page, e))
		return e->code;
	if (page.error) {
		doc_free(all->result);
		*all = page;
		return ERR_NONE;
	}
	const struct doc *versions = doc_get(page.result, "versions");
	const struct doc *cursor = doc_get(page.result, "cursor");
	bool endless = !is_end(cursor) &&
		(doc_length(versions) == 0 || same(cursor, doc_get(params, "cursor")));
	if (!doc_is_array(versions) || endless) {
		doc_free(page.result);
		return err_set(e, ERR_PROTO, "casmand's list %s",
			endless ? "does not go on" : "has no versions");
	}
	append(&all->result, page.result);
	return ERR_NONE;
}

/* All pages as if they were one: up to --limit versions, else to the end. */
enum err_code ask_list(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	int64_t limit = doc_as_int(doc_get(params, "limit"), INT64_MAX), have = 0;
	struct answer all = {0};

	do {
		doc_put_int(params, "limit", limit - have < PAGE ? limit - have : PAGE);
		if (next_page(l, params, &all, e)) {
			doc_free(all.result);
			return e->code;
		}
		if (all.error || is_end(doc_get(all.result, "cursor")))
			break;
		doc_put(params, "cursor", doc_copy(doc_get(all.result, "cursor")));
		have = (int64_t)doc_length(doc_get(all.result, "versions"));
	} while (have < limit);
	*a = all;
	return ERR_NONE;
}

enum proto_exit exit_of_list(const struct doc *result)
{
	return doc_is_text(doc_get(result, "error")) ? EXIT_OFFLINE : EXIT_DONE;
}
