#include "daemon/upkeep.h"

#include "common/log.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/diary.h"
#include "daemon/duty.h"
#include "daemon/io/alarm.h"
#include "daemon/maintain.h"
#include "daemon/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RETRY     (UINT64_C(3600) * 1000) /* ms after a failure */
#define RESTING   1000                    /* ms between two looks whether a restore is over */
#define HEALS     16                      /* databases that are healed at a time */
#define HEALED    2000 /* ms from a bad version to the proof of the next: alerts look each second */
#define FOLLOWERS 8
#define TELL_STEP 10 /* objects between two words to who waits for a maintain */

/* A database of which a version was found bad, and waits for the next to be stored. */
struct heal {
	char database[CONFIG_NAME_MAX + 1];
	char id[VERSION_ID + 1]; /* of that next one; "": not there yet */
	uint64_t due;
};

struct upkeep {
	const struct restores *restores;
	void (*moved)(void *arg);
	void *arg;
	struct engine *engine; /* NULL: none stands */
	struct {
		uint64_t from;         /* alarm_now(): since when the steady clock counts */
		bool done;             /* in this run */
		uint64_t retry;        /* alarm_now(): not before; 0: at once */
		enum err_code failure; /* of the last time; NONE */
		uint64_t look; /* alarm_now(): when clocks and state.db are looked at again */
	} duties[DUTIES];
	struct verify *proof, *asked; /* by itself, and for a person */
	struct maintain *maintain;
	struct upkeep_want verify_want;
	struct upkeep_want followers[FOLLOWERS]; /* who waits for the maintain; done NULL: free */
	bool resting;
	struct heal heals[HEALS];
};

static const struct engine_parts *parts_of(const struct upkeep *u)
{
	return engine_parts(u->engine);
}

struct upkeep *upkeep_open(const struct restores *restores, void (*moved)(void *arg), void *arg)
{
	struct upkeep *u = text_room(1, sizeof(*u));

	u->restores = restores;
	u->moved = moved;
	u->arg = arg;
	for (size_t i = 0; i < DUTIES; i++)
		u->duties[i].from = alarm_now();
	return u;
}

void upkeep_close(struct upkeep *u)
{
	REQUIRE(!u->proof && !u->asked && !u->maintain);
	free(u);
}

/* --- before each object ------------------------------------------------ */

static enum err_code restore_first(struct upkeep *u, struct err *e)
{
	if (!restores_busy(u->restores))
		return ERR_NONE;
	u->resting = true;
	u->moved(u->arg);
	return err_set(e, ERR_BUSY, "a restore is under way");
}

static enum err_code ready_to_prove(void *arg, struct err *e)
{
	return restore_first(arg, e) ? e->code
				     : budget_allows(parts_of(arg)->budget, QUOTA_PROOF, e);
}

static enum err_code ready_to_maintain(void *arg, struct err *e)
{
	return restore_first(arg, e) ? e->code
				     : budget_allows(parts_of(arg)->budget, QUOTA_MAINTAIN, e);
}

/* --- a duty that ended by itself --------------------------------------- */

/* What was cut, or waits for a store that is away, is no news. */
static void duty_failed(struct upkeep *u, enum duty duty, const struct err *e)
{
	u->duties[duty].retry = alarm_now() + RETRY;
	if (e->code == ERR_QUOTA && u->engine)
		u->duties[duty].retry = budget_again(parts_of(u)->budget);
	if (e->code != ERR_OFFLINE && e->code != ERR_CANCELED && e->code != u->duties[duty].failure)
		log_warning("upkeep", "what=%s error=\"%s\"", duty_name(duty), e->text);
	u->duties[duty].failure = e->code;
	u->duties[duty].look = 0;
	u->moved(u->arg);
}

static void duty_done(struct upkeep *u, enum duty duty)
{
	u->duties[duty].from = alarm_now();
	u->duties[duty].done = true;
	u->duties[duty].failure = ERR_NONE;
	u->duties[duty].retry = u->duties[duty].look = 0;
	u->moved(u->arg);
}

/* --- proof ------------------------------------------------------------- */

