#include "check.h"
#include "common/attr.h"
#include "daemon/core/patience.h"

#define NOW 1000000

/* What happens, a character each, with what came of it below: p PROBE, s SEND, . nothing. */
static const struct {
	const char *name, *events, *orders;
	enum patience_state end;
} stories[] = {
  /* w WORK, d DUE, b BACK, a ASKED, r REACHED, s STORED, g DROPPED ("given up"); a capital: nothing waits.
	 * f the store is not reached, x it refuses, l it wants to be left alone for a while,
	 * h these settings leave no store, o one version fails alone. */
	{"all is well",							  "wrsws",   "pssss",   PATIENCE_OPEN  },
	{"one probe: who comes meanwhile waits for its answer",                  "wwabdr",  "p....s",  PATIENCE_OPEN  },
	{"nobody asks for nothing",					      "WDBA",    "....",    PATIENCE_UNSURE},
	{"somebody else reached it first",                                       "rw",      "ss",      PATIENCE_OPEN  },
	{"it is not reached: what is new waits for the rest",                    "wfwwd",   "p...p",   PATIENCE_ASKING},
	{"it goes away while something is sent",                                 "wrfwdr",  "ps..ps",  PATIENCE_OPEN  },
	{"two fail in one try, and are asked for once",                          "wrffd",   "ps..p",   PATIENCE_ASKING},
	{"the network is back",						  "wfbr",    "p.ps",    PATIENCE_OPEN  },
	{"the network changed: uploads were given up, and one probe goes first", "wrgbr",   "ps.ps",
         PATIENCE_OPEN												},
	{"the network changed while it was asked",                               "wgbr",    "p.ps",    PATIENCE_OPEN  },
	{"a person asks",							"wfar",    "p.ps",    PATIENCE_OPEN  },
	{"somebody else reaches it during a rest",                               "wfr",     "p.s",     PATIENCE_OPEN  },
	{"one was stored after the other had failed",                            "wrfs",    "ps.s",    PATIENCE_OPEN  },
	{"what waited is gone when the rest is over",                            "wfDwr",   "p..ps",   PATIENCE_OPEN  },
	{"it refuses: neither the network nor an answer helps",                  "wrxbrsw", "ps.....",
         PATIENCE_RESTING											     },
	{"it refuses: an hour later, or when a person asks",                     "wxdxa",   "p.p.p",   PATIENCE_ASKING},
	{"it wants to be left alone, whatever the network does",                 "wlbrwd",  "p....p",
         PATIENCE_ASKING											      },
	{"it wants to be left alone, but a person may ask",                      "wla",     "p.p",     PATIENCE_ASKING},
	{"the settings leave no store: only a person asks again",                "whbrwa",  "p....p",
         PATIENCE_ASKING											      },
	{"one fails alone: the others go on",                                    "wroswd",  "ps.sss",  PATIENCE_OPEN  },
	{"one fails alone, then the store",                                      "wrofd",   "ps..p",   PATIENCE_ASKING},
};

static char happen(struct patience *p, char c, uint32_t random)
{
	static const char events[] = "wdbarsg";
	const char *event = strchr(events, c | 0x20);

	if (event)
		return ".ps"[patience_step(p, (enum patience_event)(event - events), c & 0x20)];
	patience_failed(p,
		&(struct patience_failure){.alone = c == 'o',
			.later = c != 'x' && c != 'h',
			.hopeless = c == 'h',
			.now = NOW,
			.not_before = c == 'l' ? NOW + 60000 : 0,
			.random = random});
	return '.';
}

static void every_story_ends_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(stories); i++) {
		char orders[16] = "";
		struct patience p;

		print_message("# %s\n", stories[i].name);
		patience_init(&p);
		for (size_t n = 0; stories[i].events[n]; n++)
			orders[n] = happen(&p, stories[i].events[n], 0);
		assert_string_equal(orders, stories[i].orders);
		assert_int_equal(p.state, stories[i].end);
	}
}

/* How long it rests after these events, the last of which fails. */
static const struct {
	const char *name, *events;
	uint64_t least, most;
} rests[] = {
	{"the first failure",				    "wf",       1000,                 2000                },
	{"the fourth in a row",				  "wfdfdfdf", 1000,                 16000               },
	{"a probe that went well in between counts for nothing", "wfdrfdrf", 1000,                 8000                },
	{"the second in the same try counts for nothing",        "wrff",     1000,                 2000                },
	{"after something was stored",                           "wfdfdrsf", 1000,                 2000                },
	{"after the network came back",                          "wfdfdfbf", 1000,                 2000                },
	{"a person's asking changes nothing about it",           "wfafaf",   1000,                 8000                },
	{"it refuses these settings",                            "wx",       3600000,              3600000             },
	{"refused, then not reached: asked when a person does",  "wxaf",     1000,                 4000                },
	{"these settings leave no store",                        "wh",       PATIENCE_NEVER - NOW, PATIENCE_NEVER - NOW},
	{"it wants to be left alone for a minute",               "wl",       60000,                60000               },
	{"and the other upload fails in its own way",            "wrlf",     60000,                60000               },
	{"the other way round",				  "wrfl",     60000,                60000               },
	{"one alone",					    "wro",      1000,                 2000                },
	{"and another, soon after",                              "wroo",     1000,                 2000                },
	{"one alone, then the store refuses",                    "wrox",     3600000,              3600000             },
};

static uint64_t rest_after(const char *events, uint32_t random)
{
	struct patience p;

	patience_init(&p);
	for (const char *c = events; *c; c++)
		(void)happen(&p, *c, random);
	return p.until - NOW;
}

static void rests_are_as_long_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rests); i++) {
		print_message("# %s\n", rests[i].name);
		assert_int_equal(rest_after(rests[i].events, 0), rests[i].least);
		assert_int_equal(rest_after(rests[i].events, UINT32_MAX), rests[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_story_ends_as_told),
		cmocka_unit_test(rests_are_as_long_as_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
