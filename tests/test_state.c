#include "state_world.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t scan(
	struct fixture *f, const char *database, uint32_t count, const char *uid, int64_t at)
{
	struct state_scan s = {
		.database = database, .count = count, .uid = uid, .at = at, .from = "socket"};
	struct err e;

	assert_int_equal(state_scans_add(f->state, &s, 1, &e), ERR_NONE);
	return s.again ? -s.number : s.number;
}

static void tally_is(struct fixture *f, int64_t total, int64_t since_backup, int64_t unprotected)
{
	struct state_tally t;
	struct err e;

	assert_int_equal(state_scans_tally(f->state, f->store, &t, &e), ERR_NONE);
	assert_int_equal(t.total, total);
	assert_int_equal(t.since_backup, since_backup);
	assert_int_equal(t.unprotected, unprotected);
	assert_int_equal(t.oldest_at == STAMP_NONE, unprotected == 0);
}

static void p1_scans_are_counted_and_survive(void **at)
{
	struct fixture *f = *at;

	assert_int_equal(scan(f, "parts.db", 1, NULL, NOON), 1);
	assert_int_equal(scan(f, NULL, 3, NULL, NOON), 4);
	again(f);
	assert_int_equal(scan(f, "parts.db", 1, NULL, NOON), 5);
	tally_is(f, 5, 5, 5);
}

static void p1_a_uid_counts_once_within_thirty_days(void **at)
{
	struct fixture *f = *at;

	assert_int_equal(scan(f, "parts.db", 1, "a", NOON), 1);
	assert_int_equal(scan(f, "parts.db", 1, "b", NOON), 2);
	assert_int_equal(scan(f, "parts.db", 1, "a", NOON + 29 * DAY), -1);
	again(f);
	assert_int_equal(scan(f, "parts.db", 1, "a", NOON + 29 * DAY), -1);
	(void)scan(f, "parts.db", 1000, NULL, NOON + 29 * DAY);
	assert_int_equal(scan(f, "parts.db", 1, "a", NOON + 31 * DAY), 1003);
	tally_is(f, 1003, 1003, 1003);
}

static void the_same_uid_twice_in_one_batch_counts_once(void **at)
{
	struct fixture *f = *at;
	struct state_scan s[2] = {
		{.count = 1, .uid = "a", .at = NOON, .from = "socket"},
		{.count = 1, .uid = "a", .at = NOON, .from = "socket"}
        };
	struct err e;

	assert_int_equal(state_scans_add(f->state, s, 2, &e), ERR_NONE);
	assert_false(s[0].again);
	assert_true(s[1].again);
	tally_is(f, 1, 1, 1);
}

static void a_capture_covers_the_scans_before_it_and_the_store_protects_them(void **at)
{
	struct fixture *f = *at;
	char id[33], other[33];

	captured(f, "assembled.db", 0, other);
	(void)scan(f, "parts.db", 1, NULL, NOON);
	(void)scan(f, "parts.db", 1, NULL, NOON);
	captured(f, "parts.db", 1, id); /* its read began after the first */
	tally_is(f, 2, 1, 2);
	stored(f, id);
	tally_is(f, 2, 1, 1);
	(void)scan(f, NULL, 1, NULL, NOON); /* names no database: needs both */
	captured(f, "parts.db", 3, id);
	stored(f, id);
	tally_is(f, 3, 1, 1);
	captured(f, "assembled.db", 3, other);
	tally_is(f, 3, 0, 1);
	stored(f, other);
	tally_is(f, 3, 0, 0);
}

static void a_database_that_was_never_made_keeps_no_scan_from_being_covered(void **at)
{
	struct fixture *f = *at;
	char id[33];

	(void)scan(f, NULL, 1, NULL, NOON);
	tally_is(f, 1, 1, 1);
	captured(f, "parts.db", 1, id);
	tally_is(f, 1, 0, 1);
	stored(f, id);
	tally_is(f, 1, 0, 0);
	(void)scan(f, "assembled.db", 1, NULL, NOON); /* is said to be in that very database */
	captured(f, "parts.db", 2, id);
	tally_is(f, 2, 1, 1);
}

static void cover_is(struct fixture *f, const char *database, int64_t captured, int64_t stored)
{
	struct state_cover cover;
	struct err e;

	assert_int_equal(state_scans_cover(f->state, f->store, database, &cover, &e), ERR_NONE);
	assert_int_equal(cover.captured, captured);
	assert_int_equal(cover.stored, stored);
}

