#include "check.h"
#include "common/attr.h"
#include "daemon/core/keep.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HOUR INT64_C(3600000000)
#define DAY  (24 * HOUR)
#define NOW  (20000 * DAY + 20 * HOUR)
#define MOST 40

/* A version as a word of letters, and "@N" behind it: N days ago (else an hour before the last).
 *     s stored  w it waits  o stored, and another's  n its maker was named
 *     h head  p proven  b bad  x suspect  y safety  i pinned  r being restored  c the base here
 *     u nobody can say what it is */
static void flag(struct keep_version *v, char letter)
{
	switch (letter) {
	case 's': v->stored = true; break;
	case 'w': break;
	case 'o':
		v->stored = true;
		v->ours = false;
		break;
	case 'n': v->named = true; break;
	case 'h': v->head = true; break;
	case 'p': v->proven = true; break;
	case 'b': v->bad = true; break;
	case 'x': v->suspect = true; break;
	case 'y': v->safety = true; break;
	case 'i': v->pinned = true; break;
	case 'r': v->restoring = true; break;
	case 'c': v->base = true; break;
	case 'u': v->unknown = true; break;
	default: fail_msg("no flag: %c", letter);
	}
}

static size_t read_list(const char *words, struct keep_version list[MOST])
{
	int64_t at = NOW;
	size_t count = 0;

	for (const char *word = words; *word; count++) {
		struct keep_version *v = &list[count];

		*v = (struct keep_version){.ours = true};
		at -= HOUR;
		while (isalpha((unsigned char)*word))
			flag(v, *word++);
		if (*word == '@') {
			char *end;

			at = NOW - strtol(word + 1, &end, 10) * DAY;
			word = end;
		}
		v->at = at;
		word += strspn(word, " ");
	}
	return count;
}

static const char letters[] = {
	[KEEP_NEWEST] = 'N',
	[KEEP_PROVEN] = 'P',
	[KEEP_HEAD] = 'H',
	[KEEP_RESTORING] = 'R',
	[KEEP_BASE] = 'B',
	[KEEP_PINNED] = 'I',
	[KEEP_OTHERS] = 'O',
	[KEEP_WAITS] = 'W',
	[KEEP_UNCONFIRMED] = 'U',
	[KEEP_SUSPECT] = 'X',
	[KEEP_SAFETY] = 'Y',
	[KEEP_BAD] = 'D',
	[KEEP_COUNT] = 'C',
	[KEEP_DAY] = 'T',
	[KEEP_NOT_SUSPECT] = 'x',
	[KEEP_NOT_SAFETY] = 'y',
	[KEEP_NOT_BAD] = 'd',
	[KEEP_NOT_COUNT] = '-',
	[KEEP_NOT_NAMED] = 'n',
};

static const struct {
	const char *story, *list;
	unsigned versions, days;
	const char *why; /* a capital stays, what is small goes */
} cases[] = {
	{"none",						     "",		      2, 0, ""       },
	{"the newest stays",					 "s",                     1, 0, "N"      },
	{"the count keeps the newest, and of each day one",          "s s s s@1 s s@2 s",     2, 2, "NC-T---"},
	{"what only waits is no reason to delete",                   "w w s s s",             1, 0, "WWN--"  },
	{"nothing goes while nothing sound is stored",               "w sy@40 sy@41 sb@50",   1, 0, "WNUU"   },
	{"nothing goes that is newer than what is stored and sound", "sx@1 sy@40 s@41 s",     1, 0,
         "NUN-"											      },
	{"but of suspects no more stay than of others",              "sx sx sx sx sx s s",    1, 0, "NXxxXN-"},
	{"three emptied ones in a row push no good one out",         "sx sx sx s s s",        3, 0, "NXXNCC" },
	{"of suspects the oldest and the two newest stay",           "s sx sx sx sx sx s",    2, 0, "NXXxxXC"},
	{"one that is pinned is not one of the three",               "s sx sxi sx sx sx",     1, 0, "NXIXxX" },
	{"suspects that were let go are missed by nobody",           "s sx sx sx s",          1, 0, "NXXX-"  },
	{"the last that was proven stays",                           "s s sp sp",             1, 0, "N-P-"   },
	{"one that is suspect is not the last proven sound one",     "s sxp sp sp",           1, 0, "NPP-"   },
	{"a head stays",					     "s s sh s",              1, 0, "N-H-"   },
	{"so does what is being restored",                           "s s sr s",              1, 0, "N-R-"   },
	{"so does what the contents here descend from",              "s s sc s",              1, 0, "N-B-"   },
	{"so does a pinned one, and takes no place",                 "s si s s",              2, 0, "NIC-"   },
	{"another machine's stays, and takes no place",              "s o s o s",             2, 0, "NOCO-"  },
	{"another machine's does not make ours the second",          "o s s",                 1, 0, "NN-"    },
	{"safety versions stay for 30 days",                         "s sy@1 s sy@29 sy@31",  1, 0, "NY-Yy"  },
	{"the newest stays also if it is a safety version",          "sy s s",                1, 0, "NN-"    },
	{"one that looks emptied is a safety version first",         "s syx@1 syx@31",        1, 0, "NYy"    },
	{"bad ones take no place, and can be looked at for 30 days", "s sb@1 s@2 sb@31 s@32", 2, 0,
         "NDCd-"											     },
	{"the newest that is bad hides no good one",                 "sb s s",                1, 0, "NN-"    },
	{"nor is a bad one the last proven",                         "s sb s sp",             1, 0, "ND-P"   },
	{"one that was named goes, also within the count",           "s on on s",             3, 0, "NnnC"   },
	{"a named one stays where it is precious",                   "s onh onp oni onr on",  1, 0, "NHPIRn" },
	{"the newest of the database stays, whosever it is",         "on s",                  1, 0, "NN"     },
	{"named, our own newest stays, and the last sound one",      "snx sn sn o",           9, 0, "NNnO"   },
	{"nothing that is named goes before there is a sound one",   "onx onx onu",           1, 0, "UUU"    },
	{"what nobody can read is no newest",                        "ou s s",                1, 0, "ON-"    },
};

static void answer(const char *words, unsigned versions, unsigned days, char why[MOST + 1])
{
	struct keep_version list[MOST];
	size_t count = read_list(words, list);

	keep_judge(
		&(struct keep_rules){
			.count = {versions, days},
                          .now = NOW
        },
		list, count);
	for (size_t i = 0; i < count; i++)
		why[i] = letters[list[i].why];
	why[count] = '\0';
}

static void p6_every_version_stays_or_goes_for_a_reason(void **at)
{
	char why[MOST + 1];

	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		answer(cases[i].list, cases[i].versions, cases[i].days, why);
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s, not %s", cases[i].story, why, cases[i].why);
	}
}

/* The words are for people: none is missing, and a small letter is what goes. */
static void every_reason_has_words(void **at)
{
	const struct keep_rules rules = {
		.count = {10, 7}
        };

	(void)at;
	for (size_t i = 0; i < LENGTH(letters); i++) {
		struct text words = {0};

		keep_words((enum keep_why)i, &rules, &words);
		assert_true(words.length > 0);
		text_free(&words);
		assert_int_equal(
			keep_stays((enum keep_why)i), isupper((unsigned char)letters[i]) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p6_every_version_stays_or_goes_for_a_reason),
		cmocka_unit_test(every_reason_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
