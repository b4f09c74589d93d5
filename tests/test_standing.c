/* The sentence that systemctl status shows. */
#include "common/stamp.h"
#include "daemon/core/standing.h"
#include "tests/check.h"

#define NOW    INT64_C(1795413720000000) /* 2026-11-23 06:02 UTC */
#define MINUTE (60 * STAMP_SECOND)

static const struct {
	struct standing s;
	const char *says;
} cases[] = {
	{{.databases = 2, .last_at = NOW - 3 * MINUTE},                                    "2 databases, all stored 3 min ago"},
	{{.databases = 1, .last_at = NOW},						 "1 database, all stored now"       },
	{{.databases = 1, .last_at = NOW + MINUTE},                                        "1 database, all stored now"       },
	{{.databases = 2, .last_at = STAMP_NONE},                                          "2 databases, no version yet"      },
	{{.databases = 2, .last_at = STAMP_NONE, .absent = 1},
         "2 databases, no version yet; 1 of 2 not there yet"                                                                  },
	{{.databases = 2, .last_at = NOW - 180 * MINUTE, .dirty = 1},
         "2 databases, changed since the last version, 3 h ago"                                                               },
	{{.databases = 2, .last_at = NOW, .waiting = 3},                                   "2 databases, 3 versions wait"     },
	{{.databases = 2, .last_at = NOW, .waiting = 1},                                   "2 databases, 1 version waits"     },
	{{.databases = 2, .last_at = NOW, .failing = 1},
         "2 databases, all stored now; 1 of 2 cannot be backed up: casmanctl status"                                          },
	{{.databases = 2, .offline = true, .reached_at = NOW - 60 * MINUTE, .waiting = 3},
         "offline since 05:02 UTC, 3 versions wait"									   },
	{{.databases = 2, .offline = true, .reached_at = NOW - 48 * 60 * MINUTE},
         "offline since 2026-11-21 06:02 UTC"										 },
	{{.databases = 2, .offline = true, .reached_at = STAMP_NONE, .waiting = 1},
         "offline, the store was never reached, 1 version waits"                                                              },
};

static void it_says_what_is_true(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct standing s = cases[i].s;
		struct text said = {0};

		s.now = NOW;
		s.stores = true;
		standing_say(&s, &said);
		assert_string_equal(said.at, cases[i].says);
		text_free(&said);
	}
}

static void it_says_that_uploads_are_off(void **state)
{
	struct standing s = {.now = NOW, .databases = 1, .waiting = 2, .last_at = NOW};
	struct text said = {0};

	(void)state;
	standing_say(&s, &said);
	assert_string_equal(said.at, "uploads are off, 2 versions wait");
	text_free(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_is_true),
		cmocka_unit_test(it_says_that_uploads_are_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
