#include "daemon/sweep.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/alarm.h"
#include "daemon/io/leaving.h"

#include <stdio.h>
#include <string.h>

struct sweep {
	struct state *state;
	struct storage *storage;
	struct budget *budget;
	struct sweep_ask *waiting; /* NULL: no listing is under way */
	struct storage_ask probe;
	struct store_request list, get;
	char object[OBJKEY_ROOM]; /* the database object that was listed last */
	struct state_seen *page;  /* what has become of the keys of this page so far */
	size_t page_count, at;    /* `at`: entry of the list that is being described */
	int64_t store, began;
	uint64_t bytes; /* of all objects on the pages so far */
	bool stopping, busy;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

static void describe_next(struct sweep *s);

static void finish(struct sweep *s, const struct err *result)
{
	struct sweep_ask *ask = s->waiting;
	struct err e = *result;

	free(s->page);
	s->page = NULL;
	store_request_end(&s->list);
	s->busy = false;
	s->waiting = NULL;
	while (ask) {
		struct sweep_ask *next = ask->next;

		ask->done(ask, &e);
		ask = next;
	}
	if (s->stopping)
		s->stopped(s->stopped_arg);
}

/* --- one page of keys -------------------------------------------------- */

static void on_listed(struct store_request *r, const struct err *e);

static void ask_page(struct sweep *s, const char *cursor)
{
	char from[OBJKEY_ROOM];

	(void)snprintf(from, sizeof(from), "%s", cursor);
	store_request_end(&s->list);
	s->list =
		(struct store_request){.verb = STORE_LIST, .key = OBJKEY_PREFIX, .done = on_listed};
	memcpy(s->list.got.cursor, from, sizeof(from));
	store_start(storage_store(s->storage), &s->list);
}

static void page_done(struct sweep *s)
{
	struct err e = {0};

	e.code = state_seen_page(s->state, s->store, s->page, s->page_count, &e);
	free(s->page);
	s->page = NULL;
	if (!e.code && s->list.got.cursor[0] && !s->stopping) {
		ask_page(s, s->list.got.cursor);
		return;
	}
	if (!e.code && !s->list.got.cursor[0]) {
		e.code = state_seen_end(s->state, s->store, s->began, &e);
		budget_measured(s->budget, s->bytes);
	}
	finish(s, &e);
}

static void on_listed(struct store_request *r, const struct err *e)
{
	struct sweep *s = owner_of(r, struct sweep, list);

	storage_went(s->storage, e);
	if (e->code || s->stopping) {
		finish(s, e);
		return;
	}
	s->bytes += r->got.bytes_below;
	s->page = text_room(r->got.entry_count, sizeof(*s->page));
	s->page_count = s->at = 0;
	describe_next(s);
}

/* --- what a version is ------------------------------------------------- */

/* A version of which only the object is known: its time is that of its key. */
static struct state_seen bare(const struct store_entry *entry, const char *database, int64_t moment)
{
	struct state_seen seen = {.size = entry->size, .modified = entry->modified};

