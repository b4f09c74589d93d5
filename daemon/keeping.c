#include "daemon/keeping.h"

#include "daemon/core/covering.h"

#include <string.h>

struct gathering {
	struct keeping *to;
	const struct keeping_ask *ask;
	struct covering *covering;
	char base[VERSION_ID + 1]; /* of the contents here */
	size_t room;
};

bool keeping_is_of(const struct version *v, const char *name)
{
	size_t length = strlen(name);

	if (!v->id[0] || !length)
		return false;
	return strcmp(v->host, name) == 0 ||
		(length >= KEEPING_DIGITS && strncmp(v->machine, name, length) == 0);
}

/* Others may be built on it: what it descends from lives on in it. */
static bool is_usable(const struct kept *k)
{
	return k->stored && !k->bad && !k->suspect && !k->safety && !k->unknown;
}

static struct keeping_row *add(struct gathering *g, const struct kept *k)
{
	struct keeping *to = g->to;
	char identity[VERSION_ID + 1];

	version_identity(&k->v, identity);
	if (to->count == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		to->rows = reallocarray(to->rows, g->room, sizeof(*to->rows));
		REQUIRE(to->rows);
	}
	struct keeping_row *row = &to->rows[to->count++];
	*row = (struct keeping_row){
		.size = k->v.size,
		.k = {.at = k->v.timestamp,
                      .named = keeping_is_of(&k->v, g->ask->named),
                      .stored = k->stored,
                      .proven = k->proven,
                      .bad = k->bad,
                      .suspect = k->suspect,
                      .safety = k->safety,
                      .pinned = k->pinned,
                      .unknown = k->unknown,
                      .restoring = strcmp(k->key, g->ask->restoring) == 0,
                      .base = identity[0] && strcmp(identity, g->base) == 0}
        };
	memcpy(row->key, k->key, sizeof(row->key));
	memcpy(row->id, k->v.id, sizeof(row->id));
	memcpy(row->machine, k->v.machine, sizeof(row->machine));
	memcpy(row->host, k->v.host, sizeof(row->host));
	return row;
}

/* First all of others: what they descend from, and clones, have to be known before ours. */
static void meet(void *arg, const struct kept *k)
{
	struct gathering *g = arg;

	if (k->unknown)
		return;
	covering_meet(g->covering, &k->v);
	if (is_usable(k))
		covering_add(g->covering, &k->v);
}

/* Ours come newest first: what covers one came before it. */
static void judge_ours(void *arg, const struct kept *k)
{
	struct gathering *g = arg;
	bool covered = covering_has(g->covering, &k->v);

	if (covered || is_usable(k))
		covering_add(g->covering, &k->v);
	if (!k->stored)
		return;
	struct keeping_row *row = add(g, k);
	row->k.ours = true;
	row->k.head = is_usable(k) && !covered;
}

static void judge_others(void *arg, const struct kept *k)
{
	struct gathering *g = arg;

	add(g, k)->k.head = is_usable(k) && !covering_has(g->covering, &k->v);
}

static enum err_code gather(struct gathering *g, struct err *e)
{
	struct state *s = g->ask->state;
	struct kept_of of = {
		.store = g->ask->store, .database = g->to->database, .each = meet, .arg = g};

	if (kept_others(s, &of, e))
		return e->code;
	of.each = judge_ours;
	if (kept_ours(s, &of, e))
		return e->code;
	of.each = judge_others;
	return kept_others(s, &of, e);
}

static void judge(struct keeping *to)
{
	struct keep_version *list = text_room(to->count + 1, sizeof(*list));

	for (size_t i = 0; i < to->count; i++)
		list[i] = to->rows[i].k;
	keep_judge(&to->rules, list, to->count);
	for (size_t i = 0; i < to->count; i++)
		to->rows[i].k = list[i];
	free(list);
}

enum err_code keeping_judge(
	struct keeping *to, const struct keeping_ask *ask, const char *database, struct err *e)
{
	struct gathering g = {.to = to, .ask = ask};
	struct state_database row;

	*to = (struct keeping){
		.rules = {.count = {ask->config->keep_versions, ask->config->keep_daily},
			  .now = ask->now}
        };
	text_cut(to->database, sizeof(to->database), database);
	if (config_find(ask->config, database)) {
		if (state_database_get(ask->state, database, &row, e))
			return e->code;
		memcpy(g.base, row.base, sizeof(g.base));
	}
	g.covering = covering_open(state_machine(ask->state));
	if (!gather(&g, e))
		judge(to);
	covering_close(g.covering);
	return e->code;
}

void keeping_end(struct keeping *k)
{
	free(k->rows);
	k->rows = NULL;
	k->count = 0;
}
