#include "check.h"
#include "common/attr.h"
#include "daemon/core/retention.h"

#include <stdio.h>
#include <string.h>

#define HOUR INT64_C(3600000000)
#define DAY  (24 * HOUR)
#define MOST 40

/* A list as words, newest first: "DAY:HOUR", with a "!" behind it where it stands apart.  The answer
 * has a letter for each: k it is kept, - it may go. */
static void judged(const char *words, unsigned versions, unsigned days, char answer[MOST + 1])
{
	struct retained list[MOST] = {0};
	size_t count = 0;
	char *end;

	for (const char *at = words; *at; at = end, count++) {
		list[count].at = strtol(at, &end, 10) * DAY;
		list[count].at += strtol(end + 1, &end, 10) * HOUR;
		list[count].apart = *end == '!';
		end += list[count].apart;
	}
	retention_judge(&(struct retention){versions, days}, list, count);
	for (size_t i = 0; i < count; i++)
		answer[i] = list[i].kept ? 'k' : '-';
	answer[count] = '\0';
}

static const struct {
	const char *story, *list;
	unsigned versions, days;
	const char *kept;
} cases[] = {
	{"none",					  "",			   10, 7, ""      },
	{"the newest stays, whatever is asked for",       "9:1 9:0",                    1,  0, "k-"    },
	{"so many newest",				"9:5 9:4 9:3 9:2 9:1",        3,  0, "kkk--" },
	{"the newest of a day is also among the newest",  "9:5 9:4 9:3",                2,  1, "kk-"   },
	{"the newest of each of the last days",           "9:5 9:4 8:5 8:4 7:5 6:5",    1,  3, "k-k-k-"},
	{"days and versions add up",                      "9:5 9:4 9:3 8:9 8:8 7:9",    2,  3, "kk-k-k"},
	{"days without a version do not count",           "90:5 9:5 9:4 1:0 0:0",       1,  3, "kk-k-" },
	{"midnight UTC parts two days",                   "9:0 8:23 8:22",              1,  2, "kk-"   },
	{"so it does before 1970",                        "0:0 -1:23 -1:22 -2:23",      1,  3, "kk-k"  },
	{"who stands apart stays, and takes no place",    "9:5! 9:4! 9:3 9:2 9:1! 9:0", 1,  0,
         "kkk-k-"										      },
	{"nor is it the newest of its day",               "9:5 8:9! 8:8 8:7",           1,  2, "kkk-"  },
	{"all may stand apart",                           "9:5! 9:4!",                  1,  0, "kk"    },
	{"a clock that was set back brings no day twice", "9:5 3:1 9:4 3:0 2:0",        1,  3, "kk--k" },
	{"the order is of the list, not of the moments",  "1:0 9:5 9:4 9:3",            2,  0, "kk--"  },
};

static void p6_the_count_keeps_the_newest_and_the_newest_of_each_day(void **at)
{
	char kept[MOST + 1];

	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		judged(cases[i].list, cases[i].versions, cases[i].days, kept);
		if (strcmp(kept, cases[i].kept) != 0)
			fail_msg("%s: %s, not %s", cases[i].story, kept, cases[i].kept);
	}
}

/* The promise of the header: callers pass no more than they need. */
static void what_is_older_than_the_lists_end_changes_nothing(void **at)
{
	char whole[MOST + 1], beginning[MOST + 1], words[200];

	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		judged(cases[i].list, cases[i].versions, cases[i].days, whole);
		(void)snprintf(words, sizeof(words), "%s", cases[i].list);
		for (char *end = strrchr(words, ' '); end; end = strrchr(words, ' ')) {
			*end = '\0';
			judged(words, cases[i].versions, cases[i].days, beginning);
			assert_memory_equal(beginning, whole, strlen(beginning));
		}
	}
}

/* Again and again as versions come: never more than both numbers together, never without the
 * newest, and nothing that was dropped is missed later. */
static void dropping_as_versions_come_ends_with_what_is_kept_of_all(void **at)
{
	enum { ALL = 400 };
	const struct retention keep = {10, 7};
	static struct retained all[ALL], left[ALL];
	size_t count = 0;

	(void)at;
	for (int i = 0; i < ALL; i++) {
		struct retained fresh = {.at = 20000 * DAY + i * (2 * HOUR)};

		memmove(all + 1, all, (size_t)i * sizeof(*all));
		memmove(left + 1, left, count * sizeof(*left));
		all[0] = left[0] = fresh;
		retention_judge(&keep, left, ++count);
		assert_true(left[0].kept);
		size_t kept = 0;
		for (size_t j = 0; j < count; j++)
			if (left[j].kept)
				left[kept++] = left[j];
		count = kept;
		assert_true(count <= keep.versions + keep.days);
	}
	retention_judge(&keep, all, ALL);
	size_t wanted = 0;
	for (int i = 0; i < ALL; i++)
		if (all[i].kept)
			assert_int_equal(all[i].at, left[wanted++].at);
	assert_int_equal(wanted, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p6_the_count_keeps_the_newest_and_the_newest_of_each_day),
		cmocka_unit_test(what_is_older_than_the_lists_end_changes_nothing),
		cmocka_unit_test(dropping_as_versions_come_ends_with_what_is_kept_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
