#include "client/question.h"

#include "client/screen.h"

#include <stdio.h>
#include <unistd.h>

enum err_code question_possible(struct err *e)
{
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return ERR_NONE;
	return err_set(
		e, ERR_FAILED, "nobody can be asked here: look with --dry-run, then say --yes");
}

static bool says_yes(void)
{
	char line[16] = "";

	(void)fflush(stderr);
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

enum err_code question_put(void (*show)(struct pen *p, const struct doc *would),
	const struct doc *would, const char *words, struct err *e)
{
	const struct screen err = screen_of(stderr);
	struct pen p = screen_pen(&err);

	show(&p, would);
	pen_add(&p, "%s [y/N] ", words);
	(void)screen_put(&err, &p);
	return says_yes() ? ERR_NONE : err_set(e, ERR_FAILED, "nothing was done");
}
