/* Conditions: each is made true, is told once, is made false, is told once. */
#include "common/err.h"
#include "daemon/core/alert.h"
#include "tests/check.h"

#include <string.h>

#define HOUR   UINT64_C(3600000)
#define MINUTE UINT64_C(60000)
#define BEGIN  (100 * HOUR) /* of the steady clock */

static struct alert_database database;

static struct alert_facts all_well(void)
{
	database = (struct alert_database){.name = "parts.db",
		.why = "",
		.bad_proof = "",
		.error_text = "",
		.made = true,
		.standing = LINEAGE_IN_STEP};
	return (struct alert_facts){.now = BEGIN,
		.after = 36 * HOUR,
		.unprotected_ms = -1,
		.unstored_ms = -1,
		.queue_limit = 1 << 30,
		.store_text = "",
		.neighbour = "",
		.retention = "",
		.quota = "",
		.room = UINT64_MAX,
		.databases = &database,
		.count = 1};
}

struct heard {
	unsigned begun, cleared;
	struct alert last;
};

static void hear(void *arg, const struct alert *alert)
{
	struct heard *h = arg;

	h->begun += alert->raised;
	h->cleared += !alert->raised;
	h->last = *alert;
}

/* One that makes its condition true, and how long that has to last. */
struct fault {
	const char *condition;
	void (*make)(struct alert_facts *f);
	uint64_t lasts;
	const char *words;
};

static void scans_wait(struct alert_facts *f)
{
	f->unprotected = 3;
	f->unprotected_ms = (int64_t)(f->now - BEGIN);
}

static void versions_wait(struct alert_facts *f)
{
	f->unstored_ms = (int64_t)(f->now - BEGIN);
}

static void queue_fills(struct alert_facts *f)
{
	f->queue_bytes = UINT64_C(860) << 20;
}

static void next_has_no_room(struct alert_facts *f)
{
	f->queue_bytes = UINT64_C(600) << 20;
	database.crowded = true;
	database.error = ERR_FULL;
	database.error_text = "the queue is full";
}

static void key_is_refused(struct alert_facts *f)
{
	f->store = ERR_REFUSED;
	f->store_text = "InvalidAccessKeyId";
}

static void key_is_missing(struct alert_facts *f)
{
	f->store = ERR_CONFIG;
	f->store_text = "no access_key_id";
}

static void store_is_full(struct alert_facts *f)
{
	f->store = ERR_FULL;
	f->store_text = "the store is full";
}

static void disk_fills(struct alert_facts *f)
{
	f->room = 1 << 20;
}

static void capture_has_no_room(struct alert_facts *f)
{
	(void)f;
	database.error = ERR_FULL;
	database.error_text = "No space left on device";
}

static void clock_is_ahead(struct alert_facts *f)
{
	f->skew_s = 301;
}

static void clock_is_behind(struct alert_facts *f)
{
	f->skew_s = -7200;
}

static void store_lies_badly(struct alert_facts *f)
{
	f->neighbour = "the store lies on the same file system";
}

static void store_keeps_all(struct alert_facts *f)
{
	f->retention = "these keys may not delete";
}

static void quota_runs_out(struct alert_facts *f)
{
	f->quota = "800 of 1000 class A operations of this month are used";
}

static void looks_emptied(struct alert_facts *f)
{
	(void)f;
	database.suspect = true;
	database.why = "lost table parts";
}

static void a_proof_found_it_bad(struct alert_facts *f)
{
	(void)f;
	database.bad_proof = "it is gone";
}

static void copy_is_lost(struct alert_facts *f)
{
	(void)f;
	database.bad = true;
}

static void is_hot(struct alert_facts *f)
{
	(void)f;
	database.error = ERR_RECOVERY;
	database.error_text = "waits for its application to recover";
}

static void is_denied(struct alert_facts *f)
{
	(void)f;
	database.error = ERR_DENIED;
	database.error_text = "Permission denied";
}

static void is_gone(struct alert_facts *f)
{
	(void)f;
	database.error = ERR_MISSING;
	database.error_text = "parts.db is not there";
}

static void went_two_ways(struct alert_facts *f)
{
	(void)f;
	database.standing = LINEAGE_DIVERGED;
}

