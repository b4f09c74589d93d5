/* args.h - a command line, taken apart by the table of verbs.  Pure.
 *
 * The first word that is no option is the verb.  Before it stand common options only, behind it
 * also the verb's own, in any order with its operands; `--option=value` is `--option value`, and
 * `--` ends the options.
 */
#pragma once

#include "client/verbs.h"

struct args {
	const struct verb *verb; /* NULL: none was given */
	struct doc *params;      /* for its request; never NULL */
	const char *socket;      /* NULL: not given */
	int64_t timeout_ms;      /* 0: not given */
	bool json, help, version, table;
};

/* words[0] is the program's name, NULL ends them; the words live as long as args.  An error is a
 * usage error.  a is freed with args_free() in either case. */
enum err_code args_parse(struct args *a, const char *const *words, struct err *e) must_check;
void args_free(struct args *a);
