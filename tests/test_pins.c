/* Pinned versions, and suspect ones that are accepted. */
#include "daemon/io/pins.h"
#include "state_world.h"

#include <stdio.h>

static struct state_seen seen_of(const char *id)
{
	struct state_seen seen = {0};

	text_cut(seen.v.id, sizeof(seen.v.id), id);
	return seen;
}

static struct state_version version(struct fixture *f, const char *id)
{
	struct state_version v;
	struct err e;

	assert_int_equal(state_version_get(f->state, id, f->store, &v, &e), ERR_NONE);
	state_version_end(&v);
	return v;
}

/* A version that looks emptied beside `before`. */
static void emptied(struct fixture *f, const char *before, char id[33])
{
	struct state_version v = {.suspect = true, .why = "lost table parts"};

	text_cut(v.v.db_name, sizeof(v.v.db_name), "parts.db");
	text_cut(v.predecessor, sizeof(v.predecessor), before);
	captured_as(f, &v, id);
}

static void accept_it(struct fixture *f, const char *id)
{
	struct err e;

	assert_int_equal(pins_accept(f->state, id, &e), ERR_NONE);
}

static void p6_a_suspect_version_pins_its_predecessor_until_it_is_accepted(void **at)
{
	struct fixture *f = *at;
	struct state_version sound;
	char good[33], bad[33], worse[33];
	struct err e;

	captured(f, "parts.db", 0, good);
	assert_false(version(f, good).pinned);
	emptied(f, good, bad);
	emptied(f, good, worse);
	assert_true(version(f, good).pinned);
	again(f);
	accept_it(f, worse);
	assert_true(version(f, good).pinned); /* the other still looks wrong beside it */
	assert_false(version(f, worse).suspect);
	accept_it(f, bad);
	assert_false(version(f, good).pinned);
	assert_int_equal(state_version_sound(f->state, "parts.db", f->store, &sound, &e), ERR_NONE);
	assert_string_equal(sound.v.id, worse); /* what later ones are compared with */
	state_version_end(&sound);
}

static void what_a_person_pins_stays_pinned_until_a_person_lets_go(void **at)
{
	struct fixture *f = *at;
	char good[33], bad[33];
	struct state_seen seen;
	struct err e;

	captured(f, "parts.db", 0, good);
	seen = seen_of(good);
	assert_int_equal(pins_put(f->state, &seen, &e), ERR_NONE);
	emptied(f, good, bad);
	accept_it(f, bad);
	assert_true(version(f, good).pinned);
	emptied(f, good, bad);
	assert_int_equal(pins_remove(f->state, &seen, &e), ERR_NONE);
	assert_false(version(f, good).pinned);
}

static void count_pinned(void *arg, const struct state_listed *l)
{
	*(int *)arg += l->pinned;
}

/* The Python client's have no id, and are known by their key. */
static void anybodys_version_can_be_pinned(void **at)
{
	struct fixture *f = *at;
	int pinned = 0;
	struct state_page page = {.limit = 10, .each = count_pinned, .arg = &pinned};
	struct state_seen seen[2] = {
		{.v = {.db_name = "parts.db", .timestamp = NOON}, .key = "one", .described = true},
		{.v = {.db_name = "parts.db", .timestamp = NOON}, .key = "two", .described = true},
	};
	struct err e;

	assert_int_equal(state_seen_begin(f->state, f->store, &e), ERR_NONE);
	assert_int_equal(state_seen_page(f->state, f->store, seen, 2, &e), ERR_NONE);
	assert_int_equal(state_seen_end(f->state, f->store, NOON, &e), ERR_NONE);
	assert_int_equal(pins_put(f->state, &seen[1], &e), ERR_NONE);
	assert_int_equal(pins_put(f->state, &seen[1], &e), ERR_NONE);
	assert_int_equal(state_list(f->state, f->store, &page, &e), ERR_NONE);
	assert_int_equal(pinned, 1);
}

static void p4_what_is_pinned_is_not_superseded_while_it_waits(void **at)
{
	struct fixture *f = *at;
	const struct state_supersede what = {
		.store = f->store, .keep = {1, 0}
        };
	struct state_ids gone;
	char ids[3][33];
	struct err e;

	for (int i = 0; i < 3; i++)
		captured(f, "parts.db", 0, ids[i]);
	struct state_seen seen = seen_of(ids[0]);
	assert_int_equal(pins_put(f->state, &seen, &e), ERR_NONE);
	assert_int_equal(state_supersede(f->state, &what, &gone, &e), ERR_NONE);
	assert_int_equal(gone.count, 1);
	assert_string_equal(gone.at[0], ids[1]);
	state_ids_end(&gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(p6_a_suspect_version_pins_its_predecessor_until_it_is_accepted),
		STATE_TEST(what_a_person_pins_stays_pinned_until_a_person_lets_go),
		STATE_TEST(anybodys_version_can_be_pinned),
		STATE_TEST(p4_what_is_pinned_is_not_superseded_while_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
