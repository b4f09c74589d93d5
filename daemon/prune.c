#include "daemon/prune.h"

#include "common/log.h"
#include "common/text.h"
#include "daemon/deletion.h"
#include "daemon/io/alarm.h"

#include <string.h>

#define ROUND 1000               /* versions that one look at the rules names, at most */
#define DAY   UINT64_C(86400000) /* ms until a store that forbids it is tried again */

/* A version that goes. */
struct goer {
	struct leaving l;
	uint64_t size; /* 0: not known */
	enum keep_why why;
	bool begun; /* in state.db, before this round */
};

struct slot {
	struct deletion deletion;
	struct prune *prune;
};

struct prune {
	struct prune_options o;
	struct slot slots[PRUNE_MOST];
	struct goer *goers; /* of this round */
	size_t count, at;
	struct keep_rules rules;
	char (*due)[CONFIG_NAME_MAX + 1]; /* databases to look at */
	size_t due_count;
	bool unfinished;  /* state.db may know what was begun */
	bool going;       /* go_on() is at work further up */
	struct err error; /* it is forbidden */
	struct err ended; /* how this round ended; NONE */
	uint64_t again;
	struct prune_ask *asks; /* the first is under way */
	bool stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

static int64_t store_of(const struct prune *p)
{
	return storage_id(p->o.storage);
}

static bool is_busy(const struct prune *p)
{
	for (size_t i = 0; i < PRUNE_MOST; i++)
		if (p->slots[i].deletion.busy)
			return true;
	return false;
}

struct keeping_ask prune_keeping(const struct prune *p)
{
	return (struct keeping_ask){.state = p->o.state,
		.store = store_of(p),
		.config = p->o.config,
		.now = p->o.now(p->o.arg),
		.restoring = p->o.restoring(p->o.arg),
		.named = ""};
}

/* --- what goes --------------------------------------------------------- */

static void add_due(struct prune *p, const char *database)
{
	for (size_t i = 0; i < p->due_count; i++)
		if (strcmp(p->due[i], database) == 0)
			return;
	p->due = reallocarray(p->due, p->due_count + 1, sizeof(*p->due));
	REQUIRE(p->due);
	text_cut(p->due[p->due_count++], sizeof(*p->due), database);
}

static void add_all(struct prune *p, struct err *e)
{
	struct text names = {0};
	char *rest = NULL;

	if (!kept_databases(p->o.state, store_of(p), &names, e) && names.length)
		for (char *name = strtok_r(names.at, "\n", &rest); name;
			name = strtok_r(NULL, "\n", &rest))
			add_due(p, name);
	text_free(&names);
}

static struct goer *add_goer(struct prune *p)
{
	p->goers = reallocarray(p->goers, p->count + 1, sizeof(*p->goers));
	REQUIRE(p->goers);
	p->goers[p->count] = (struct goer){0};
	return &p->goers[p->count++];
}

static void forget_goers(struct prune *p)
{
	free(p->goers);
	p->goers = NULL;
	p->count = p->at = 0;
}

static bool is_under_way(const struct prune *p, const char *key)
{
	for (size_t i = 0; i < PRUNE_MOST; i++)
		if (p->slots[i].deletion.busy && strcmp(p->slots[i].deletion.l.key, key) == 0)
			return true;
	return false;
}

static void add_begun(void *arg, const struct leaving *l)
{
	if (is_under_way(arg, l->key))
		return;
	struct goer *g = add_goer(arg);
	g->l = *l;
	g->begun = true;
}

/* The oldest first, and not too many: what stays may be another matter then. */
static void add_round(struct prune *p, const struct keeping *k)
{
	for (size_t i = k->count; i-- > 0 && p->count < ROUND;) {
		const struct keeping_row *row = &k->rows[i];

		if (keep_stays(row->k.why))
			continue;
		struct goer *g = add_goer(p);
		memcpy(g->l.key, row->key, sizeof(g->l.key));
		memcpy(g->l.version, row->id, sizeof(g->l.version));
		g->size = row->size;
		g->why = row->k.why;
	}
	p->rules = k->rules;
}

static void look_at(struct prune *p, struct err *e)
{
	struct keeping_ask ask = prune_keeping(p);
	const char *database = p->due[p->due_count - 1];
	struct keeping k;

	if (p->asks)
		ask.named = p->asks->named;
	if (!keeping_judge(&k, &ask, database, e))
		add_round(p, &k);
	keeping_end(&k);
	if (p->count < ROUND) /* else it is looked at again */
		p->due_count--;
}

/* Where the goers are at their end; false: nothing is left to look at. */
static bool look(struct prune *p)
{
	struct err e = {0};

	forget_goers(p);
	if (p->unfinished) {
		p->unfinished = false;
		e.code = leaving_each(p->o.state, store_of(p), add_begun, p, &e);
	} else if (p->due_count) {
		look_at(p, &e);
	} else {
		return false;
	}
	if (!e.code)
		return true;
	log_error("state", "error=\"%s\"", e.text);
	p->due_count = 0;
	p->ended = e;
	return false;
}

/* --- going on ---------------------------------------------------------- */

/* What came since the round was looked at. */
static bool is_in_use(const struct prune *p, const struct goer *g)
{
	return !g->begun && strcmp(p->o.restoring(p->o.arg), g->l.key) == 0;
}

static enum err_code begin(struct prune *p, struct deletion *d, const struct goer *g, struct err *e)
{
	struct text why = {0};

