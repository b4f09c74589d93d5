/* store_world.h - a loop, a scratch folder with a store in it, and requests that are awaited. */
#pragma once

#include "daemon/io/digest.h"
#include "daemon/io/store.h"
#include "tests/scratch.h"

#include <uv.h>

#define KEY       "backups/parts.db/20241208_143022_parts.db"
#define OTHER_KEY "backups/parts.db/20241208_143023_parts.db"
#define MACHINE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MACHINE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct world {
	struct scratch scratch;
	uv_loop_t loop;
	struct store *store;       /* machine A's */
	char place[SCRATCH_PATH];  /* of the store */
	char source[SCRATCH_PATH]; /* of a spool file */
	unsigned open;             /* stores and requests that have not ended */
};

/* A request, and how it ended. */
struct ask {
	struct store_request r;
	struct world *world;
	struct err e;
	bool ended;
};

static inline struct store *world_store(struct world *w, const char *machine, bool known)
{
	const struct store_options options = {.machine = machine, .path = w->place, .known = known};

	w->open++;
	return store_open_file(&w->loop, &options);
}

/* Without a store. */
static inline void world_begin(struct world *w)
{
	*w = (struct world){0};
	scratch_open(&w->scratch);
	(void)snprintf(w->place, sizeof(w->place), "%s/store", w->scratch.path);
	(void)snprintf(w->source, sizeof(w->source), "%s/spooled", w->scratch.path);
	assert_int_equal(uv_loop_init(&w->loop), 0);
}

static inline void world_open(struct world *w)
{
	world_begin(w);
	w->store = world_store(w, MACHINE_A, false);
}

static inline void world_wait(struct world *w, const bool *flag)
{
	while (!*flag) {
		int more = uv_run(&w->loop, UV_RUN_ONCE);

		assert_true(*flag || more);
	}
}

static inline void world_on_closed(void *arg)
{
	struct world *w = arg;

	w->open--;
}

static inline void world_end_store(struct world *w, struct store *s)
{
	store_close(s, world_on_closed, w);
}

/* Nothing may be left in the loop, nor any request unanswered. */
static inline void world_close(struct world *w)
{
	if (w->store)
		world_end_store(w, w->store);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(w->open, 0);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	scratch_close(&w->scratch);
}

static inline void ask_done(struct store_request *r, const struct err *e)
{
	struct ask *a = owner_of(r, struct ask, r);

	assert_false(a->ended);
	a->e = *e;
	a->ended = true;
	a->world->open--;
}

static inline void ask_start(struct world *w, struct store *s, struct ask *a)
{
	a->world = w;
	a->ended = false;
	a->r.done = ask_done;
	w->open++;
	store_start(s, &a->r);
	assert_false(a->ended); /* never from inside */
}

static inline enum err_code ask_of(struct store *s, struct world *w, struct ask *a)
{
	ask_start(w, s, a);
	world_wait(w, &a->ended);
	return a->e.code;
}

/* Of machine A's store. */
static inline enum err_code ask(struct world *w, struct ask *a)
{
	return ask_of(w->store, w, a);
}

static inline struct ask ask_for(enum store_verb verb, const char *key)
{
	struct ask a = {.r = {.verb = verb}};

	(void)snprintf(a.r.key, sizeof(a.r.key), "%s", key);
	return a;
}

/* A version of these contents; its id is 32 times the letter. */
static inline struct version version_of(char letter, const char *contents)
{
	struct version v = {.db_name = "parts.db", .sequence = 1, .size = strlen(contents)};
	struct digest d;

	memset(v.id, letter, VERSION_ID);
	memcpy(v.machine, MACHINE_A, sizeof(v.machine));
	memset(v.content, '0', VERSION_HASH);
	digest_begin(&d);
	digest_add(&d, contents, v.size);
	digest_end(&d, v.checksum);
	return v;
}

/* PUT of a database: its contents are written to the world's spool file first. */
static inline struct ask ask_to_put(
	struct world *w, const char *key, const struct version *v, const char *contents)
{
	struct ask a = ask_for(STORE_PUT, key);

	scratch_write(w->source, contents);
	a.r.file = w->source;
	a.r.version = v;
	return a;
}

static inline enum err_code put(
	struct world *w, const char *key, const struct version *v, const char *contents)
{
	struct ask a = ask_to_put(w, key, v, contents);

	return ask(w, &a);
}

static inline enum err_code put_metadata(
	struct world *w, const char *key, const struct version *v, const char *bytes)
{
	struct ask a = ask_for(STORE_PUT, key);

	(void)snprintf(a.r.key, sizeof(a.r.key), "%s" OBJKEY_METADATA, key);
	a.r.bytes = bytes;
	a.r.length = strlen(bytes);
	a.r.version = v;
	return ask(w, &a);
}

/* Path of something in the store; good until the next call. */
static inline const char *in_store(const struct world *w, const char *name)
{
	static char path[2 * SCRATCH_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", w->place, name);
	return path;
}

static inline bool is_in_store(const struct world *w, const char *name)
{
	return access(in_store(w, name), F_OK) == 0;
}

static inline void holds(const char *path, const char *expected)
{
	char bytes[1000];
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	size_t length = fread(bytes, 1, sizeof(bytes) - 1, f);
	bytes[length] = '\0';
	assert_int_equal(fclose(f), 0);
	assert_string_equal(bytes, expected);
}

/* A world where no store was yet, and no thread. */
static inline int world_set_up_new(void **state)
{
	static struct world w;

	world_open(&w);
	*state = &w;
	return 0;
}

/* One where the store was used before. */
static inline int world_set_up(void **state)
{
	struct ask a = ask_for(STORE_PROBE, "");

	world_set_up_new(state);
	assert_int_equal(ask(*state, &a), ERR_NONE);
	assert_true(a.r.got.first_use);
	return 0;
}

static inline int world_tear_down(void **state)
{
	world_close(*state);
	return 0;
}

typedef bool world_script(struct world *w);

/* A new process with a loop and a store of its own in the same folders; `first` is called before it
 * has any thread.  It ends with 0 if the script answers true. */
static inline pid_t world_fork(const struct world *w, void (*first)(void), world_script *run)
{
	(void)fflush(NULL);
	pid_t child = fork();
	if (child != 0)
		return child;
	struct world own = {.scratch = w->scratch};
	memcpy(own.place, w->place, sizeof(own.place));
	memcpy(own.source, w->source, sizeof(own.source));
	if (first)
		first();
	if (uv_loop_init(&own.loop))
		_exit(2);
	own.store = world_store(&own, MACHINE_A, false);
	syscall(SYS_exit_group, run(&own) ? 0 : 1); /* _exit() of a sanitizer takes a second */
	abort();
}

static inline void world_run(const struct world *w, void (*first)(void), world_script *run)
{
	int status;
	pid_t child = world_fork(w, first, run);

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up_new, world_tear_down)
#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)
