#include "check.h"
#include "store_world.h"

static void the_first_use_makes_the_folder_and_its_marker(void **state)
{
	struct world *w = *state;
	struct ask first = ask_for(STORE_PROBE, ""), other = first, again = first;
	struct store *b = world_store(w, MACHINE_B, false);
	char marker[1000];
	struct stat st;

	assert_int_equal(ask(w, &first), ERR_NONE);
	assert_true(first.r.got.first_use);
	assert_int_equal(strncmp(first.r.got.name, "file:", 5), 0);
	assert_int_equal(strspn(first.r.got.name + 5, "0123456789abcdef"), VERSION_ID);
	(void)snprintf(marker, sizeof(marker),
		"casmand-store %.32s\n"
		"This folder is a store of casmand: versions of SQLite databases lie in backups/.\n"
		"This file tells that the disk is mounted.  Leave it here.\n",
		first.r.got.name + 5);
	holds(in_store(w, ".casmand-store"), marker);
	assert_int_equal(stat(w->place, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);

	assert_int_equal(ask(w, &again), ERR_NONE);
	assert_int_equal(ask_of(b, w, &other), ERR_NONE); /* another machine adopts it */
	assert_false(again.r.got.first_use || other.r.got.first_use);
	assert_string_equal(again.r.got.name, first.r.got.name);
	assert_string_equal(other.r.got.name, first.r.got.name);
	assert_int_equal(scratch_count(w->place), 1);
	world_end_store(w, b);
}

static void machines_that_come_at_once_agree_on_one_marker(void **state)
{
	struct world *w = *state;
	struct store *b = world_store(w, MACHINE_B, false);

	for (int i = 0; i < 20; i++) {
		struct store *a = world_store(w, MACHINE_A, false);
		struct ask asks[2] = {ask_for(STORE_PROBE, ""), ask_for(STORE_PROBE, "")};

		ask_start(w, a, &asks[0]);
		ask_start(w, b, &asks[1]);
		world_wait(w, &asks[0].ended);
		world_wait(w, &asks[1].ended);
		assert_int_equal(asks[0].e.code + asks[1].e.code, ERR_NONE);
		assert_string_equal(asks[0].r.got.name, asks[1].r.got.name);
		assert_int_equal(asks[0].r.got.first_use + asks[1].r.got.first_use, 1);
		assert_int_equal(scratch_count(w->place), 1);
		assert_int_equal(unlink(in_store(w, ".casmand-store")), 0);
		world_end_store(w, a);
		world_end_store(w, b);
		b = world_store(w, MACHINE_B, false);
	}
	world_end_store(w, b);
}

static void a_path_with_slashes_at_its_end_is_the_same(void **state)
{
	struct world *w = *state;
	struct ask probe = ask_for(STORE_PROBE, "");

	memcpy(w->place + strlen(w->place), "//", sizeof("//"));
	struct store *s = world_store(w, MACHINE_A, false);
	assert_int_equal(ask_of(s, w, &probe), ERR_NONE);
	assert_true(is_in_store(w, ".casmand-store"));
	world_end_store(w, s);
}

static void a_folder_whose_parent_is_missing_is_not_made(void **state)
{
	struct world *w = *state;
	struct ask probe = ask_for(STORE_PROBE, "");

	memcpy(w->place + strlen(w->place), "/usb/store", sizeof("/usb/store"));
	struct store *s = world_store(w, MACHINE_A, false);
	assert_int_equal(ask_of(s, w, &probe), ERR_OFFLINE);
	assert_non_null(
		strstr(probe.e.text, "/store/usb/store is not there (is the disk mounted?)"));
	assert_int_equal(scratch_count(w->scratch.path), 0);
	world_end_store(w, s);
}

/* Marker gone: the disk is not mounted, and that is no empty store. */
static void a_store_that_was_used_before_is_not_made_anew(void **state)
{
	struct world *w = *state;
	struct store *known = world_store(w, MACHINE_A, true);
	struct ask probe = ask_for(STORE_PROBE, "");
	char words[2 * SCRATCH_PATH];

	assert_int_equal(ask_of(known, w, &probe), ERR_OFFLINE);
	assert_non_null(strstr(probe.e.text, "is not there (is the disk mounted?)"));
	assert_int_equal(scratch_count(w->scratch.path), 0);
	assert_int_equal(mkdir(w->place, 0700), 0);
	assert_int_equal(ask_of(known, w, &probe), ERR_OFFLINE);
	(void)snprintf(words, sizeof(words),
		"store not reached: %s has no .casmand-store (is the disk mounted?)", w->place);
	assert_string_equal(probe.e.text, words);
	assert_int_equal(scratch_count(w->place), 0);
	world_end_store(w, known);
}

/* Every verb, PROBE too, at the empty mount point. */
static void nothing_is_written_where_the_marker_has_gone(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask probe = ask_for(STORE_PROBE, "");

	assert_int_equal(ask(w, &probe), ERR_NONE);
	assert_int_equal(unlink(in_store(w, ".casmand-store")), 0);
	scratch_write(w->source, "contents");
	for (enum store_verb verb = STORE_PROBE; verb <= STORE_DELETE; verb++) {
		struct ask a = ask_for(verb, KEY);

		a.r.file = w->source;
		a.r.version = &v;
		assert_int_equal(ask(w, &a), ERR_OFFLINE);
		assert_non_null(strstr(a.e.text, "has no .casmand-store"));
	}
	assert_int_equal(scratch_count(w->place), 0);
}

static void before_any_probe_a_marker_must_be_there_too(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask probe = ask_for(STORE_PROBE, "");
	struct store *b = world_store(w, MACHINE_B, false);

	assert_int_equal(put(w, KEY, &v, "contents"), ERR_OFFLINE);
	assert_int_equal(scratch_count(w->scratch.path), 1); /* the spool file */
	assert_int_equal(ask_of(b, w, &probe), ERR_NONE);
	assert_int_equal(put(w, KEY, &v, "contents"), ERR_NONE);
	world_end_store(w, b);
}

#define OTHER_MARKER "casmand-store 0123456789abcdef0123456789abcdef\n"

static void another_store_at_the_same_place_is_not_used_unasked(void **state)
{
	struct world *w = *state;
	struct version v = version_of('1', "contents");
	struct ask probe = ask_for(STORE_PROBE, "");
	struct ask write = ask_to_put(w, KEY, &v, "contents");

	assert_int_equal(ask(w, &probe), ERR_NONE);
	scratch_write(in_store(w, ".casmand-store"), OTHER_MARKER);
	assert_int_equal(ask(w, &write), ERR_OFFLINE);
	assert_non_null(strstr(write.e.text, "another store is mounted at"));
	assert_int_equal(scratch_count(w->place), 1);
	assert_int_equal(ask(w, &probe), ERR_NONE); /* who asks is told which it is */
	assert_string_equal(probe.r.got.name, "file:0123456789abcdef0123456789abcdef");
	assert_int_equal(ask(w, &write), ERR_NONE);
}

static void a_marker_of_another_form_is_refused_and_kept(void **state)
{
	struct world *w = *state;
	static const char *const markers[] = {"", "casmand-store\n", "casmand-store 0123\n",
		"casmand-store 0123456789abcdef0123456789abcdef",
		"casmand-store 0123456789ABCDEF0123456789abcdef\n",
		"casmand-store 0123456789abcdef0123456789abcdef0\n", "MY NOTES\n"};

	assert_int_equal(mkdir(w->place, 0700), 0);
	for (size_t i = 0; i < LENGTH(markers); i++) {
		struct ask probe = ask_for(STORE_PROBE, ""), list = ask_for(STORE_LIST, "");

		scratch_write(in_store(w, ".casmand-store"), markers[i]);
		assert_int_equal(ask(w, &probe), ERR_REFUSED);
		assert_non_null(strstr(probe.e.text, "/store/.casmand-store is not casmand's"));
		assert_int_equal(ask(w, &list), ERR_REFUSED);
		holds(in_store(w, ".casmand-store"), markers[i]);
	}
	assert_int_equal(unlink(in_store(w, ".casmand-store")), 0);
	assert_int_equal(mkdir(in_store(w, ".casmand-store"), 0700), 0);
	struct ask probe = ask_for(STORE_PROBE, "");
	assert_int_equal(ask(w, &probe), ERR_REFUSED);
}

static void a_file_in_place_of_the_folder_is_no_store(void **state)
{
	struct world *w = *state;
	struct ask probe = ask_for(STORE_PROBE, "");

	scratch_write(w->place, "");
	assert_int_equal(ask(w, &probe), ERR_REFUSED);
	assert_non_null(strstr(probe.e.text, "is no folder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(the_first_use_makes_the_folder_and_its_marker),
		IN_WORLD(machines_that_come_at_once_agree_on_one_marker),
		IN_WORLD(a_path_with_slashes_at_its_end_is_the_same),
		IN_WORLD(a_folder_whose_parent_is_missing_is_not_made),
		IN_WORLD(a_store_that_was_used_before_is_not_made_anew),
		IN_WORLD(nothing_is_written_where_the_marker_has_gone),
		IN_WORLD(before_any_probe_a_marker_must_be_there_too),
		IN_WORLD(another_store_at_the_same_place_is_not_used_unasked),
		IN_WORLD(a_marker_of_another_form_is_refused_and_kept),
		IN_WORLD(a_file_in_place_of_the_folder_is_no_store),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
