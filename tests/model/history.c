#include "common/attr.h"
#include "common/stamp.h"
#include "tests/model/model.h"

#include <string.h>

#define BEGIN       (INT64_C(1800000000) * STAMP_SECOND)
#define PYTHON_KEEP 5
#define HOUR        (3600 * STAMP_SECOND)
#define YEAR        (INT64_C(365) * 24 * HOUR)

/* --- lines ------------------------------------------------------------- */

void line_add(struct line *to, size_t at)
{
	to->made[at / 64] |= UINT64_C(1) << at % 64;
}

void line_join(struct line *to, const struct line *other)
{
	for (size_t i = 0; i < LENGTH(to->made); i++)
		to->made[i] |= other->made[i];
}

bool line_has(const struct line *line, size_t at)
{
	return line->made[at / 64] >> at % 64 & 1;
}

/* --- files and versions ------------------------------------------------ */

void world_write(struct world *w, struct contents *c, uint64_t rows)
{
	*c = (struct contents){.present = true, .rows = rows, .counters = ++w->counters};
}

struct made *world_make(struct world *w, const struct contents *c, char letter, uint64_t number)
{
	struct made *made = &w->made[w->made_count];
	struct version *v = &made->v;

	REQUIRE(w->made_count < MADE);
	*made = (struct made){.rows = c->rows, .counters = c->counters, .described = true};
	line_add(&made->line, w->made_count++);
	(void)snprintf(made->name, sizeof(made->name), "%c%u", letter, (unsigned)number);
	*v = (struct version){
		.db_name = "parts.db", .size = 1, .record_count = __builtin_popcountll(c->rows)};
	(void)snprintf(
		v->checksum, sizeof(v->checksum), "%016lx%08x%040d", c->rows, c->counters, 0);
	if (letter == 'P')
		return made;
	(void)snprintf(v->id, sizeof(v->id), "%032zx", w->made_count);
	(void)snprintf(v->content, sizeof(v->content), "%064lx", c->rows);
	v->sequence = number;
	return made;
}

/* --- the application --------------------------------------------------- */

static void commit(struct world *w, struct contents *c)
{
	uint64_t row;

	if (w->rows == ROWS)
		return;
	row = UINT64_C(1) << w->rows++;
	w->owed |= row;
	world_write(w, c, (c->present ? c->rows : 0) | row);
	say(w, " row %zu", w->rows - 1);
}

static void written(struct machine *m)
{
	m->dirty = true;
	m->just_restored = false;
}

/* Takes its newest row back; seldom all of them. */
static void delete_row(struct world *w, struct machine *m, unsigned what)
{
	if (!m->db.present || !m->db.rows)
		return;
	uint64_t newest = UINT64_C(1) << (63 - __builtin_clzll(m->db.rows));
	world_write(w, &m->db, what % 8 ? m->db.rows & ~newest : 0);
	written(m);
	judge_forgive(w);
}

/* --- the Python client ------------------------------------------------- */

static void python_forget_oldest(struct world *w)
{
	size_t count = 0, oldest = 0;

	for (size_t i = 0; i < w->made_count; i++)
		if (w->made[i].in_store) {
			if (!count++ || w->made[i].modified < w->made[oldest].modified)
				oldest = i;
		}
	if (count <= PYTHON_KEEP)
		return;
	w->made[oldest].in_store = false;
	w->deleted_at = w->now;
	say(w, " deletes %s", w->made[oldest].name);
	judge_forgive(w);
	python_forget_oldest(w);
}

static void others_act(struct world *w, const struct machine *m)
{
	for (size_t i = 0; i < MACHINES; i++)
		if (&w->machines[i] != m)
			w->machines[i].just_restored = false;
}

static void python_backup(struct world *w, bool whole)
{
	if (!w->python.present)
		return;
	others_act(w, NULL);
	struct made *made = world_make(w, &w->python, 'P', w->made_count + 1);
	made->v.timestamp = made->modified = w->now;
	made->in_store = true;
	made->described = whole;
	line_join(&made->line, &w->python_line);
	w->python_line = made->line;
	say(w, " makes %s%s", made->name, whole ? "" : " without metadata");
	if (whole)
		python_forget_oldest(w);
}

static void python_sync(struct world *w)
{
	const struct made *newest = NULL;

	for (size_t i = 0; i < w->made_count; i++)
		if (w->made[i].in_store &&
			(!newest || newest->v.timestamp < w->made[i].v.timestamp))
			newest = &w->made[i];
	if (!newest || (w->python.present && w->python.counters == newest->counters))
		return;
	w->python = (struct contents){
		.present = true, .rows = newest->rows, .counters = newest->counters};
	w->python_line = newest->line;
	say(w, " takes %s", newest->name);
	judge_forgive(w); /* it overwrites what no version holds */
}

/* --- events ------------------------------------------------------------ */

/* An SD card is copied, and both machines live on. */
static void clone(struct world *w, struct machine *m, unsigned what)
{
	struct machine *from = &w->machines[what / 8 % MACHINES];
	char letter = m->letter;

	if (what % 8 || from == m)
		return;
	*m = *from;
	m->letter = letter;
	say(w, " a copy of that of %c", from->letter);
	judge_forgive(w);
}

