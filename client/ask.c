#include "client/ask.h"

#include "client/moment.h"
#include "common/scoped.h"
#include "common/stamp.h"

#include <string.h>

#define PAGE   100 /* rows asked for at a time */
#define RECENT 50  /* events, where nobody says how many */

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

static enum proto_exit exit_of_one(const struct doc *database)
{
	const char *did = doc_as_text(doc_get(database, "did"), "failed");

	if (strcmp(did, "stopped") == 0)
		return EXIT_DIVERGED;
	if (strcmp(did, "failed") == 0)
		return proto_exit_of(doc_as_text(doc_get(database, "error_name"), ""));
	return EXIT_DONE;
}

enum proto_exit exit_of_sync(const struct doc *result)
{
	static const enum proto_exit worst_first[] = {
		EXIT_FAILED, EXIT_DENIED, EXIT_DIVERGED, EXIT_OFFLINE};
	const struct doc *list = doc_get(result, "databases");

	if (!doc_is_array(list))
		return EXIT_FAILED;
	for (size_t i = 0; i < LENGTH(worst_first); i++)
		for (size_t k = 0; k < doc_length(list); k++)
			if (exit_of_one(doc_at(list, k)) == worst_first[i])
				return worst_first[i];
	return EXIT_DONE;
}

/* A state that we do not know is none. */
static int rank(const struct doc *state)
{
	static const char *const states[] = {"counted", "captured", "stored"};

	for (int i = 0; i < (int)LENGTH(states); i++)
		if (strcmp(states[i], doc_as_text(state, "")) == 0)
			return i;
	return -1;
}

enum proto_exit exit_of_scan(const struct doc *result)
{
	int state = rank(doc_get(result, "state")), wait = rank(doc_get(result, "wait"));

	if (!doc_is_text(doc_get(result, "wait")) || state >= wait)
		return EXIT_DONE;
	return state <= 0 && doc_is_text(doc_get(result, "error")) ? EXIT_FAILED : EXIT_OFFLINE;
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

/* What is asked for page by page: a verb, and the member of its answers that has the rows. */
struct paged {
	const char *verb, *rows;
};

/* Moves a page's rows behind those of the pages before it.  All else is the first's. */
static void append(const struct paged *what, struct doc **all, struct doc *page)
{
	const struct doc *rows = doc_get(page, what->rows);

	if (!*all) {
		*all = page;
		return;
	}
	for (size_t i = 0; i < doc_length(rows); i++)
		doc_add(doc_get(*all, what->rows), doc_copy(doc_at(rows, i)));
	if (doc_get(page, "cursor"))
		doc_put(*all, "cursor", doc_copy(doc_get(page, "cursor")));
	else
		doc_put_null(*all, "cursor");
	doc_free(page);
}

/* One page behind those that are there; an error answer takes the place of all. */
static enum err_code next_page(struct link *l, const struct paged *what, const struct doc *params,
	struct answer *all, struct err *e)
{
	struct answer page;

	if (link_call(l, what->verb, doc_copy(params), &page, e))
		return e->code;
	if (page.error) {
		doc_free(all->result);
		*all = page;
		return ERR_NONE;
	}
	const struct doc *rows = doc_get(page.result, what->rows);
	const struct doc *cursor = doc_get(page.result, "cursor");
	bool endless = !is_end(cursor) &&
		(doc_length(rows) == 0 || same(cursor, doc_get(params, "cursor")));
	if (!doc_is_array(rows) || endless) {
		doc_free(page.result);
		if (endless)
			return err_set(e, ERR_PROTO, "casmand's %s does not go on", what->verb);
		return err_set(e, ERR_PROTO, "casmand's %s has no %s", what->verb, what->rows);
	}
	append(what, &all->result, page.result);
	return ERR_NONE;
}

/* All pages as if they were one: up to --limit rows, else to the end. */
static enum err_code ask_pages(struct link *l, const struct paged *what, struct doc *params,
	struct answer *a, struct err *e)
{
	int64_t limit = doc_as_int(doc_get(params, "limit"), INT64_MAX), have = 0;
	struct answer all = {0};

	do {
		doc_put_int(params, "limit", limit - have < PAGE ? limit - have : PAGE);
		if (next_page(l, what, params, &all, e)) {
			doc_free(all.result);
			return e->code;
		}
		if (all.error || is_end(doc_get(all.result, "cursor")))
			break;
		doc_put(params, "cursor", doc_copy(doc_get(all.result, "cursor")));
		have = (int64_t)doc_length(doc_get(all.result, what->rows));
	} while (have < limit);
	*a = all;
	return ERR_NONE;
}

/* As casmand reads it. */
static enum err_code put_since(struct doc *params, struct err *e)
{
	const char *since = doc_as_text(doc_get(params, "since"), NULL);
	char text[STAMP_TEXT];
	int64_t moment;

	if (!since)
		return ERR_NONE;
	if (!moment_parse(since, &moment) && !moment_ago(since, &moment))
		return err_set(e, ERR_FAILED,
			"--since takes a moment such as '2026-11-20 14:30', or 2h or 3d");
	doc_put_text(params, "since", stamp_json(text, moment));
	return ERR_NONE;
}

enum err_code ask_list(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	if (put_since(params, e))
		return e->code;
	return ask_pages(l, &(struct paged){"list", "versions"}, params, a, e);
}

enum err_code ask_queue(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	return ask_pages(l, &(struct paged){"queue", "versions"}, params, a, e);
}

enum err_code ask_plan(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	return ask_pages(l, &(struct paged){"prune", "versions"}, params, a, e);
}

enum err_code ask_history(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	if (!doc_get(params, "limit"))
		doc_put_int(params, "limit", RECENT);
	return ask_pages(l, &(struct paged){"history", "events"}, params, a, e);
}

enum proto_exit exit_of_list(const struct doc *result)
{
	return doc_is_text(doc_get(result, "error")) ? EXIT_OFFLINE : EXIT_DONE;
}

enum err_code ask_metrics(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	(void)params;
	return link_call(l, "status", NULL, a, e);
}

static bool is_key(const char *word)
{
	return strchr(word, '/') || (strlen(word) == 32 && strspn(word, "0123456789abcdef") == 32);
}

enum err_code ask_verify(struct link *l, struct doc *params, struct answer *a, struct err *e)
{
	const char *word = doc_as_text(doc_get(params, "key"), NULL);

	if (word && !is_key(word)) {
		doc_put_text(params, "database", word);
		doc_put_null(params, "key");
	}
	return link_call(l, "verify", doc_copy(params), a, e);
}

enum proto_exit exit_of_verify(const struct doc *result)
{
	return doc_as_int(doc_get(result, "bad"), 1) ? EXIT_FAILED : EXIT_DONE;
}

enum proto_exit exit_of_maintain(const struct doc *result)
{
	return doc_as_int(doc_get(result, "failed"), 1) ? EXIT_FAILED : EXIT_DONE;
}
