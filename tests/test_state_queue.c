/* The queue as state.db has it: its order, its bounds, and what leaves it. */
#include "daemon/io/history.h"
#include "state_world.h"

#include <sqlite3.h>
#include <stdio.h>

/* What is in the queue, as one letter for each: the places of its ids in `known`, a to z. */
static void queue_is(struct fixture *f, const char *wanted, char (*known)[33], size_t count)
{
	struct state_ids ids;
	struct text got = {0};
	struct err e;

	assert_int_equal(state_queue(f->state, f->store, &ids, &e), ERR_NONE);
	for (size_t i = 0; i < ids.count; i++)
		for (size_t j = 0; j < count; j++)
			if (strcmp(ids.at[i], known[j]) == 0)
				text_add(&got, "%c", (int)('a' + j));
	state_ids_end(&ids);
	assert_string_equal(got.at ? got.at : "", wanted);
	text_free(&got);
}

static void p4_the_newest_of_each_database_comes_first_then_the_others_by_age(void **at)
{
	struct fixture *f = *at;
	char id[4][33];

	captured(f, "parts.db", 0, id[0]);
	captured(f, "parts.db", 0, id[1]);
	captured(f, "assembled.db", 0, id[2]);
	captured(f, "parts.db", 0, id[3]);
	queue_is(f, "cdab", id, 4);
	stored(f, id[3]);
	again(f);
	queue_is(f, "cab", id, 4);
}

static void on_day(struct fixture *f, const char *database, int day, int hour, char id[33])
{
	struct state_version v = {.v.timestamp = NOON + day * DAY + hour * DAY / 24};

	text_cut(v.v.db_name, sizeof(v.v.db_name), database);
	captured_as(f, &v, id);
}

static void listed(struct fixture *f, const char *database, const char *id)
{
	struct state_seen seen = {
		.described = true, .v = {.timestamp = NOON, .record_count = -1}
        };
	struct err e;

	(void)snprintf(
		seen.key, sizeof(seen.key), "backups/%s/20240101_000000_%s", database, database);
	text_cut(seen.v.id, sizeof(seen.v.id), id);
	text_cut(seen.v.db_name, sizeof(seen.v.db_name), database);
	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	assert_int_equal(state_seen_page(f->state, f->store, &seen, 1, &e), ERR_NONE);
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
}

static void where_a_python_client_deletes_by_upload_time_versions_go_up_in_their_order(void **at)
{
	struct fixture *f = *at;
	char id[5][33];

	on_day(f, "parts.db", 0, 0, id[0]);
	on_day(f, "parts.db", 0, 2, id[1]);
	on_day(f, "assembled.db", 0, 1, id[2]);
	on_day(f, "assembled.db", 0, 3, id[3]);
	on_day(f, "parts.db", 0, 4, id[4]);
	listed(f, "parts.db", "0123"); /* of another casmand */
	queue_is(f, "deacb", id, 5);
	listed(f, "parts.db", ""); /* without tags */
	queue_is(f, "dac", id, 5); /* one by one: two at a time might overtake each other */
	stored(f, id[0]);
	queue_is(f, "dcb", id, 5);
	stored(f, id[1]);
	queue_is(f, "dec", id, 5);
}

/* --- superseding ------------------------------------------------------- */

static const struct retention two_and_two = {.versions = 2, .days = 2};

/* Supersedes, and tells which of `known` are gone. */
static void thinned(struct fixture *f, const char *wanted, char (*known)[33], size_t count)
{
	const struct state_supersede what = {f->store, two_and_two};
	struct state_ids gone;
	struct text got = {0};
	struct err e;

	assert_int_equal(state_supersede(f->state, &what, &gone, &e), ERR_NONE);
	for (size_t j = 0; j < count; j++)
		for (size_t i = 0; i < gone.count; i++)
			if (strcmp(gone.at[i], known[j]) == 0)
				text_add(&got, "%c", (int)('a' + j));
	assert_int_equal(gone.count, got.length);
	state_ids_end(&gone);
	assert_string_equal(got.at ? got.at : "", wanted);
	text_free(&got);
}