static void a_receipt_knows_how_far_the_scans_of_a_database_and_of_all_are_covered(void **at)
{
	struct fixture *f = *at;
	char parts[33], assembled[33];

	cover_is(f, "parts.db", 0, 0);
	cover_is(f, NULL, 0, 0);
	captured(f, "parts.db", 5, parts);
	cover_is(f, "parts.db", 5, 0);
	cover_is(f, "assembled.db", 0, 0);
	cover_is(f, NULL, 5, 0); /* the other was never made */
	captured(f, "assembled.db", 7, assembled);
	stored(f, assembled);
	cover_is(f, NULL, 5, 0);
	stored(f, parts);
	cover_is(f, NULL, 5, 5);
	cover_is(f, "assembled.db", 7, 7);
	cover_is(f, "not watched any more", 5, 5);
}

static void an_unchanged_database_is_covered_by_its_base(void **at)
{
	struct fixture *f = *at;
	struct state_database d;
	char id[33];
	struct err e;

	captured(f, "parts.db", 0, id);
	stored(f, id);
	(void)scan(f, "parts.db", 1, NULL, NOON);
	tally_is(f, 1, 1, 1);
	assert_int_equal(state_database_get(f->state, "parts.db", &d, &e), ERR_NONE);
	assert_int_equal(state_unchanged(f->state, &d, 1, &e), ERR_NONE);
	tally_is(f, 1, 0, 0);
}

static void protected_scans_are_forgotten_but_their_uids_not_for_thirty_days(void **at)
{
	struct fixture *f = *at;
	char id[33];
	struct err e;

	(void)scan(f, "parts.db", 1, "a", NOON);
	(void)scan(f, "parts.db", 1, NULL, NOON);
	captured(f, "parts.db", 2, id);
	stored(f, id);
	assert_int_equal(state_scans_forget(f->state, f->store, NOON + DAY, &e), ERR_NONE);
	assert_int_equal(scan(f, "parts.db", 1, "a", NOON + DAY), -1);
	tally_is(f, 2, 0, 0);
	assert_int_equal(scan(f, "parts.db", 1, NULL, NOON), 3);
}

/* The clock has no battery: it showed 1970's or 2031's time, and was set since. */
static void p1_a_uid_counts_once_however_the_clock_was_set_since(void **at)
{
	struct fixture *f = *at;
	char id[33];
	struct err e;

	(void)scan(f, "parts.db", 1, "early", NOON - 400 * DAY);
	(void)scan(f, "parts.db", 1, "late", NOON + 2000 * DAY);
	captured(f, "parts.db", 2, id);
	stored(f, id);
	assert_int_equal(state_scans_forget(f->state, f->store, NOON, &e), ERR_NONE);
	assert_int_equal(scan(f, "parts.db", 1, "early", NOON), -1);
	assert_int_equal(scan(f, "parts.db", 1, "late", NOON), -2);
	assert_int_equal(state_scans_forget(f->state, f->store, NOON + 3000 * DAY, &e), ERR_NONE);
	assert_int_equal(scan(f, "parts.db", 1, "late", NOON + 3000 * DAY), -2);
}

static void a_uid_is_forgotten_after_thirty_days_and_a_thousand_scans(void **at)
{
	struct fixture *f = *at;
	char id[33];
	struct err e;

	(void)scan(f, "parts.db", 1, "a", NOON);
	(void)scan(f, "parts.db", 1000, NULL, NOON);
	captured(f, "parts.db", 1001, id);
	stored(f, id);
	assert_int_equal(scan(f, "parts.db", 1, "a", NOON + 29 * DAY), -1);
	assert_int_equal(state_scans_forget(f->state, f->store, NOON + 31 * DAY, &e), ERR_NONE);
	assert_int_equal(scan(f, "parts.db", 1, "a", NOON), 1002);
}

static bool is_posted(struct fixture *f, const char *database)
{
	struct state_database d;
	struct err e;

	assert_int_equal(state_database_get(f->state, database, &d, &e), ERR_NONE);
	return d.posted;
}