/* The pipeline makes a new version of what is still in the database, if this was its base. */
static void on_bad_again(void *arg, const struct version *bad)
{
	const struct upkeep *u = arg;

	(void)bad;
	pipeline_store(parts_of(u)->pipeline, storage_id(parts_of(u)->storage));
}

static struct heal *heal_of(struct upkeep *u, const char *database)
{
	for (size_t i = 0; i < HEALS; i++)
		if (strcmp(u->heals[i].database, database) == 0)
			return &u->heals[i];
	return NULL;
}

/* And that is proven, but only once: a store that spoils all that it gets shall not get it for ever.
 */
static void on_found_bad(void *arg, const struct version *bad)
{
	struct upkeep *u = arg;
	struct heal *free_one = heal_of(u, "");
	char identity[VERSION_ID + 1];
	struct state_database row;
	struct err e;

	version_identity(bad, identity);
	if (!heal_of(u, bad->db_name) && free_one &&
		!state_database_get(parts_of(u)->state, bad->db_name, &row, &e) &&
		strcmp(row.base, identity) == 0) {
		*free_one = (struct heal){.due = alarm_now() + HEALED};
		memcpy(free_one->database, bad->db_name, sizeof(free_one->database));
	}
	on_bad_again(u, bad);
}

static void tell_proof(const struct doc *result)
{
	log_info("proof", "proven=%" PRId64 " bad=%" PRId64,
		doc_as_int(doc_get(result, "proven"), 0), doc_as_int(doc_get(result, "bad"), 0));
}

static void proof_was_done(struct upkeep *u)
{
	const struct engine_parts *p = parts_of(u);
	struct state_upkeep now;
	struct err e;

	duty_done(u, DUTY_PROOF);
	if (!state_upkeep_get(p->state, storage_id(p->storage), STATE_PROOF, &now, &e)) {
		now.last_at = engine_clock(p);
		e.code = state_upkeep_put(p->state, storage_id(p->storage), STATE_PROOF, &now, &e);
	}
	if (e.code)
		log_error("state", "error=\"%s\"", e.text);
}

static void on_proof(void *arg, struct doc *result, const struct err *e)
{
	struct upkeep *u = arg;

	tell_proof(result);
	doc_free(result);
	if (e)
		duty_failed(u, DUTY_PROOF, e);
	else
		proof_was_done(u);
}

static void prove_by_itself(struct upkeep *u)
{
	verify_start(&u->proof, parts_of(u),
		&(struct verify_want){.ready = ready_to_prove,
			.found = on_found_bad,
			.done = on_proof,
			.arg = u});
}

static void on_healed(void *arg, struct doc *result, const struct err *e)
{
	const struct upkeep *u = arg;

	(void)e; /* the next proof is not far */
	tell_proof(result);
	doc_free(result);
	u->moved(u->arg);
}

/* What was stored in the place of a bad version is proven at once. */
static uint64_t heal(struct upkeep *u, uint64_t now)
{
	uint64_t next = ALARM_NEVER;

	for (size_t i = 0; i < HEALS; i++) {
		struct heal *h = &u->heals[i];

		if (!h->id[0])
			continue;
		if (h->due > now || u->proof) {
			next = h->due > now && h->due < next ? h->due : next;
			continue;
		}
		struct heal it = *h;
		*h = (struct heal){0};
		verify_start(&u->proof, parts_of(u),
			&(struct verify_want){.key = it.id,
				.ready = ready_to_prove,
				.found = on_bad_again,
				.done = on_healed,
				.arg = u});
	}
	return next;
}

void upkeep_uploaded(struct upkeep *u, const char *id, enum copy_state state)
{
	struct state_version v;
	struct heal *h;
	struct err e;

	if (!id || state != COPY_STORED || !u->engine ||
		state_version_get(parts_of(u)->state, id, 0, &v, &e))
		return;
	h = heal_of(u, v.v.db_name);
	if (h)
		memcpy(h->id, id, sizeof(v.v.id));
	state_version_end(&v);
}

/* --- for a person ------------------------------------------------------ */

static void on_verify_progress(void *arg, struct doc *params)
{
	const struct upkeep *u = arg;

	u->verify_want.progress(u->verify_want.arg, params);
}