static void p4_what_retention_would_not_keep_is_superseded_and_the_rest_is_not(void **at)
{
	struct fixture *f = *at;
	char id[7][33];
	int64_t store = f->store;
	struct state_version v;
	struct err e;

	on_day(f, "parts.db", 0, 1, id[0]);
	on_day(f, "parts.db", 1, 1, id[1]);
	on_day(f, "parts.db", 1, 2, id[2]);
	on_day(f, "parts.db", 2, 1, id[3]);
	on_day(f, "parts.db", 2, 2, id[4]);
	on_day(f, "parts.db", 2, 3, id[5]);
	on_day(f, "assembled.db", 0, 0, id[6]);
	thinned(f, "abd", id, 7);
	thinned(f, "", id, 7);
	queue_is(f, "gfce", id, 7);
	again(f);
	queue_is(f, "gfce", id, 7);
	for (f->store = 0; f->store < 3; f->store++) { /* in whichever store one looks for it */
		assert_int_equal(state_version_get(f->state, id[0], f->store, &v, &e), ERR_NONE);
		assert_int_equal(v.state, COPY_SUPERSEDED);
		assert_false(v.spooled);
		state_version_end(&v);
	}
	f->store = store;
}

static void p4_the_newest_and_what_stands_apart_is_never_superseded(void **at)
{
	struct fixture *f = *at;
	struct state_version suspect = {.suspect = true}, safety = {.safety = true};
	char id[6][33];

	text_cut(suspect.v.db_name, sizeof(suspect.v.db_name), "parts.db");
	safety.v = suspect.v;
	captured_as(f, &suspect, id[0]);
	captured_as(f, &safety, id[1]);
	for (int i = 2; i < 6; i++)
		captured(f, "parts.db", 0, id[i]);
	thinned(f, "cd", id, 6);
	queue_is(f, "fabe", id, 6);
}

static void what_the_store_may_have_a_part_of_is_not_superseded(void **at)
{
	struct fixture *f = *at;
	char id[5][33];

	for (int i = 0; i < 5; i++)
		captured(f, "parts.db", 0, id[i]);
	copy_is(f, id[0], COPY_SENDING, "");
	copy_is(f, id[1], COPY_CAPTURED, "no network");
	thinned(f, "bc", id, 5);
	copy_is(f, id[0], COPY_CAPTURED, "no network");
	thinned(f, "a", id, 5);
}

/* A version that is stored takes its place in the count, one that is lost takes none. */
static void the_count_is_of_the_versions_that_there_are(void **at)
{
	struct fixture *f = *at;
	char id[5][33];

	for (int i = 0; i < 5; i++)
		captured(f, "parts.db", 0, id[i]);
	stored(f, id[2]);
	copy_is(f, id[4], COPY_BAD, "damaged");
	thinned(f, "ab", id, 5);
	queue_is(f, "d", id, 5);
}