	d->l = g->l;
	d->size = g->size;
	d->begun = g->begun;
	(void)objkey_read(g->l.key, d->database, NULL);
	if (g->begun)
		text_add(&why, "what was begun before is finished");
	else
		keep_words(g->why, &p->rules, &why);
	text_cut(d->why, sizeof(d->why), why.at);
	text_free(&why);
	return deletion_start(d, e);
}

static bool may_begin(const struct prune *p)
{
	return !*p->o.closing && !p->stopping && storage_store(p->o.storage) &&
		p->again == ALARM_NEVER && !transfer_busy(p->o.transfer);
}

/* This round is over before its end. */
static void give_up(struct prune *p, const struct err *e)
{
	forget_goers(p);
	p->due_count = 0;
	p->unfinished = false;
	p->ended = *e;
}

static void begin_some(struct prune *p)
{
	struct err e;

	for (size_t i = 0; i < PRUNE_MOST; i++) {
		struct deletion *d = &p->slots[i].deletion;

		while (!d->busy && (p->at < p->count || look(p))) {
			if (p->at == p->count)
				continue;
			const struct goer *g = &p->goers[p->at++];
			if (!is_in_use(p, g) && begin(p, d, g, &e)) {
				log_error("state", "error=\"%s\"", e.text);
				give_up(p, &e);
			}
		}
	}
}

static void answer(struct prune *p)
{
	struct prune_ask *ask = p->asks;
	struct err e = p->ended;

	if (!e.code && p->error.code)
		e = p->error;
	p->asks = ask->next;
	p->ended = (struct err){0};
	ask->done(ask, &e);
	if (!p->asks)
		return;
	add_all(p, &p->ended);
	prune_go_on(p);
}

void prune_go_on(struct prune *p)
{
	if (p->going)
		return;
	p->going = true;
	if (may_begin(p))
		begin_some(p);
	p->going = false;
	bool waits = (p->due_count || p->at < p->count) && p->again == ALARM_NEVER;
	if (is_busy(p))
		return;
	if (p->stopping)
		p->stopped(p->stopped_arg);
	else if (p->asks && !waits)
		answer(p);
}

/* --- how it went ------------------------------------------------------- */

static void forbidden(struct prune *p, const struct err *e)
{
	if (strcmp(p->error.text, e->text) != 0)
		log_warning("retention", "error=\"%s\"", e->text);
	p->error = *e;
	p->again = alarm_now() + DAY;
	p->o.moved(p->o.arg);
}

static void on_ended(struct deletion *d, const struct err *e)
{
	struct prune *p = owner_of(d, struct slot, deletion)->prune;

	if (e->code)
		give_up(p, e);
	if (deletion_is_forbidden(e)) {
		forbidden(p, e);
	} else if (!e->code) {
		if (p->error.code)
			p->o.moved(p->o.arg);
		p->error = (struct err){0};
		budget_deleted(p->o.budget, d->size);
		if (p->asks)
			p->asks->deleted++;
	}
	prune_go_on(p);
}

/* --- what comes from outside ------------------------------------------- */

struct prune *prune_open(const struct prune_options *o)
{
	struct prune *p = text_room(1, sizeof(*p));

	p->o = *o;
	p->again = ALARM_NEVER;
	for (size_t i = 0; i < PRUNE_MOST; i++)
		p->slots[i] = (struct slot){
			.prune = p,
			.deletion = {.state = o->state, .storage = o->storage, .ended = on_ended}
                };
	return p;
}

void prune_kick(struct prune *p, const char *database)
{
	p->unfinished = true;
	add_due(p, database);
	prune_go_on(p);
}

void prune_resume(struct prune *p)
{
	p->unfinished = true;
	prune_go_on(p);
}

void prune_changed(struct prune *p)
{
	for (size_t i = p->at; i < p->count; i++) {
		char database[CONFIG_NAME_MAX + 1];

		if (objkey_read(p->goers[i].l.key, database, NULL))
			add_due(p, database);
	}
	p->unfinished = true;
	forget_goers(p);
	p->o.moved(p->o.arg);
	prune_go_on(p);
}

uint64_t prune_due(const struct prune *p)
{
	return p->again;
}

void prune_turn(struct prune *p, uint64_t now)
{
	struct err e;

	if (p->again > now)
		return;
	p->again = ALARM_NEVER;
	p->unfinished = true;
	add_all(p, &e);
	prune_go_on(p);
}

const struct err *prune_error(const struct prune *p)
{
	return p->error.code ? &p->error : NULL;
}

void prune_now(struct prune *p, struct prune_ask *ask)
{
	struct prune_ask **last = &p->asks;

	struct err e;

	ask->deleted = 0;
	ask->next = NULL;
	if (!storage_store(p->o.storage)) {
		err_set(&e, ERR_OFFLINE, "Storage backend not available: %s",
			storage_see(p->o.storage).error);
		ask->done(ask, &e);
		return;
	}
	while (*last)
		last = &(*last)->next;
	*last = ask;
	if (p->asks != ask)
		return;
	forget_goers(p);
	p->ended = (struct err){0};
	p->again = ALARM_NEVER; /* a person may have mended it */
	p->unfinished = true;
	add_all(p, &p->ended);
	prune_go_on(p);
}

void prune_stop(struct prune *p, void (*stopped)(void *arg), void *arg)
{
	const struct err e = {.code = ERR_CANCELED, .text = "casmand stops or reloads"};

	for (struct prune_ask *ask = p->asks, *next; ask; ask = next) {
		next = ask->next;
		ask->done(ask, &e);
	}
	p->asks = NULL;
	give_up(p, &e);
	p->stopping = true;
	p->stopped = stopped;
	p->stopped_arg = arg;
	prune_go_on(p);
}

void prune_free(struct prune *p)
{
	forget_goers(p);
	free(p->due);
	free(p);
}
