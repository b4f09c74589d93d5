/* state_world.h - a state.db with two databases and a store, and versions for it. */
#pragma once

#include "check.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/io/digest.h"
#include "daemon/io/state.h"
#include "scratch.h"

#define DAY  (86400 * STAMP_SECOND)
#define NOON (20000 * DAY)

struct fixture {
	struct scratch scratch;
	struct state *state;
	int64_t store;
};

static inline int set_up(void **at)
{
	static const char *const both[] = {"parts.db", "assembled.db"};
	struct fixture *f = text_room(1, sizeof(*f));
	struct err e;

	digest_open();
	/* In memory where there is that: thousands of fsyncs would prove nothing here. */
	scratch_open_below(&f->scratch, access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_int_equal(state_open(&f->state, f->scratch.path, &e), ERR_NONE);
	assert_int_equal(state_watched(f->state, both, 2, &e), ERR_NONE);
	assert_int_equal(state_store(f->state, "file:1", &f->store, &e), ERR_NONE);
	*at = f;
	return 0;
}

static inline int tear_down(void **at)
{
	struct fixture *f = *at;

	state_close(f->state);
	scratch_close(&f->scratch);
	free(f);
	digest_close();
	return 0;
}

#define STATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static inline void again(struct fixture *f)
{
	struct err e;

	state_close(f->state);
	assert_int_equal(state_open(&f->state, f->scratch.path, &e), ERR_NONE);
}

/* Captures `v`, of which the database's name, the scans and the flags are given: a second after the
 * one before it, unless it has a timestamp. */
static inline void captured_as(struct fixture *f, struct state_version *v, char id[33])
{
	struct state_database d;
	struct err e;

	assert_int_equal(state_database_get(f->state, v->v.db_name, &d, &e), ERR_NONE);
	digest_random_id(v->v.id);
	memcpy(id, v->v.id, sizeof(v->v.id));
	text_cut(v->v.machine, sizeof(v->v.machine), state_machine(f->state));
	v->v.sequence = ++d.sequence;
	v->v.record_count = 7;
	v->v.size = 4096;
	v->spooled = true;
	v->key_moment = d.newest_key = NOON + (int64_t)d.sequence * STAMP_SECOND;
	if (!v->v.timestamp)
		v->v.timestamp = v->key_moment;
	memcpy(d.base, v->v.id, sizeof(d.base));
	assert_int_equal(state_captured(f->state, v, &d, &e), ERR_NONE);
}

/* A version of `database` that covers all scans up to `scans`. */
static inline void captured(struct fixture *f, const char *database, int64_t scans, char id[33])
{
	struct state_version v = {.scans = scans};

	text_cut(v.v.db_name, sizeof(v.v.db_name), database);
	captured_as(f, &v, id);
}

static inline void copy_is(
	struct fixture *f, const char *id, enum copy_state state, const char *error)
{
	struct err e;

	assert_int_equal(
		state_copy_put(f->state, &(struct state_copy){id, f->store, state, "k", error}, &e),
		ERR_NONE);
}

static inline void stored(struct fixture *f, const char *id)
{
	copy_is(f, id, COPY_STORED, "");
}