static const struct fault faults[] = {
	{"unprotected", scans_wait,           36 * HOUR,   "3 scans are in no"                 },
	{"no_version",  versions_wait,        36 * HOUR,   "in no stored version since 36 h"   },
	{"queue",       queue_fills,          0,           "take 860.0 MB, and may take 1.0 GB"},
	{"queue",       next_has_no_room,     0,           "take 600.0 MB, and may take 1.0 GB"},
	{"credentials", key_is_refused,       0,           "InvalidAccessKeyId"                },
	{"credentials", key_is_missing,       0,           "no access_key_id"                  },
	{"store_full",  store_is_full,        0,           "the store is full"                 },
	{"disk",        disk_fills,           0,           "has 1.0 MB left"                   },
	{"disk",        capture_has_no_room,  0,           "No space left"                     },
	{"clock",       clock_is_ahead,       0,           "ahead of the store"                },
	{"clock",       clock_is_behind,      0,           "2 h behind the store"              },
	{"neighbour",   store_lies_badly,     0,           "same file system"                  },
	{"retention",   store_keeps_all,      0,           "stay: these keys may not delete"   },
	{"quota",       quota_runs_out,       0,           "class A operations"                },
	{"bad_proof",   a_proof_found_it_bad, 0,           "in the store is bad: it is gone"   },
	{"suspect",     looks_emptied,        0,           "lost table parts"                  },
	{"bad",         copy_is_lost,         MINUTE,      "parts.db was lost before"          },
	{"recovery",    is_hot,               10 * MINUTE, "recover"                           },
	{"unreadable",  is_denied,            10 * MINUTE, "Permission denied"                 },
	{"missing",     is_gone,              10 * MINUTE, "is not there"                      },
	{"diverged",    went_two_ways,        0,           "casmanctl sync"                    },
};

static const struct fault *fault_of(const char *condition)
{
	for (size_t i = 0; i < LENGTH(faults); i++)
		if (strcmp(faults[i].condition, condition) == 0)
			return &faults[i];
	fail_msg("%s is not tried", condition);
	return NULL;
}

static void step(struct alerts *a, struct heard *h, uint64_t now, const struct fault *fault)
{
	struct alert_facts f = all_well();

	f.now = now;
	if (fault)
		fault->make(&f);
	alerts_step(a, &f, hear, h);
}

static void each_condition_is_told_once_and_its_end_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(faults); i++) {
		const struct fault *fault = &faults[i];
		struct alerts a = {0};
		struct heard h = {0};

		step(&a, &h, BEGIN, NULL);
		assert_int_equal(h.begun + h.cleared, 0);
		step(&a, &h, BEGIN, fault);
		if (fault->lasts) {
			assert_int_equal(h.begun, 0);
			assert_int_equal(alerts_due(&a), BEGIN + fault->lasts);
			step(&a, &h, BEGIN + fault->lasts - 1, fault);
			assert_int_equal(h.begun, 0);
		}
		for (uint64_t k = 0; k < 5; k++)
			step(&a, &h, BEGIN + fault->lasts + k * HOUR, fault);
		assert_int_equal(h.begun, 1);
		assert_string_equal(h.last.condition, fault->condition);
		if (!strstr(h.last.words, fault->words))
			fail_msg("%s: %s", fault->condition, h.last.words);
		assert_int_equal(alerts_raised(&a), 1);
		for (uint64_t k = 0; k < 5; k++)
			step(&a, &h, BEGIN + fault->lasts + (5 + k) * HOUR, NULL);
		assert_int_equal(h.cleared, 1);
		assert_int_equal(h.begun, 1);
		assert_string_equal(h.last.condition, fault->condition);
		assert_int_equal(alerts_raised(&a), 0);
		assert_true(alerts_due(&a) == ALERT_NEVER);
		alerts_free(&a);
	}
}

static void every_condition_has_its_fault(void **state)
{
	(void)state;
	for (size_t i = 0; alert_condition(i); i++)
		assert_non_null(fault_of(alert_condition(i)));
}

/* Its application may be at work on it for ten minutes, but who set less wants to hear sooner. */
static void no_alert_waits_longer_than_the_configuration_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(faults); i++) {
		struct alerts a = {0};
		struct heard h = {0};
		struct alert_facts f = all_well();

		f.after = MINUTE / 2;
		faults[i].make(&f);
		alerts_step(&a, &f, hear, &h);
		f.now += MINUTE / 2;
		faults[i].make(&f);
		alerts_step(&a, &f, hear, &h);
		assert_int_equal(h.begun, 1);
		alerts_free(&a);
	}
}

