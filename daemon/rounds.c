#include "daemon/rounds.h"

#include "common/log.h"
#include "common/text.h"

struct rounds {
	struct doctor_start start;
	struct doctor *doctor;      /* NULL: none is under way */
	struct rounds_ask *asked;   /* who waits for this one ... */
	struct rounds_ask *waiting; /* ... and for the next */
};

struct rounds *rounds_open(struct uv_loop_s *loop, const char *config_path,
	struct storage *(*storage)(void *arg, struct findings *f), void *arg)
{
	struct rounds *r = text_room(1, sizeof(*r));

	r->start = (struct doctor_start){
		.loop = loop, .config_path = config_path, .storage = storage, .arg = arg};
	return r;
}

/* --- at start ---------------------------------------------------------------- */

static void start_next(struct rounds *r);

static void log_findings(void *arg, const struct findings *f)
{
	struct rounds *r = arg;

	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].grade != FINDING_WELL)
			log_warning("doctor", "topic=\"%s\" finding=\"%s\" mend=\"%s\"",
				f->list[i].topic, f->list[i].words, f->list[i].mend);
	r->doctor = NULL;
	start_next(r);
}

void rounds_begin(struct rounds *r)
{
	struct doctor_start start = r->start;

	start.storage = NULL;
	start.done = log_findings;
	start.arg = r;
	r->doctor = doctor_open(&start);
}

/* --- when asked ---------------------------------------------------------------- */

static struct storage *storage_of(void *arg, struct findings *f)
{
	struct rounds *r = arg;

	return r->start.storage(r->start.arg, f);
}

static void answer(void *arg, const struct findings *f)
{
	struct rounds *r = arg;
	struct rounds_ask *ask = r->asked;

	r->doctor = NULL;
	r->asked = NULL;
	while (ask) {
		struct rounds_ask *next = ask->next;

		ask->done(ask, f);
		ask = next;
	}
	start_next(r);
}

static void start_next(struct rounds *r)
{
	struct doctor_start start = r->start;

	if (!r->waiting)
		return;
	r->asked = r->waiting;
	r->waiting = NULL;
	start.storage = storage_of;
	start.done = answer;
	start.arg = r;
	r->doctor = doctor_open(&start);
}

void rounds_ask(struct rounds *r, struct rounds_ask *ask)
{
	ask->next = r->waiting;
	r->waiting = ask;
	if (!r->doctor)
		start_next(r);
}

void rounds_hurry(struct rounds *r)
{
	if (r->doctor)
		doctor_hurry(r->doctor);
}

void rounds_close(struct rounds *r)
{
	free(r);
}
