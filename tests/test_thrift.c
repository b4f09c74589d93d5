/* What a month of twenty machines costs, played through the policies as they are, in fast time:
 * core/trigger says when a version is made, core/upload what it sends, core/retention what lies in
 * the store to be listed, sweep.h how often nobody has to ask for that; core/quota counts. */
#include "check.h"
#include "daemon/core/quota.h"
#include "daemon/core/retention.h"
#include "daemon/core/trigger.h"
#include "daemon/core/upload.h"
#include "daemon/sweep.h"

#include <inttypes.h>

#define SECOND   INT64_C(1000)
#define HOUR     (3600 * SECOND)
#define DAY      (24 * HOUR)
#define MACHINES 20
#define DAYS     30
#define SCANS    500        /* a day, each after its commit */
#define WORK     (8 * HOUR) /* of a day, that people scan in */
#define BATCHES  4          /* a day, in which parts are generated */
#define LISTS    8          /* a day, that people ask for with an old cache */
#define PAGE     1000       /* keys on a page of S3's */
#define VERSIONS (DAYS * SCANS)

/* As it is shipped. */
static const struct config config = {.keep_versions = 10,
	.keep_daily = 7,
	.quota_storage_gb = 10,
	.quota_class_a = 1000000,
	.quota_class_b = 10000000,
	.quota_warn = 0.8,
	.quota_block = 0.95,
	.quota_share = 1};

struct database {
	struct trigger_policy policy;
	struct trigger trigger;
	bool changed;
	int64_t size;
	int64_t made[VERSIONS]; /* moments, oldest first */
	size_t count;
};

struct machine {
	struct database databases[2];
	struct quota_month month;
	int64_t listed_at;
	size_t uploads, listings;
};

static void send(struct machine *m, enum s3_verb verb, int64_t length)
{
	quota_count(&m->month,
		&(struct quota_sent){
			.verb = verb, .times = 1, .status = 200, .length = (uint64_t)length});
}

/* All goes well: what upload.h's table orders is sent. */
static void upload(struct machine *m, int64_t size)
{
	enum upload_state state = UPLOAD_WAITING;
	enum upload_event event = UPLOAD_START;
	enum upload_order order;

	while ((order = upload_step(&state, event)) != UPLOAD_REPORT) {
		send(m, order == UPLOAD_CHECK ? S3_HEAD : S3_PUT, order == UPLOAD_PUT ? size : 300);
		event = UPLOAD_OK;
	}
	assert_int_equal(state, UPLOAD_STORED);
	m->uploads++;
}

/* How many versions are kept of one database, and of them how many are newer than that. */
static size_t kept(const struct database *d, int64_t since, size_t *fresh)
{
	static struct retained list[VERSIONS];
	const struct retention keep = {config.keep_versions, config.keep_daily};
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++)
		list[i] = (struct retained){.at = d->made[d->count - 1 - i] * 1000};
	retention_judge(&keep, list, d->count);
	for (size_t i = 0; i < d->count; i++) {
		kept += list[i].kept;
		*fresh += list[i].kept && list[i].at > since * 1000;
	}
	return kept;
}

/* The others have as many versions as this one: a probe, the pages, and the metadata of what is new. */
static void list(struct machine *m, int64_t now)
{
	size_t versions = 0, fresh = 0;

	for (size_t i = 0; i < LENGTH(m->databases); i++)
		versions += kept(&m->databases[i], m->listed_at, &fresh);
	size_t objects = 2 * versions * MACHINES;
	for (size_t page = 0; page <= objects / PAGE + 1; page++)
		send(m, S3_LIST, 0);
	for (size_t i = 0; i < fresh * MACHINES; i++)
		send(m, S3_GET, 0);
	m->listed_at = now;
	m->listings++;
}

static unsigned most_scans(const struct machine *m)
{
	unsigned a = trigger_scans(&m->databases[0].trigger),
		 b = trigger_scans(&m->databases[1].trigger);

	return a > b ? a : b;
}

/* What is due by then; unchanged contents make no version. */
static void catch_up(struct machine *m, int64_t until)
{
	unsigned most = most_scans(m);

	for (size_t i = 0; i < LENGTH(m->databases); i++) {
		struct database *d = &m->databases[i];
		int64_t due = trigger_due(&d->trigger, &d->policy, most);

		if (due > until)
			continue;
		trigger_started(
			&d->trigger, trigger_why(&d->trigger, &d->policy, most, until), until);
		trigger_captured(&d->trigger, until);
		if (d->changed)
			upload(m, d->size);
		if (d->changed)
			d->made[d->count++] = until;
		d->changed = false;
	}
}

static void change(struct database *d, int64_t now)
{
	trigger_changed(&d->trigger, now);
	d->changed = true;
}

static void play_day(struct machine *m, int64_t morning)
{
	for (int64_t now = morning; now < morning + DAY; now += SECOND) {
		int64_t at = now - morning;
		bool works = at < WORK;

		if (works && at % (WORK / BATCHES) == 0)
			change(&m->databases[0], now);
		if (works && at % (WORK / SCANS) < SECOND) {
			change(&m->databases[1], now);
			for (size_t i = 0; i < LENGTH(m->databases); i++)
				trigger_scanned(&m->databases[i].trigger, 1);
		}
		catch_up(m, now);
		if (works && at % (WORK / LISTS) == 0)
			list(m, now);
		if (now - m->listed_at >= (int64_t)SWEEP_EVERY)
			list(m, now);
	}
}

static struct machine *month(void)
{
	static struct machine m;

	m = (struct machine){
		.month = {.month = 202611, .bytes = -1},
                  .listed_at = -DAY
        };
	m.databases[0].size = 340 * 1024;
	m.databases[1].size = 10 * 1024 * 1024;
	for (size_t i = 0; i < LENGTH(m.databases); i++) {
		struct database *d = &m.databases[i];

		d->policy =
			(struct trigger_policy){.scans = 10, .hours_ms = DAY, .on_change = i == 0};
		trigger_begin(&d->trigger);
		d->trigger.there = true;
	}
	for (int64_t day = 0; day < DAYS; day++)
		play_day(&m, day * DAY);
	return &m;
}

static void a_month_of_twenty_machines_stays_below_a_tenth_of_the_free_tier(void **state)
{
	const struct machine *m = month();
	int64_t a = m->month.class_a * MACHINES, b = m->month.class_b * MACHINES;
	size_t versions = 0, fresh = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(m->databases); i++)
		versions += kept(&m->databases[i], 0, &fresh);
	print_message("# each: %zu uploads, %zu listings, %zu versions kept\n", m->uploads,
		m->listings, versions);
	print_message("# all: class A %" PRId64 ", class B %" PRId64 "\n", a, b);
	assert_in_range(m->uploads, DAYS * SCANS / 10, DAYS * (SCANS / 10 + 2 * BATCHES));
	assert_in_range(m->listings, DAYS * (LISTS + 1), DAYS * (LISTS + 2));
	assert_in_range(a, 1, config.quota_class_a / 10);
	assert_in_range(b, 1, config.quota_class_b / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_of_twenty_machines_stays_below_a_tenth_of_the_free_tier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
