#include "check.h"
#include "common/attr.h"
#include "daemon/core/upload.h"

/* s START, k OK, t TAKEN, m MINE, o OTHERS, l LATER, n NEVER, g GONE; the orders that they bring.
 */
static const struct {
	const char *name, *events;
	enum upload_order orders[8];
	enum upload_state end;
} stories[] = {
	{"all is well",						"skkk",     {UPLOAD_PUT, UPLOAD_TELL, UPLOAD_CHECK, UPLOAD_REPORT},
         UPLOAD_STORED																   },
	{"the answer to an earlier PUT was lost",                      "stmkk",
         {UPLOAD_PUT, UPLOAD_ASK, UPLOAD_TELL, UPLOAD_CHECK, UPLOAD_REPORT},                                                               UPLOAD_STORED },
	{"another machine had that second, and the next",              "stotokkk",
         {UPLOAD_PUT, UPLOAD_ASK, UPLOAD_NEXT_KEY, UPLOAD_ASK, UPLOAD_NEXT_KEY, UPLOAD_TELL,
			UPLOAD_CHECK, UPLOAD_REPORT},
         UPLOAD_STORED																   },
	{"another's metadata is there: never called stored beside it", "sktkkk",
         {UPLOAD_PUT, UPLOAD_TELL, UPLOAD_NEXT_KEY, UPLOAD_TELL, UPLOAD_CHECK,
			UPLOAD_REPORT},
         UPLOAD_STORED																   },
	{"not reached at first",				       "slskkk",
         {UPLOAD_PUT, UPLOAD_REST, UPLOAD_PUT, UPLOAD_TELL, UPLOAD_CHECK, UPLOAD_REPORT},
         UPLOAD_STORED																   },
	{"lost while telling",					 "skl",      {UPLOAD_PUT, UPLOAD_TELL, UPLOAD_REST},                 UPLOAD_WAITING},
	{"what was written is not what is there: never called stored", "skko",
         {UPLOAD_PUT, UPLOAD_TELL, UPLOAD_CHECK, UPLOAD_REST},									     UPLOAD_WAITING},
	{"refused",						    "sn",       {UPLOAD_PUT, UPLOAD_REPORT},                            UPLOAD_REFUSED},
	{"the spool file is gone",				     "sg",       {UPLOAD_PUT, UPLOAD_REPORT},                            UPLOAD_BAD    },
	{"late news changes nothing",                                  "skkkkln",
         {UPLOAD_PUT, UPLOAD_TELL, UPLOAD_CHECK, UPLOAD_REPORT, UPLOAD_WAIT, UPLOAD_WAIT,
			UPLOAD_WAIT},
         UPLOAD_STORED																   },
};

static enum upload_event event_of(char c)
{
	static const struct {
		char c;
		enum upload_event event;
	} events[] = {
		{'s', UPLOAD_START },
                {'k', UPLOAD_OK    },
                {'t', UPLOAD_TAKEN },
                {'m', UPLOAD_MINE  },
		{'o', UPLOAD_OTHERS},
                {'l', UPLOAD_LATER },
                {'n', UPLOAD_NEVER },
                {'g', UPLOAD_GONE  }
        };
	size_t i = 0;

	while (events[i].c != c)
		i++;
	return events[i].event;
}

static void every_story_ends_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(stories); i++) {
		enum upload_state s = UPLOAD_WAITING;

		print_message("# %s\n", stories[i].name);
		for (size_t k = 0; stories[i].events[k]; k++)
			assert_int_equal(upload_step(&s, event_of(stories[i].events[k])),
				stories[i].orders[k]);
		assert_int_equal(s, stories[i].end);
	}
}

/* P4: whatever happens, in whatever order, nothing but a confirmed HEAD makes it stored. */
static void only_a_check_that_went_well_makes_it_stored(void **state)
{
	(void)state;
	for (int from = UPLOAD_WAITING; from <= UPLOAD_BAD; from++)
		for (int event = UPLOAD_START; event <= UPLOAD_GONE; event++) {
			enum upload_state s = (enum upload_state)from;

			(void)upload_step(&s, (enum upload_event)event);
			if (s == UPLOAD_STORED && from != UPLOAD_STORED) {
				assert_int_equal(from, UPLOAD_CHECKING);
				assert_int_equal(event, UPLOAD_OK);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_story_ends_as_told),
		cmocka_unit_test(only_a_check_that_went_well_makes_it_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
