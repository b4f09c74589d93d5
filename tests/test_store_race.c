/* P5: many machines, one second.  Each version ends at its own key, with its own contents. */
#include "check.h"
#include "store_world.h"

#define MACHINES 4
#define ROUNDS   20

static void name_contents(char to[32], int machine)
{
	(void)snprintf(to, 32, "of machine %d", machine);
}

/* What a machine does about EXISTS: it takes the next second.  Answers how many it took. */
static int put_somewhere(struct world *w, struct store *s, int machine, int64_t moment)
{
	char contents[32], letter = (char)('a' + machine), key[OBJKEY_ROOM];

	name_contents(contents, machine);
	struct version v = version_of(letter, contents);
	for (int taken = 0; taken <= MACHINES; taken++) {
		objkey_make(key, "parts.db", moment + taken * INT64_C(1000000));
		struct ask a = ask_to_put(w, key, &v, contents);
		if (ask_of(s, w, &a) == ERR_NONE)
			return taken;
		assert_int_equal(a.e.code, ERR_EXISTS);
	}
	return -1;
}

/* In a process of its own, after `start` was closed by all who hold its other end. */
static _Noreturn void be_a_machine(struct world *w, int machine, int start)
{
	char id[VERSION_ID + 1] = {0}, nothing;
	struct world own = {.scratch = w->scratch};

	memset(id, 'a' + machine, VERSION_ID);
	memcpy(own.place, w->place, sizeof(own.place));
	(void)snprintf(own.source, sizeof(own.source), "%s/spooled-%d", w->scratch.path, machine);
	assert_int_equal(uv_loop_init(&own.loop), 0);
	struct store *s = world_store(&own, id, false);
	struct ask probe = ask_for(STORE_PROBE, "");
	assert_int_equal(read(start, &nothing, 1), 0);
	assert_int_equal(ask_of(s, &own, &probe), ERR_NONE);
	for (int round = 0; round < ROUNDS; round++) {
		int taken = put_somewhere(&own, s, machine, round * INT64_C(60000000));

		assert_in_range(taken, 0, MACHINES - 1);
	}
	_exit(0);
}

static void every_machine_finds_its_version_once(struct world *w, int round)
{
	int seen[MACHINES] = {0};

	for (int i = 0; i < MACHINES; i++) {
		char key[OBJKEY_ROOM], contents[32];
		struct ask head = ask_for(STORE_HEAD, "");

		objkey_make(key, "parts.db", round * INT64_C(60000000) + i * INT64_C(1000000));
		memcpy(head.r.key, key, sizeof(key));
		assert_int_equal(ask(w, &head), ERR_NONE);
		assert_true(head.r.got.tagged);
		int machine = head.r.got.tags.id[0] - 'a';
		assert_in_range(machine, 0, MACHINES - 1);
		name_contents(contents, machine);
		holds(in_store(w, key), contents);
		seen[machine]++;
	}
	for (int i = 0; i < MACHINES; i++)
		assert_int_equal(seen[i], 1);
}

static void processes_that_race_for_a_key_overwrite_nothing(void **state)
{
	struct world *w = *state;
	pid_t children[MACHINES];
	int start[2], status;

	assert_int_equal(pipe(start), 0);
	(void)fflush(NULL);
	for (int i = 0; i < MACHINES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			close(start[1]);
			be_a_machine(w, i, start[0]);
		}
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < MACHINES; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	for (int round = 0; round < ROUNDS; round++)
		every_machine_finds_its_version_once(w, round);
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 2 * MACHINES * ROUNDS);
}

/* Two stores on the loop, two pool threads; `contents` are b's. */
static void race(struct world *w, struct store *b, const char *key, const char *contents)
{
	struct version va = version_of('1', "of machine a"), vb = version_of('2', contents);
	struct ask asks[2] = {ask_for(STORE_PUT, key), ask_for(STORE_PUT, key)};
	char source[SCRATCH_PATH];

	asks[0] = ask_to_put(w, key, &va, "of machine a");
	(void)snprintf(source, sizeof(source), "%s/spooled-b", w->scratch.path);
	scratch_write(source, contents);
	asks[1].r.file = source;
	asks[1].r.version = &vb;
	ask_start(w, w->store, &asks[0]);
	ask_start(w, b, &asks[1]);
	world_wait(w, &asks[0].ended);
	world_wait(w, &asks[1].ended);

	int winner = asks[0].e.code == ERR_NONE ? 0 : 1;
	assert_int_equal(asks[winner].e.code, ERR_NONE);
	assert_int_equal(asks[!winner].e.code, ERR_EXISTS);
	holds(in_store(w, key), winner ? contents : "of machine a");
	struct ask head = ask_for(STORE_HEAD, key);
	assert_int_equal(ask(w, &head), ERR_NONE);
	assert_string_equal(head.r.got.tags.id, winner ? vb.id : va.id);
}

static void threads_that_race_for_a_key_have_one_winner(void **state)
{
	struct world *w = *state;
	struct store *b = world_store(w, MACHINE_B, true);
	char key[OBJKEY_ROOM];

	for (int i = 0; i < 2 * ROUNDS; i++) {
		objkey_make(key, "parts.db", i * INT64_C(1000000));
		race(w, b, key, "of machine b");
	}
	world_end_store(w, b);
}

/* The same bytes do not make two versions one. */
static void twins_that_race_for_a_key_have_one_winner(void **state)
{
	struct world *w = *state;
	struct store *b = world_store(w, MACHINE_B, true);
	char key[OBJKEY_ROOM];

	for (int i = 0; i < 2 * ROUNDS; i++) {
		objkey_make(key, "parts.db", i * INT64_C(1000000));
		race(w, b, key, "of machine a");
	}
	world_end_store(w, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(processes_that_race_for_a_key_overwrite_nothing),
		IN_STORE(threads_that_race_for_a_key_have_one_winner),
		IN_STORE(twins_that_race_for_a_key_have_one_winner),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