static void on_verified(void *arg, struct doc *result, const struct err *e)
{
	const struct upkeep *u = arg;
	const struct upkeep_want *want = &u->verify_want;
	/* What is bad is worse news than what hindered. */
	bool told = !e || doc_as_int(doc_get(result, "bad"), 0);

	if (told)
		tell_proof(result);
	else
		doc_free(result);
	u->moved(u->arg); /* alerts want to look */
	want->done(want->arg, told ? result : NULL, told ? NULL : e);
}

void upkeep_verify(struct upkeep *u, const struct upkeep_want *want)
{
	struct err e;

	if (u->asked) {
		err_set(&e, ERR_BUSY, "another verify is under way: try again when it is done");
		want->done(want->arg, NULL, &e);
		return;
	}
	u->verify_want = *want;
	verify_start(&u->asked, parts_of(u),
		&(struct verify_want){.key = want->key,
			.database = want->database,
			.all = want->all,
			.ready = ready_to_prove,
			.progress = on_verify_progress,
			.found = on_found_bad,
			.done = on_verified,
			.arg = u});
}

/* --- maintain ---------------------------------------------------------- */

static struct doc *maintained(const struct state_upkeep *now, const char *words)
{
	struct doc *d = doc_object();

	doc_put_int(d, "touched", now->touched);
	doc_put_int(d, "moved", now->moved);
	doc_put_int(d, "kept", now->kept);
	doc_put_int(d, "failed", now->failed);
	doc_put_int(d, "class_a", now->class_a);
	doc_put_int(d, "class_b", now->class_b);
	doc_put_text(d, "error", *words ? words : NULL);
	return d;
}

static void on_maintaining(void *arg, const struct state_upkeep *now)
{
	const struct upkeep *u = arg;

	for (size_t i = 0; i < FOLLOWERS && now->touched % TELL_STEP == 0; i++) {
		const struct upkeep_want *want = &u->followers[i];

		if (!want->done)
			continue;
		struct doc *params = maintained(now, "");
		doc_put_text(params, "state", "maintaining");
		want->progress(want->arg, params);
	}
}

static void tell_maintained(
	const struct upkeep *u, const struct state_upkeep *now, const char *words)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		"%" PRId64 " touched, %" PRId64 " moved, %" PRId64 " kept, %" PRId64 " failed",
		now->touched, now->moved, now->kept, now->failed);
	log_info("maintained",
		"touched=%" PRId64 " moved=%" PRId64 " kept=%" PRId64 " failed=%" PRId64,
		now->touched, now->moved, now->kept, now->failed);
	if (*words)
		log_warning("upkeep", "what=maintain error=\"%s\"", words);
	diary(parts_of(u)->state, HISTORY_MAINTAINED, NULL, text);
}

static void on_maintained(
	void *arg, const struct state_upkeep *now, const char *words, const struct err *e)
{
	struct upkeep *u = arg;
	struct upkeep_want followers[FOLLOWERS];

	memcpy(followers, u->followers, sizeof(followers));
	memset(u->followers, 0, sizeof(u->followers));
	if (e) {
		duty_failed(u, DUTY_MAINTAIN, e);
	} else {
		duty_done(u, DUTY_MAINTAIN);
		tell_maintained(u, now, words);
	}
	for (size_t i = 0; i < FOLLOWERS; i++)
		if (followers[i].done)
			followers[i].done(followers[i].arg, e ? NULL : maintained(now, words), e);
}

static void begin_maintain(struct upkeep *u)
{
	maintain_start(&u->maintain, parts_of(u),
		&(struct maintain_want){.ready = ready_to_maintain,
			.progress = on_maintaining,
			.done = on_maintained,
			.arg = u});
}

void upkeep_maintain(struct upkeep *u, const struct upkeep_want *want)
{
	const char *idle = duty_idle(parts_of(u), DUTY_MAINTAIN);
	size_t i = 0;
	struct err e;

	while (i < FOLLOWERS && u->followers[i].done)
		i++;
	if (idle) {
		struct doc *d = maintained(&(struct state_upkeep){0}, "");

		doc_put_text(d, "idle", idle);
		want->done(want->arg, d, NULL);
	} else if (i == FOLLOWERS) {
		err_set(&e, ERR_BUSY, "%d wait for a maintain already", FOLLOWERS);
		want->done(want->arg, NULL, &e);
	} else {
		u->followers[i] = *want;
		if (!u->maintain)
			begin_maintain(u);
	}
}