	memcpy(seen.key, entry->key, sizeof(seen.key));
	(void)snprintf(seen.v.db_name, sizeof(seen.v.db_name), "%s", database);
	seen.v.timestamp = moment;
	seen.v.size = entry->size;
	seen.v.record_count = VERSION_NO_COUNT;
	return seen;
}

static void refuse(struct state_seen *seen, const char *why)
{
	text_cut(seen->refused, sizeof(seen->refused), why);
}

static void on_metadata(struct store_request *r, const struct err *result)
{
	struct sweep *s = owner_of(r, struct sweep, get);
	struct state_seen *seen = &s->page[s->page_count - 1];
	struct version v = seen->v;
	struct err e = *result;

	storage_went(s->storage, &e);
	if (!e.code && r->got.tagged)
		v = r->got.tags;
	if (!e.code && !version_read_metadata(&v, r->got.bytes, (size_t)r->got.size, &e) &&
		(v.size != seen->size || strcmp(v.db_name, seen->v.db_name) != 0))
		err_set(&e, ERR_CORRUPT, "metadata tells of another object");
	store_request_end(r);
	if (e.code == ERR_CORRUPT)
		refuse(seen, e.text);
	else if (!e.code) {
		seen->v = v;
		seen->described = true;
	} else if (e.code != ERR_MISSING || s->stopping) {
		finish(s, &e);
		return;
	}
	describe_next(s);
}

static void ask_metadata(struct sweep *s, const char *key)
{
	s->get = (struct store_request){.verb = STORE_GET, .done = on_metadata};
	objkey_beside(s->get.key, key, OBJKEY_METADATA);
	store_start(storage_store(s->storage), &s->get);
}

/* Keys come in order, so an object's metadata comes right behind it, maybe on the next page. */
static bool may_have_metadata(const struct sweep *s, const struct store_entry *entry)
{
	char key[OBJKEY_ROOM];

	if (s->at == s->list.got.entry_count)
		return s->list.got.cursor[0];
	objkey_beside(key, entry->key, OBJKEY_METADATA);
	return strcmp(s->list.got.entries[s->at].key, key) == 0;
}

/* An object's metadata comes right behind it; ours without its object is what a crash, or somebody
 * else, left of a deletion. */
static void meet_metadata(struct sweep *s, const struct store_entry *entry)
{
	char key[OBJKEY_ROOM];
	struct err e;

	(void)snprintf(key, sizeof(key), "%.*s",
		(int)(strlen(entry->key) - strlen(OBJKEY_METADATA)), entry->key);
	if (strcmp(key, s->object) != 0 && leaving_orphan(s->state, s->store, key, &e))
		log_error("state", "error=\"%s\"", e.text);
}

/* Goes through the page until something has to be asked for, or to its end. */
static void describe_next(struct sweep *s)
{
	char database[CONFIG_NAME_MAX + 1];
	int64_t moment;

	while (s->at < s->list.got.entry_count) {
		const struct store_entry *entry = &s->list.got.entries[s->at++];

		enum objkey_kind kind = objkey_read(entry->key, database, &moment);

		if (kind == OBJKEY_IS_METADATA)
			meet_metadata(s, entry);
		if (kind != OBJKEY_DATABASE)
			continue;
		memcpy(s->object, entry->key, sizeof(s->object));
		struct state_seen *seen = &s->page[s->page_count++];
		*seen = bare(entry, database, moment);
		seen->known = state_seen_known(
			s->state, s->store, entry->key, entry->size, entry->modified);
		if (!seen->known && may_have_metadata(s, entry)) {
			ask_metadata(s, entry->key);
			return;
		}
	}
	page_done(s);
}

/* --- the whole --------------------------------------------------------- */

static void begin(struct sweep *s)
{
	s->object[0] = '\0';
	ask_page(s, "");
}

static void on_probed(struct storage_ask *ask, const struct err *result)
{
	struct sweep *s = owner_of(ask, struct sweep, probe);
	struct err e = *result;

	s->store = storage_id(s->storage);
	s->began = alarm_clock();
	s->bytes = 0;
	if (e.code || s->stopping || state_seen_begin(s->state, s->store, &e))
		finish(s, &e);
	else
		begin(s);
}

struct sweep *sweep_open(struct state *state, struct storage *storage, struct budget *budget)
{
	struct sweep *s = text_room(1, sizeof(*s));

	s->state = state;
	s->storage = storage;
	s->budget = budget;
	return s;
}

void sweep_list(struct sweep *s, struct sweep_ask *ask)
{
	struct err e;

	if (s->stopping && !s->busy) {
		err_set(&e, ERR_CANCELED, "casmand stops or reloads");
		ask->done(ask, &e);
		return;
	}
	ask->next = s->waiting;
	s->waiting = ask;
	if (s->busy)
		return;
	s->busy = true;
	s->probe.done = on_probed;
	storage_probe(s->storage, &s->probe);
}

void sweep_stop(struct sweep *s, void (*stopped)(void *arg), void *arg)
{
	s->stopping = true;
	s->stopped = stopped;
	s->stopped_arg = arg;
	if (!s->busy)
		s->stopped(s->stopped_arg);
}

void sweep_free(struct sweep *s)
{
	free(s);
}
