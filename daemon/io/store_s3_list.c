/* LIST and PROBE.
 *
 * A page goes on behind the last key of the page before (start-after), which needs no token that
 * may be long, or grow old.  Where that key is none of ours, and longer than they are, the next page
 * is asked for at once, by its token.
 */
#include "common/text.h"
#include "daemon/io/store_s3_job.h"

#include <string.h>

#define PAGES_MOST 100 /* in one LIST, which has an end even if the store finds none */

static void on_page(struct s3_call *c, struct err *e);

static void ask(struct s3_job *j)
{
	const struct store_request *r = j->request;

	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_LIST,
				.key = r->key,
				.list = {.cursor = j->token,
					.after = j->token ? NULL : r->got.cursor}},
			.body_file = -1,
			.answer_file = -1,
			.done = on_page,
        });
}

static void add_if_ours(struct s3_job *j, const struct s3said_entry *from)
{
	struct store_request *r = j->request;
	enum objkey_kind kind = objkey_read(from->key, NULL, NULL);

	if (kind != OBJKEY_DATABASE && kind != OBJKEY_IS_METADATA)
		return;
	if (r->got.entry_count == j->room) {
		j->room = j->room ? 2 * j->room : 64;
		r->got.entries = reallocarray(r->got.entries, j->room, sizeof(r->got.entries[0]));
		REQUIRE(r->got.entries);
	}
	struct store_entry *to = &r->got.entries[r->got.entry_count++];
	*to = (struct store_entry){.size = from->size, .modified = from->modified};
	REQUIRE(text_fit(to->key, sizeof(to->key), from->key)); /* it is of our shape */
	REQUIRE(text_fit(to->etag, sizeof(to->etag), from->etag));
	REQUIRE(text_fit(to->class, sizeof(to->class), from->class));
}

/* Sets the cursor and answers true; false: go on at once. */
static bool is_whole(struct s3_job *j, const struct s3said *said)
{
	struct store_request *r = j->request;
	const char *last = said->list.count ? said->list.entries[said->list.count - 1].key : NULL;

	if (!said->list.next) {
		r->got.cursor[0] = '\0';
		return true;
	}
	if (last && strlen(last) < OBJKEY_ROOM) {
		memcpy(r->got.cursor, last, strlen(last) + 1);
		return true;
	}
	free(j->token);
	j->token = text_copy(said->list.next);
	return false;
}

static enum err_code take_page(struct s3_job *j, const struct s3said *said, struct err *e)
{
	const char *after = j->token ? "" : j->request->got.cursor;

	for (size_t i = 0; i < said->list.count; i++) {
		if (strcmp(said->list.entries[i].key, after) <= 0)
			return err_set(e, ERR_REFUSED,
				"the store lists from the beginning again, not from %s on", after);
		j->request->got.bytes_below += said->list.entries[i].size;
		add_if_ours(j, &said->list.entries[i]);
	}
	if (++j->pages == PAGES_MOST)
		return err_set(e, ERR_REFUSED, "the store's listing does not come to an end");
	return ERR_NONE;
}

static void on_page(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);

	if (!e->code)
		e->code = take_page(j, &c->said, e);
	if (!e->code && !is_whole(j, &c->said)) {
		ask(j);
		return;
	}
	if (e->code) {
		free(j->request->got.entries);
		j->request->got.entries = NULL;
		j->request->got.entry_count = 0;
	}
	s3_ended(j, e);
}

void s3_begin_list(struct s3_job *j)
{
	ask(j);
}

static void on_probed(struct s3_call *c, struct err *e)
{
	struct s3_job *j = s3_job_of(c);

	if (!e->code)
		memcpy(j->request->got.name, j->store->name, sizeof(j->request->got.name));
	s3_ended(j, e);
}

/* A listing, for to a HEAD a bucket that is not there looks like an object that is not. */
void s3_begin_probe(struct s3_job *j)
{
	s3_ask_store(j,
		&(struct s3_call){
			.ask = {.verb = S3_LIST, .key = OBJKEY_PREFIX, .list.most = 1},
			.body_file = -1,
			.answer_file = -1,
			.done = on_probed,
        });
}