/* A database that nobody has made yet is no alert. */
static void what_never_was_is_not_missing(void **state)
{
	struct alert_facts f = all_well();
	struct alerts a = {0};
	struct heard h = {0};

	(void)state;
	is_gone(&f);
	database.made = false;
	for (uint64_t k = 0; k < 5; k++, f.now += HOUR)
		alerts_step(&a, &f, hear, &h);
	assert_int_equal(h.begun, 0);
	alerts_free(&a);
}

static void what_is_over_before_it_lasted_is_never_told(void **state)
{
	struct alerts a = {0};
	struct heard h = {0};

	(void)state;
	for (uint64_t k = 0; k < 10; k++) {
		const struct fault *hot = fault_of("recovery");

		step(&a, &h, BEGIN + 20 * k * MINUTE, hot);
		step(&a, &h, BEGIN + 20 * k * MINUTE + 9 * MINUTE, hot);
		step(&a, &h, BEGIN + 20 * k * MINUTE + 10 * MINUTE, NULL);
	}
	assert_int_equal(h.begun + h.cleared, 0);
	alerts_free(&a);
}

static void a_restart_tells_nothing_twice(void **state)
{
	struct alerts a = {0};
	struct heard h = {0};

	(void)state;
	alerts_restore(&a, "suspect", "parts.db", "as it was told");
	step(&a, &h, BEGIN, fault_of("suspect"));
	assert_int_equal(h.begun + h.cleared, 0);
	step(&a, &h, BEGIN, NULL);
	assert_int_equal(h.cleared, 1);
	assert_string_equal(h.last.words, "as it was told");
	alerts_free(&a);
}

/* What cannot be seen yet is neither over nor, when it is seen again, new. */
static void what_is_not_known_yet_stays_raised(void **state)
{
	struct alerts a = {0};
	struct heard h = {0};

	(void)state;
	alerts_restore(&a, "neighbour", "", "");
	alerts_restore(&a, "recovery", "parts.db", "");
	alerts_restore(&a, "diverged", "parts.db", "");
	struct alert_facts f = all_well();
	f.store_unknown = database.unknown = true;
	database.standing = LINEAGE_UNKNOWN;
	alerts_step(&a, &f, hear, &h);
	assert_int_equal(h.begun + h.cleared, 0);
	f = all_well();
	f.neighbour = "it lies on the same disk";
	database.error = ERR_RECOVERY;
	database.standing = LINEAGE_UNKNOWN; /* offline: nobody sees the other machine's version */
	alerts_step(&a, &f, hear, &h);
	assert_int_equal(h.begun + h.cleared, 0);
	step(&a, &h, BEGIN, NULL);
	assert_int_equal(h.cleared, 3);
	alerts_free(&a);
}

static void what_a_later_version_raised_or_of_a_database_that_went_is_cleared(void **state)
{
	struct alerts a = {0};
	struct heard h = {0};

	(void)state;
	alerts_restore(&a, "no_such_condition", "", "");
	alerts_restore(&a, "suspect", "gone.db", "");
	step(&a, &h, BEGIN, NULL);
	assert_int_equal(h.cleared, 2);
	alerts_free(&a);
}

static void databases_have_alerts_of_their_own(void **state)
{
	struct alert_facts f = all_well();
	struct alert_database two[] = {database, database};
	struct alerts a = {0};
	struct heard h = {0};

	(void)state;
	two[1].name = "other.db";
	two[0].suspect = two[1].suspect = true;
	f.databases = two;
	f.count = 2;
	alerts_step(&a, &f, hear, &h);
	assert_int_equal(h.begun, 2);
	two[0].suspect = false;
	alerts_step(&a, &f, hear, &h);
	assert_int_equal(h.cleared, 1);
	assert_string_equal(h.last.database, "parts.db");
	alerts_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_condition_is_told_once_and_its_end_once),
		cmocka_unit_test(every_condition_has_its_fault),
		cmocka_unit_test(no_alert_waits_longer_than_the_configuration_says),
		cmocka_unit_test(what_never_was_is_not_missing),
		cmocka_unit_test(what_is_over_before_it_lasted_is_never_told),
		cmocka_unit_test(a_restart_tells_nothing_twice),
		cmocka_unit_test(what_is_not_known_yet_stays_raised),
		cmocka_unit_test(what_a_later_version_raised_or_of_a_database_that_went_is_cleared),
		cmocka_unit_test(databases_have_alerts_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
