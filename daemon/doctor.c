#include "daemon/doctor.h"

#include "common/named.h"
#include "common/scoped.h"
#include "common/span.h"
#include "common/stamp.h"
#include "daemon/doctor_checks.h"
#include "daemon/io/alarm.h"
#include "daemon/io/work.h"
#include "daemon/load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SKEW_ODD (60 * STAMP_SECOND) /* between our clock and the store's */

static const struct {
	doctor_check *check;
	bool logged; /* at start others tell it in the log */
} checks[] = {
	{doctor_configuration, true },
	{doctor_secrets,       false},
	{doctor_user,          false},
	{doctor_clock,         false},
	{doctor_group,         false},
	{doctor_state,         false},
	{doctor_inbox,         true },
	{doctor_databases,     false},
	{doctor_store_folder,  false},
	{doctor_neighbours,    true },
};

/* The store's answer may come after everybody has gone, so it has a life of its own. */
struct question {
	struct storage_ask ask;
	struct doctor *doctor; /* NULL: nobody waits any more */
	struct storage *storage;
};

struct doctor {
	struct doctor_start start;
	struct work work;
	struct findings findings;
	bool usable; /* the configuration */
	bool hurried;
	struct question *question;
	struct alarm *alarm;
};

/* --- the checks ---------------------------------------------------------- */

void doctor_error(struct findings *f, const char *topic, const struct err *e, const char *mend)
{
	const char *own = strstr(e->text, " Mend: ");
	size_t length = own ? (size_t)(own - e->text) : strlen(e->text);

	finding_add(f, FINDING_WRONG, topic, "%.*s", (int)length, e->text);
	finding_mend(f, "%s", own ? own + strlen(" Mend: ") : mend);
}

static void tell_mistakes(const char *path, const struct text *mistakes, struct findings *f)
{
	scoped(heap) char *lines = text_copy(mistakes->at ? mistakes->at : path);
	char *rest = NULL;

	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		finding_add(f, FINDING_WRONG, "configuration", "%s", line);
		if (access(path, R_OK) && errno == EACCES)
			finding_mend(f, "look as root: sudo casmanctl doctor");
		else
			finding_mend(f, "mend %s; casmand --check says whether it is right", path);
	}
}

static bool check_all(const char *config_path, bool at_start, struct findings *f)
{
	struct doctor_world w = {.config_path = config_path};
	scoped(heap) char *user = named_user(geteuid());
	scoped(heap) char *group = named_group(getegid());
	struct text mistakes = {0};
	struct config *config;
	struct err e;

	bool usable = load_config(&config, config_path, &mistakes, &e) == ERR_NONE;
	if (!usable)
		tell_mistakes(config_path, &mistakes, f);
	text_free(&mistakes);
	if (!usable)
		return false;
	w.config = config;
	w.user = user;
	w.group = group;
	for (size_t i = 0; i < LENGTH(checks); i++)
		if (!at_start || !checks[i].logged)
			checks[i].check(&w, f);
	config_free(config);
	return true;
}

static enum err_code on_pool(struct work *w, struct err *e)
{
	struct doctor *d = owner_of(w, struct doctor, work);

	(void)e;
	d->usable = check_all(d->start.config_path, !d->start.storage, &d->findings);
	return ERR_NONE;
}

/* --- the store ------------------------------------------------------------- */

static void on_alarm_closed(void *arg)
{
	struct doctor *d = arg;

	d->start.done(d->start.arg, &d->findings);
	findings_free(&d->findings);
	free(d);
}

static void finish(struct doctor *d)
{
	if (d->question)
		d->question->doctor = NULL;
	d->question = NULL;
	struct alarm *alarm = d->alarm;
	d->alarm = NULL;
	alarm_close(alarm, on_alarm_closed, d);
}

static void on_patience_over(void *arg)
{
	struct doctor *d = arg;

	finding_add(&d->findings, FINDING_WRONG, "store", "it does not answer");
	finding_mend(
		&d->findings, "is its disk, or the network, there?  casmanctl status --refresh");
	finish(d);
}

static void judge_store(struct doctor *d, const struct storage *storage, const struct err *e)
{
	struct storage_view see = storage_see(storage);
	char skew[SPAN_TEXT];

	if (!storage_store(storage) && e->code == ERR_OFFLINE) {
		finding_add(&d->findings, FINDING_ODD, "store", "%s", e->text);
		finding_mend(&d->findings, "[sync] backend in %s", d->start.config_path);
		return;
	}
	if (e->code) {
		doctor_error(
			&d->findings, "store", e, "the README has it: When something is wrong");
		return;
	}
	finding_add(&d->findings, FINDING_WELL, "store", "%s answers", see.place);
	if (see.skew == STAMP_NONE || llabs(see.skew) < SKEW_ODD)
		return;
	span_time(skew, (uint64_t)llabs(see.skew) / 1000);
	finding_add(&d->findings, FINDING_ODD, "clock", "it is %s %s the store's", skew,
		see.skew > 0 ? "ahead of" : "behind");
	finding_mend(&d->findings, "timedatectl set-ntp true (or by hand: date --set '...')");
}

static void on_answer(struct storage_ask *ask, const struct err *e)
{
	struct question *q = owner_of(ask, struct question, ask);
	struct doctor *d = q->doctor;

	if (d && e->code != ERR_CANCELED)
		judge_store(d, q->storage, e);
	free(q);
	if (!d)
		return;
	d->question = NULL;
	finish(d);
}

static void ask_store(struct doctor *d, struct storage *storage)
{
	struct question *q = text_room(1, sizeof(*q));
	struct err e;

	*q = (struct question){.ask.done = on_answer, .doctor = d, .storage = storage};
	d->question = q;
	if (alarm_open(&d->alarm, d->start.loop, on_patience_over, d, &e) == ERR_NONE)
		alarm_set(d->alarm, alarm_now() + DOCTOR_PATIENCE);
	storage_probe(storage, &q->ask);
}

static void on_checked(struct work *w, const struct err *e)
{
	struct doctor *d = owner_of(w, struct doctor, work);
	bool asks = d->usable && !d->hurried && d->start.storage;
	struct storage *storage = asks ? d->start.storage(d->start.arg, &d->findings) : NULL;

	(void)e;
	if (storage)
		ask_store(d, storage);
	else
		finish(d);
}

struct doctor *doctor_open(const struct doctor_start *start)
{
	struct doctor *d = text_room(1, sizeof(*d));

	d->start = *start;
	d->work = (struct work){.run = on_pool, .done = on_checked};
	work_start(start->loop, &d->work);
	return d;
}

void doctor_hurry(struct doctor *d)
{
	d->hurried = true;
	if (d->question)
		finish(d);
}