static void p1_what_a_superseded_version_covered_of_the_scans_the_newer_ones_cover(void **at)
{
	struct fixture *f = *at;
	struct state_scan scan = {.database = "parts.db", .count = 5, .at = NOON, .from = "socket"};
	struct state_tally t;
	char id[4][33];
	struct err e;

	assert_int_equal(state_scans_add(f->state, &scan, 1, &e), ERR_NONE);
	for (int i = 0; i < 4; i++)
		captured(f, "parts.db", i + 1, id[i]);
	thinned(f, "ab", id, 4);
	assert_int_equal(state_scans_tally(f->state, f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.since_backup, 5); /* counted as one: it covers no part of it */
	captured(f, "parts.db", 5, id[0]);
	assert_int_equal(state_scans_tally(f->state, f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.since_backup, 0);
	stored(f, id[0]);
	assert_int_equal(state_scans_tally(f->state, f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.unprotected, 0);
}

/* --- the spool --------------------------------------------------------- */

static void spool_is(struct fixture *f, size_t count)
{
	struct state_ids ids;
	uint64_t bytes;
	struct err e;

	assert_int_equal(state_spooled(f->state, &ids, &e), ERR_NONE);
	assert_int_equal(ids.count, count);
	state_ids_end(&ids);
	assert_int_equal(state_spool_bytes(f->state, &bytes, &e), ERR_NONE);
	assert_int_equal(bytes, 4096 * count);
}

static void the_spool_holds_what_waits_and_nothing_else(void **at)
{
	struct fixture *f = *at;
	char id[5][33];

	spool_is(f, 0);
	for (int i = 0; i < 5; i++)
		captured(f, "parts.db", 0, id[i]);
	spool_is(f, 5);
	stored(f, id[0]);
	spool_is(f, 4);
	copy_is(f, id[1], COPY_BAD, "damaged");
	spool_is(f, 3);
	thinned(f, "c", id, 5);
	spool_is(f, 2);
}

static void p4_a_version_whose_file_is_lost_covers_nothing_any_more(void **at)
{
	struct fixture *f = *at;
	struct state_scan scan = {.database = "parts.db", .count = 1, .at = NOON, .from = "socket"};
	struct state_version v;
	struct state_tally t;
	char id[2][33];
	int64_t since;
	struct err e;

	captured(f, "parts.db", 0, id[0]);
	assert_int_equal(state_scans_add(f->state, &scan, 1, &e), ERR_NONE);
	captured(f, "parts.db", 1, id[1]);
	assert_int_equal(state_scans_tally(f->state, f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.since_backup, 0);
	assert_int_equal(state_lost(f->state, id[1], "gone", &e), ERR_NONE);
	assert_int_equal(state_scans_tally(f->state, f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.since_backup, 1);
	assert_int_equal(state_scans_since(f->state, "parts.db", &since, &e), ERR_NONE);
	assert_int_equal(since, 1);
	queue_is(f, "a", id, 2);
	assert_int_equal(state_version_get(f->state, id[1], f->store, &v, &e), ERR_NONE);
	assert_int_equal(v.state, COPY_BAD);
	state_version_end(&v);
}

/* --- pages ------------------------------------------------------------- */

static void add_sequence(void *arg, const struct state_version *v)
{
	text_add(arg, "%s:%d ", v->v.db_name, (int)v->v.sequence);
}

static void the_queue_is_read_in_pages_oldest_first(void **at)
{
	struct fixture *f = *at;
	struct text got = {0};
	struct state_queue_page page = {.limit = 2, .each = add_sequence, .arg = &got};
	char id[4][33];
	struct err e;

	on_day(f, "parts.db", 2, 0, id[0]);
	on_day(f, "parts.db", 3, 0, id[1]);
	on_day(f, "assembled.db", 1, 0, id[2]);
	on_day(f, "parts.db", 4, 0, id[3]);
	stored(f, id[1]);
	assert_int_equal(state_queue_page(f->state, f->store, &page, &e), ERR_NONE);
	assert_string_equal(got.at, "assembled.db:1 parts.db:1 ");
	assert_string_equal(page.cursor, id[0]);
	stored(f, id[0]); /* meanwhile */
	assert_int_equal(state_queue_page(f->state, f->store, &page, &e), ERR_NONE);
	assert_string_equal(got.at, "assembled.db:1 parts.db:1 parts.db:3 ");
	assert_string_equal(page.cursor, "");
	text_free(&got);
}

static void add_event(void *arg, const struct history_row *event)
{
	text_add(arg, "%s %s %s\n", event->event, event->database, event->text);
}

static void history_is(struct fixture *f, const char *database, const char *wanted)
{
	struct text got = {0};
	struct history_page page = {.database = database,
		.limit = 3,
		.before = INT64_MAX,
		.each = add_event,
		.arg = &got};
	struct err e;

	do
		assert_int_equal(history_read(f->state, &page, &e), ERR_NONE);
	while (page.before);
	assert_string_equal(got.at, wanted);
	text_free(&got);
}

static void history_tells_what_became_of_versions_newest_first(void **at)
{
	struct fixture *f = *at;
	struct state_version v = {.suspect = true, .why = "lost table a"};
	char id[5][33];
	struct err e;

	assert_int_equal(history_add(f->state, HISTORY_STARTED, NULL, "0.1", &e), ERR_NONE);
	text_cut(v.v.db_name, sizeof(v.v.db_name), "assembled.db");
	text_cut(v.v.operation, sizeof(v.v.operation), "First backup");
	captured_as(f, &v, id[4]);
	stored(f, id[4]);
	for (int i = 0; i < 3; i++)
		captured(f, "parts.db", 0, id[i]);
	thinned(f, "a", id, 5);
	copy_is(f, id[1], COPY_SENDING, "");
	copy_is(f, id[1], COPY_BAD, "damaged");
	again(f);
	history_is(f, "parts.db",
		"bad parts.db damaged\nsuperseded parts.db \ncaptured parts.db \n"
		"captured parts.db \ncaptured parts.db \n");
	history_is(f, "assembled.db",
		"stored assembled.db \nsuspect assembled.db lost table a\n"
		"captured assembled.db First backup\n");
	copy_is(f, id[2], COPY_STORED, "");
	struct text got = {0};
	struct history_page page = {
		.limit = 100, .before = INT64_MAX, .each = add_event, .arg = &got};
	assert_int_equal(history_read(f->state, &page, &e), ERR_NONE);
	assert_int_equal(strncmp(got.at, "stored parts.db \nbad ", 21), 0);
	assert_non_null(strstr(got.at, "started  0.1\n"));
	text_free(&got);
}

static void count_event(void *arg, const struct history_row *event)
{
	(void)event;
	++*(int *)arg;
}

static void history_is_bounded(void **at)
{
	struct fixture *f = *at;
	int count = 0;
	struct history_page page = {
		.limit = INT32_MAX, .before = INT64_MAX, .each = count_event, .arg = &count};
	char path[128];
	sqlite3 *db;
	struct err e;

	/* As many as there may be, at once: by themselves they would take as many fsyncs. */
	state_close(f->state);
	(void)snprintf(path, sizeof(path), "%s/state.db", f->scratch.path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
			" WHERE i < 10005) INSERT INTO history(at, event) SELECT i, 'x' FROM n",
			NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(state_open(&f->state, f->scratch.path, &e), ERR_NONE);
	assert_int_equal(history_add(f->state, HISTORY_STOPPED, NULL, NULL, &e), ERR_NONE);
	assert_int_equal(history_read(f->state, &page, &e), ERR_NONE);
	assert_int_equal(count, HISTORY_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(p4_the_newest_of_each_database_comes_first_then_the_others_by_age),
		STATE_TEST(
			where_a_python_client_deletes_by_upload_time_versions_go_up_in_their_order),
		STATE_TEST(p4_what_retention_would_not_keep_is_superseded_and_the_rest_is_not),
		STATE_TEST(p4_the_newest_and_what_stands_apart_is_never_superseded),
		STATE_TEST(what_the_store_may_have_a_part_of_is_not_superseded),
		STATE_TEST(the_count_is_of_the_versions_that_there_are),
		STATE_TEST(p1_what_a_superseded_version_covered_of_the_scans_the_newer_ones_cover),
		STATE_TEST(the_spool_holds_what_waits_and_nothing_else),
		STATE_TEST(p4_a_version_whose_file_is_lost_covers_nothing_any_more),
		STATE_TEST(the_queue_is_read_in_pages_oldest_first),
		STATE_TEST(history_tells_what_became_of_versions_newest_first),
		STATE_TEST(history_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
