#include "client/help.h"

#define HELPS 22 /* the column where explanations begin */

static void row(struct text *to, const char *name, const char *value, const char *words)
{
	struct text left = {0};

	text_add(&left, "  %s%s%s", name, value ? " " : "", value ? value : "");
	text_add(to, "%-*s%s\n", HELPS, left.at, words);
	text_free(&left);
}

static void options(struct text *to, const char *heading, const struct option *list)
{
	text_add(to, "\n%s:\n", heading);
	for (; list->name; list++)
		row(to, list->name, list->value, list->help);
}

static void of_verb(struct text *to, const struct verb *v)
{
	text_add(to, "usage: casmanctl %s [OPTION...]", v->name);
	if (v->operand)
		text_add(to, " [%s]", v->operand->name);
	text_add(to, "\n\n%s: %s\n", v->name, v->help);
	if (v->options)
		options(to, "Options", v->options);
	options(to, "Options of every verb", common_options);
}

static void of_all(struct text *to)
{
	text_add(to,
		"usage: casmanctl [OPTION...] [VERB] [OPTION...]\n\n"
		"Talks to casmand, which keeps versions of SQLite databases.\n\n"
		"Verbs (none: " VERB_ALONE "):\n");
	for (const struct verb *v = verbs; v->name; v++)
		row(to, v->name, NULL, v->help);
	options(to, "Options of every verb, before or behind it", common_options);
	text_add(to,
		"\nExit status: 0 done, 1 failed, 2 wrong usage, 3 no casmand, 4 store not\n"
		"reached and nothing lost, 5 not permitted.\n"
		"casmanctl VERB --help tells more, and casmanctl(1) all.\n");
}

void help(struct text *to, const struct verb *verb)
{
	if (verb)
		of_verb(to, verb);
	else
		of_all(to);
}