static void a_posted_scan_marks_its_database_and_one_without_a_name_all(void **at)
{
	struct fixture *f = *at;
	struct state_database d;
	struct state_scan seen = {
		.database = "parts.db", .count = 1, .at = NOON, .from = "commits"};
	struct err e;

	assert_int_equal(state_database_get(f->state, "parts.db", &d, &e), ERR_NONE);
	assert_int_equal(state_database_counted(f->state, &d, &seen, &e), ERR_NONE);
	assert_int_equal(seen.number, 1);
	assert_false(is_posted(f, "parts.db"));
	assert_int_equal(scan(f, "parts.db", 1, NULL, NOON), 2);
	assert_true(is_posted(f, "parts.db"));
	assert_false(is_posted(f, "assembled.db"));
	assert_int_equal(scan(f, NULL, 1, NULL, NOON), 3);
	assert_true(is_posted(f, "assembled.db"));
}

static void a_version_reads_back_as_it_was_written(void **at)
{
	struct fixture *f = *at;
	struct state_version v;
	char first[33], second[33];
	struct err e;

	captured(f, "parts.db", 5, first);
	captured(f, "parts.db", 6, second);
	assert_int_equal(state_version_newest(f->state, "parts.db", f->store, &v, &e), ERR_NONE);
	assert_string_equal(v.v.id, second);
	assert_int_equal(v.v.record_count, 7);
	assert_int_equal(v.scans, 6);
	assert_int_equal(v.state, COPY_CAPTURED);
	assert_string_equal(v.key, "backups/parts.db/20241004_000002_parts.db");
	state_version_end(&v);
	assert_int_equal(state_version_get(f->state, "none", f->store, &v, &e), ERR_MISSING);
}

static void a_moved_key_pushes_the_next_one(void **at)
{
	struct fixture *f = *at;
	struct state_database d;
	char id[33];
	struct err e;

	captured(f, "parts.db", 0, id);
	assert_int_equal(state_copy_put(f->state,
				 &(struct state_copy){id, f->store, COPY_SENDING,
					 "backups/parts.db/20241004_000009_parts.db", ""},
				 &e),
		ERR_NONE);
	assert_int_equal(state_database_get(f->state, "parts.db", &d, &e), ERR_NONE);
	assert_int_equal(d.newest_key, NOON + 9 * STAMP_SECOND);
}

static void a_second_daemon_is_told_the_firsts_pid(void **at)
{
	struct fixture *f = *at;
	struct state *second;
	char pid[20];
	struct err e;

	assert_int_equal(state_open(&second, f->scratch.path, &e), ERR_BUSY);
	(void)snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
	assert_non_null(strstr(e.text, pid));
	assert_null(second);
}

static void p10_the_state_folder_is_nobody_elses(void **at)
{
	struct fixture *f = *at;
	char folder[300];
	struct state *s;
	struct stat st;
	struct err e;

	(void)snprintf(folder, sizeof(folder), "%s/a/b", f->scratch.path);
	assert_int_equal(state_open(&s, folder, &e), ERR_NONE);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	state_close(s);
}

static void a_machine_keeps_its_id(void **at)
{
	struct fixture *f = *at;
	char id[33];

	text_cut(id, sizeof(id), state_machine(f->state));
	assert_int_equal(strlen(id), 32);
	again(f);
	assert_string_equal(state_machine(f->state), id);
}

/* --- lists ------------------------------------------------------------- */

static void collect(void *arg, const struct state_listed *l)
{
	text_add(arg, "%.24s %s;", l->seen.key + 17, copy_state_name(l->state));
}

static void see_with(
	struct fixture *f, const char *key, int64_t timestamp, const char *id, bool described)
{
	struct state_seen s = {
		.described = described, .v = {.timestamp = timestamp, .record_count = -1}
        };
	struct err e;

	text_cut(s.key, sizeof(s.key), key);
	text_cut(s.v.id, sizeof(s.v.id), id);
	text_cut(s.v.db_name, sizeof(s.v.db_name), "parts.db");
	assert_int_equal(state_seen_page(f->state, f->store, &s, 1, &e), ERR_NONE);
}

static void see(struct fixture *f, const char *key, int64_t timestamp, const char *id)
{
	see_with(f, key, timestamp, id, true);
}

