/* What was found of versions: kept, told, and forgotten when it matters no more. */
#include "daemon/io/state_proof.h"
#include "daemon/io/state_upkeep.h"
#include "state_world.h"

static struct version version(const char *id, int64_t timestamp)
{
	struct version v = {.timestamp = timestamp};

	text_cut(v.id, sizeof(v.id), id);
	text_cut(v.db_name, sizeof(v.db_name), "parts.db");
	return v;
}

static void find(struct fixture *f, const char *key, const struct version *v, const char *bad)
{
	struct err e;

	assert_int_equal(state_finding_put(f->state,
				 &(struct state_finding){f->store, key, v, NOON, bad}, &e),
		ERR_NONE);
}

static struct state_proven proven(struct fixture *f)
{
	struct state_proven p;
	struct err e;

	assert_int_equal(state_proven(f->state, f->store, "parts.db", &p, &e), ERR_NONE);
	return p;
}

static void nothing_is_proven_at_first(void **at)
{
	struct state_proven p = proven(*at);

	assert_string_equal(p.key, "");
	assert_string_equal(p.bad, "");
	assert_true(p.at == STAMP_NONE);
	assert_int_equal(p.behind, -1);
}

static void of_our_own_it_is_their_state_and_the_scans_since_are_told(void **at)
{
	struct fixture *f = *at;
	struct state_scan scan = {.from = "socket", .count = 3, .at = NOON};
	struct state_version v;
	struct err e;
	char id[33];

	captured(f, "parts.db", 0, id);
	stored(f, id);
	assert_int_equal(state_version_get(f->state, id, f->store, &v, &e), ERR_NONE);
	find(f, "k", &v.v, "");
	assert_int_equal(state_scans_add(f->state, &scan, 1, &e), ERR_NONE);
	again(f);
	assert_int_equal(proven(f).behind, 3);
	state_version_end(&v);
	assert_int_equal(state_version_get(f->state, id, f->store, &v, &e), ERR_NONE);
	assert_int_equal(v.state, COPY_PROVEN);
	find(f, "k", &v.v, "it is gone");
	state_version_end(&v);
	assert_int_equal(state_version_get(f->state, id, f->store, &v, &e), ERR_NONE);
	assert_int_equal(v.state, COPY_BAD);
	assert_string_equal(v.error, "it is gone");
	assert_true(state_is_bad(f->state, f->store, id));
	state_version_end(&v);
}

/* An older one that is good, or was good before, does not make up for it. */
static void a_bad_one_is_told_until_a_newer_one_is_good(void **at)
{
	struct version old = version("a", 1), bad = version("b", 2), new = version("c", 3);

	find(*at, "new", &new, "");
	find(*at, "bad", &bad, "it is gone");
	assert_string_equal(proven(*at).bad, "it is gone");
	find(*at, "old", &old, "");
	assert_string_equal(proven(*at).bad, "it is gone");
	find(*at, "new", &new, "");
	assert_string_equal(proven(*at).bad, "");
}

static void what_is_gone_from_the_store_is_forgotten_but_for_what_matters(void **at)
{
	struct fixture *f = *at;
	struct version bad = version("b", 2), new = version("c", 3);
	struct err e;

	find(f, "bad", &bad, "it is gone");
	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	assert_string_equal(proven(f).bad, "it is gone");
	find(f, "new", &new, "");
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	assert_false(state_is_bad(f->state, f->store, "b"));
	assert_string_equal(proven(f).key, "new");
}

static void how_far_a_run_came_is_known_after_a_restart(void **at)
{
	struct fixture *f = *at;
	struct state_upkeep u,
		put = {.since = NOON,
			.last_at = STAMP_NONE,
			.under_way = true,
			.cursor = "backups/x",
			.touched = 5,
			.moved = 2};
	struct err e;

	assert_int_equal(state_upkeep_get(f->state, f->store, STATE_MAINTAIN, &u, &e), ERR_NONE);
	assert_true(u.since == STAMP_NONE && u.last_at == STAMP_NONE && !u.under_way);
	assert_int_equal(state_upkeep_put(f->state, f->store, STATE_MAINTAIN, &put, &e), ERR_NONE);
	again(f);
	assert_int_equal(state_upkeep_get(f->state, f->store, STATE_MAINTAIN, &u, &e), ERR_NONE);
	assert_true(u.since == NOON && u.last_at == STAMP_NONE && u.under_way);
	assert_string_equal(u.cursor, "backups/x");
	assert_int_equal(u.touched + u.moved, 7);
	assert_int_equal(
		state_upkeep_get(f->state, f->store + 1, STATE_MAINTAIN, &u, &e), ERR_NONE);
	assert_true(u.since == STAMP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(nothing_is_proven_at_first),
		STATE_TEST(of_our_own_it_is_their_state_and_the_scans_since_are_told),
		STATE_TEST(a_bad_one_is_told_until_a_newer_one_is_good),
		STATE_TEST(what_is_gone_from_the_store_is_forgotten_but_for_what_matters),
		STATE_TEST(how_far_a_run_came_is_known_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