static void set_clock(struct world *w, struct machine *m, unsigned what)
{
	static const int64_t ahead[] = {0, HOUR, -HOUR, -10 * YEAR, YEAR};

	m->ahead = ahead[what % LENGTH(ahead)];
	if (m->online)
		m->skew = m->ahead;
	say(w, " %+ld h", m->ahead / HOUR);
}

static void lose(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	m->db = (struct contents){0};
	written(m);
	judge_forgive(w);
}

static void commit_here(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	commit(w, &m->db);
	written(m);
}

static void back_up(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	machine_backup(w, m);
}

static void sync_plain(struct world *w, struct machine *m, unsigned what)
{
	uint64_t rows = m->db.rows;
	bool restored = m->just_restored && m->online;

	(void)what;
	(void)machine_sync(w, m, false, false);
	if (restored && rows != m->db.rows)
		wrong(w, "the sync of %c undoes its restore", m->letter);
}

static void sync_force(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	(void)machine_sync(w, m, true, false);
}

static void sync_mine(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	(void)machine_sync(w, m, false, true);
}

static void restore(struct world *w, struct machine *m, unsigned what)
{
	machine_restore(w, m, what, true);
}

static void restore_here(struct world *w, struct machine *m, unsigned what)
{
	machine_restore(w, m, what, false);
}

static void list(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	if (m->online)
		machine_list(w, m);
}

static void toggle_network(struct world *w, struct machine *m, unsigned what)
{
	(void)w;
	(void)what;
	m->online = !m->online;
}

static void send_oldest(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	machine_send(w, m, 1);
}

static void retain(struct world *w, struct machine *m, unsigned what)
{
	(void)what;
	machine_retain(w, m);
}

static void python_commits(struct world *w, struct machine *m, unsigned what)
{
	(void)m;
	(void)what;
	commit(w, &w->python);
}

static void python_backs_up(struct world *w, struct machine *m, unsigned what)
{
	(void)m;
	(void)what;
	python_backup(w, true);
}

static void python_dies(struct world *w, struct machine *m, unsigned what)
{
	(void)m;
	(void)what;
	python_backup(w, false);
}

static void python_syncs(struct world *w, struct machine *m, unsigned what)
{
	(void)m;
	(void)what;
	python_sync(w);
}

/* `weight`: how often. */
static const struct {
	unsigned weight;
	const char *words;
	void (*act)(struct world *w, struct machine *m, unsigned what);
} deeds[] = {
	{14, "commits",                    commit_here    },
	{2,  "deletes a row",              delete_row     },
	{10, "backs up",                   back_up        },
	{12, "syncs:",                     sync_plain     },
	{2,  "syncs --force:",             sync_force     },
	{2,  "syncs --mine:",              sync_mine      },
	{3,  "restores",                   restore        },
	{2,  "restores for itself",        restore_here   },
	{4,  "lists",		      list           },
	{4,  "has a network or none",      toggle_network },
	{2,  "sends the oldest",           send_oldest    },
	{2,  "has another clock",          set_clock      },
	{3,  "keeps less",                 retain         },
	{1,  "loses its file",             lose           },
	{1,  "gets an SD card:",           clone          },
	{3,  "or Python commits",          python_commits },
	{3,  "or Python backs up",         python_backs_up},
	{1,  "or Python dies in a backup", python_dies    },
	{2,  "or Python syncs",            python_syncs   },
};

static void act(struct world *w, const struct event *e)
{
	struct machine *m = &w->machines[e->who % MACHINES];

	others_act(w, m);
	w->now += 10 * STAMP_SECOND;
	say(w, "\n  %c %s", m->letter, deeds[e->deed].words);
	deeds[e->deed].act(w, m, e->what);
}

static void begin(struct world *w, FILE *trace)
{
	memset(w, 0, sizeof(*w));
	w->now = BEGIN;
	w->trace = trace;
	for (size_t i = 0; i < MACHINES; i++) {
		struct machine *m = &w->machines[i];

		m->letter = (char)('A' + i);
		memset(m->id, 'a' + (char)i, VERSION_ID);
		m->online = true;
		m->skew = m->newest_key = m->listed_at = STAMP_NONE;
	}
}

bool history_run(struct world *w, const struct event *events, size_t count, FILE *trace)
{
	begin(w, trace);
	for (size_t i = 0; i < count && !w->wrong[0]; i++) {
		act(w, &events[i]);
		judge_rows(w);
	}
	if (!w->wrong[0])
		judge_end(w);
	return !w->wrong[0];
}

/* --- chance ------------------------------------------------------------ */

static uint64_t roll(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
	uint64_t z = *seed;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned char pick(uint64_t number)
{
	unsigned all = 0;
	unsigned char deed = 0;

	for (size_t i = 0; i < LENGTH(deeds); i++)
		all += deeds[i].weight;
	for (number %= all; number >= deeds[deed].weight; deed++)
		number -= deeds[deed].weight;
	return deed;
}

void history_invent(struct event *events, size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++)
		events[i] = (struct event){.deed = pick(roll(&seed)),
			.who = (unsigned char)(roll(&seed) % MACHINES),
			.what = (unsigned char)roll(&seed)};
}