/* --- when it is due ---------------------------------------------------- */

static bool is_under_way(const struct upkeep *u, enum duty duty)
{
	return duty == DUTY_PROOF ? u->proof != NULL : u->maintain != NULL;
}

/* So that the first time counts from somewhere, also after a restart. */
static enum err_code hear_of(
	struct upkeep *u, enum duty duty, struct state_upkeep *row, struct err *e)
{
	const struct engine_parts *p = parts_of(u);

	if (row->since != STAMP_NONE || !engine_clock_known(p))
		return ERR_NONE;
	row->since = engine_clock(p);
	return state_upkeep_put(p->state, storage_id(p->storage), duty_name(duty), row, e);
}

static bool is_due(struct upkeep *u, enum duty duty, uint64_t now)
{
	struct state_upkeep row;
	struct rota rota;
	struct err e;

	if (duty_rota(parts_of(u), duty, &rota, &row, &e) || hear_of(u, duty, &row, &e)) {
		duty_failed(u, duty, &e);
		return false;
	}
	rota.steady = (int64_t)(now - u->duties[duty].from) * 1000;
	rota.done = u->duties[duty].done;
	uint64_t wait = rota_wait(&rota);
	u->duties[duty].look = wait == ROTA_NEVER ? ALARM_NEVER : now + wait;
	return !wait;
}

static uint64_t turn_duty(struct upkeep *u, enum duty duty, uint64_t now)
{
	const struct engine_parts *p = parts_of(u);
	bool reached = storage_see(p->storage).reached == 1;

	if (!p->config->enabled || !storage_id(p->storage) || !storage_store(p->storage) ||
		duty_idle(p, duty) || is_under_way(u, duty))
		return ALARM_NEVER;
	if (u->duties[duty].retry > now && !(u->duties[duty].failure == ERR_OFFLINE && reached))
		return u->duties[duty].retry;
	if (now < u->duties[duty].look || !is_due(u, duty, now))
		return u->duties[duty].look;
	u->duties[duty].look = 0;
	struct err e;
	if (budget_allows(p->budget, duty == DUTY_PROOF ? QUOTA_PROOF : QUOTA_MAINTAIN, &e)) {
		duty_failed(u, duty, &e);
		return u->duties[duty].retry;
	}
	if (duty == DUTY_PROOF)
		prove_by_itself(u);
	else
		begin_maintain(u);
	return ALARM_NEVER;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void go_on(struct upkeep *u)
{
	u->resting = false;
	if (u->maintain)
		maintain_go_on(u->maintain);
	if (u->proof)
		verify_go_on(u->proof);
	if (u->asked)
		verify_go_on(u->asked);
}

uint64_t upkeep_turn(struct upkeep *u, uint64_t now)
{
	uint64_t next = ALARM_NEVER;

	if (!u->engine)
		return ALARM_NEVER;
	if (u->resting && !restores_busy(u->restores))
		go_on(u);
	next = least(heal(u, now), u->resting ? now + RESTING : ALARM_NEVER);
	for (enum duty duty = 0; duty < DUTIES; duty++)
		next = least(next, turn_duty(u, duty, now));
	return next;
}

void upkeep_network_back(struct upkeep *u)
{
	for (size_t i = 0; i < DUTIES; i++)
		if (u->duties[i].failure == ERR_OFFLINE)
			u->duties[i].retry = 0;
}

/* --- the engine -------------------------------------------------------- */

void upkeep_stands(struct upkeep *u, struct engine *engine)
{
	u->engine = engine;
	for (size_t i = 0; i < DUTIES; i++)
		u->duties[i].retry = u->duties[i].look = 0;
}

void upkeep_abandon(struct upkeep *u)
{
	if (u->maintain)
		maintain_stop(u->maintain);
	if (u->proof)
		verify_stop(u->proof);
	if (u->asked)
		verify_stop(u->asked);
	u->engine = NULL;
}
