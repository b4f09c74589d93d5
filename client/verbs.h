/* verbs.h - what casmanctl can be asked to do: a table, one row a verb.
 *
 * The help, the parser, the request and the tests all read it, so a new verb is a new row (and a
 * paragraph in casmanctl.1, which a test asks for).  An option says by itself what it puts into the
 * request's params.
 */
#pragma once

#include "client/link.h"
#include "client/pen.h"
#include "common/proto.h"

enum option_kind {
	/* In struct args, for all verbs. */
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_TIMEOUT,
	OPTION_HELP,
	OPTION_TABLE, /* of those verbs that have it */
	OPTION_VERSION,
	/* In the params, under `param`. */
	OPTION_TRUE,
	OPTION_FALSE,
	OPTION_TEXT,
	OPTION_COUNT, /* a whole number from 1 */
	OPTION_LIST,  /* one more element, each at most once */
};

struct option {
	const char *name;  /* "--count"; NULL ends a list */
	const char *value; /* how the help calls its value; NULL: it takes none */
	const char *help;
	enum option_kind kind;
	const char *param;
	const char *constant; /* OPTION_LIST without a value: the element */
};

struct verb {
	const char *name, *help;
	/* What a word is that is no option: OPTION_TEXT takes one, OPTION_LIST any number; NULL
	 * takes none.  Its name is what the help calls it. */
	const struct option *operand;
	const struct option *options; /* NULL: only the common ones */
	unsigned timeout_s;           /* unless --timeout says otherwise; 0: none, it waits */
	bool so_far;                  /* its progress is what its result would be by now */
	bool bare;                    /* its text is for programs: nothing else is said behind it */
	const char *unanswered;       /* what it means that no answer came; NULL: nothing */

	/* Asks with params that are the caller's; NULL: one request of the verb's name. */
	enum err_code (*ask)(struct link *l, struct doc *params, struct answer *a, struct err *e);
	void (*show)(struct pen *p, const struct doc *result);
	enum proto_exit (*exit)(const struct doc *result); /* NULL: a result is EXIT_DONE */
	/* Where no casmand is there (*e says so): finds a result all the same.  NULL: none can. */
	enum err_code (*alone)(struct doc *params, struct doc **result, struct err *e);
};

extern const struct verb verbs[]; /* ends with a NULL name */
extern const struct option common_options[];

/* What `casmanctl` alone means. */
#define VERB_ALONE "status"

const struct verb *verb_find(const char *name); /* NULL: there is none */

/* The option that the first `length` bytes of a word name, of every verb or of this one (NULL: none
 * yet); NULL: there is none. */
const struct option *verb_option(const struct verb *v, const char *word, size_t length);

/* ask, or the one request. */
enum err_code verb_ask(const struct verb *v, struct link *l, struct doc *params, struct answer *a,
	struct err *e) must_check;