static void a_list_is_newest_first_in_pages_and_shows_what_waits(void **at)
{
	struct fixture *f = *at;
	struct text got = {0};
	struct state_page page = {.database = "parts.db", .limit = 2, .each = collect, .arg = &got};
	char id[33];
	struct err e;

	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	see(f, "backups/parts.db/20240101_000000_parts.db", NOON - 3 * STAMP_SECOND, "");
	see(f, "backups/parts.db/20240101_000001_parts.db", NOON - 2 * STAMP_SECOND, "x");
	see(f, "backups/parts.db/20240101_000002_parts.db", NOON - 2 * STAMP_SECOND, "y");
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	captured(f, "parts.db", 0, id);
	captured(f, "assembled.db", 0, id);
	for (int pages = 0; pages < 3; pages++) {
		assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_NONE);
		text_add(&got, "|");
		if (!page.cursor[0])
			break;
	}
	assert_string_equal(got.at,
		"20241004_000001_parts.db captured;20240101_000002_parts.db stored;|"
		"20240101_000001_parts.db stored;20240101_000000_parts.db stored;|");
	text_free(&got);
	text_cut(page.cursor, sizeof(page.cursor), "nonsense");
	assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_PROTO);
}

static void a_listing_that_ends_forgets_what_is_gone_and_one_that_breaks_off_nothing(void **at)
{
	struct fixture *f = *at;
	struct text got = {0};
	struct state_page page = {.limit = 10, .each = collect, .arg = &got};
	struct err e;

	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	see(f, "backups/parts.db/20240101_000000_parts.db", NOON, "");
	see(f, "backups/parts.db/20240101_000001_parts.db", NOON, "");
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE); /* breaks off */
	assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_NONE);
	assert_int_equal(got.length, 2 * strlen("20240101_000000_parts.db stored;"));
	text_free(&got);
	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	see(f, "backups/parts.db/20240101_000001_parts.db", NOON, "");
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_NONE);
	assert_string_equal(got.at, "20240101_000001_parts.db stored;");
	text_free(&got);
}

static void an_own_version_that_a_listing_met_before_its_metadata_is_listed_once(void **at)
{
	static const char key[] = "backups/parts.db/20241004_000001_parts.db";
	struct fixture *f = *at;
	struct text got = {0};
	struct state_page page = {.limit = 10, .each = collect, .arg = &got};
	char id[33];
	struct err e;

	captured(f, "parts.db", 0, id);
	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	see_with(f, key, NOON, "", false);
	see_with(f, "backups/parts.db/20240101_000000_parts.db", NOON, "", false);
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	assert_int_equal(state_copy_put(f->state,
				 &(struct state_copy){id, f->store, COPY_STORED, key, ""}, &e),
		ERR_NONE);
	assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_NONE);
	assert_string_equal(
		got.at, "20241004_000001_parts.db stored;20240101_000000_parts.db stored;");
	text_free(&got);
	/* Its metadata was lost later: it is still in the list. */
	assert_int_equal(state_seen_end(f->state, f->store, INT64_MAX, &e), ERR_NONE);
	assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_NONE);
	assert_string_equal(
		got.at, "20241004_000001_parts.db stored;20240101_000000_parts.db stored;");
	text_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(p1_scans_are_counted_and_survive),
		STATE_TEST(p1_a_uid_counts_once_within_thirty_days),
		STATE_TEST(the_same_uid_twice_in_one_batch_counts_once),
		STATE_TEST(a_capture_covers_the_scans_before_it_and_the_store_protects_them),
		STATE_TEST(a_database_that_was_never_made_keeps_no_scan_from_being_covered),
		STATE_TEST(a_receipt_knows_how_far_the_scans_of_a_database_and_of_all_are_covered),
		STATE_TEST(an_unchanged_database_is_covered_by_its_base),
		STATE_TEST(protected_scans_are_forgotten_but_their_uids_not_for_thirty_days),
		STATE_TEST(p1_a_uid_counts_once_however_the_clock_was_set_since),
		STATE_TEST(a_uid_is_forgotten_after_thirty_days_and_a_thousand_scans),
		STATE_TEST(a_posted_scan_marks_its_database_and_one_without_a_name_all),
		STATE_TEST(a_version_reads_back_as_it_was_written),
		STATE_TEST(a_moved_key_pushes_the_next_one),
		STATE_TEST(a_second_daemon_is_told_the_firsts_pid),
		STATE_TEST(p10_the_state_folder_is_nobody_elses),
		STATE_TEST(a_machine_keeps_its_id),
		STATE_TEST(a_list_is_newest_first_in_pages_and_shows_what_waits),
		STATE_TEST(
			a_listing_that_ends_forgets_what_is_gone_and_one_that_breaks_off_nothing),
		STATE_TEST(an_own_version_that_a_listing_met_before_its_metadata_is_listed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
