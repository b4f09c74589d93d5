/* casmanctl - asks casmand, and shows what it answers.
 *
 *     args     argv -> verb and params, by the table of verbs
 *     verbs    the table: what can be asked, with which options; help shows it
 *     ask      verbs that are more than one plain request: waiting, pages
 *     moment   times as people type them
 *     link     the socket: lines, answers, progress, the deadline; denied: who may open it
 *     run      one verb through all of these: request, reply, output, exit code
 *     detach   ^C while casmand works
 *     show*    a reply -> text; pen: columns, marks, sizes, moments
 *     complete what the shells' completion offers (completion/)
 *     handover credentials that the shell has and casmand has not
 *     escape   what others wrote, made safe for a terminal
 *     screen   where it goes, and who reads it
 *
 * casmanctl knows nothing by itself: it reads no configuration, no state and no database.
 */
#include "client/complete.h"
#include "client/help.h"
#include "client/run.h"
#include "common/place.h"

#include <signal.h>
#include <string.h>

static enum proto_exit wrong_usage(
	const struct args *a, const struct screen *err, const struct err *e)
{
	struct pen p = screen_pen(err);

	pen_add(&p, "casmanctl: ");
	pen_foreign(&p, e->text);
	pen_add(&p, "\nTry: casmanctl %s%s--help\n", a->verb ? a->verb->name : "",
		a->verb ? " " : "");
	(void)screen_put(err, &p);
	return EXIT_USAGE;
}

/* --help and --version need no casmand. */
static enum proto_exit tell(
	const struct args *a, const struct screen *out, const struct screen *err)
{
	struct pen p = screen_pen(out);

	if (a->help)
		help(&p.text, a->verb);
	else
		pen_add(&p, "casmanctl %s\n", VERSION);
	return run_put(out, err, &p, EXIT_DONE);
}

static const char *usual_socket(void)
{
	const char *path = secure_getenv("CASMAND_SOCKET");

	return path && *path ? path : PLACE_SOCKET;
}

/* Not for people: what the shells' completion asks for. */
static enum proto_exit suggest(const char *const *words)
{
	const struct screen out = screen_of(stdout);
	struct pen p = screen_pen(&out);

	complete(&p.text, words, usual_socket());
	(void)screen_put(&out, &p);
	return EXIT_DONE;
}

static enum proto_exit obey(struct args *a, const char *const *words)
{
	const struct screen out = screen_of(stdout), err = screen_of(stderr);
	struct err e;

	if (words[0] && words[1] && strcmp(words[1], "--complete") == 0)
		return suggest(words + 2);
	if (args_parse(a, words, &e))
		return wrong_usage(a, &err, &e);
	if (a->help || a->version)
		return tell(a, &out, &err);
	if (!a->verb)
		a->verb = verb_find(VERB_ALONE);
	if (!a->socket)
		a->socket = usual_socket();
	return run(a, &out, &err);
}

int main(int argc, char **argv)
{
	struct args a = {0};

	(void)argc;
	(void)signal(SIGPIPE, SIG_IGN);
	enum proto_exit code = obey(&a, (const char *const *)argv);
	args_free(&a);
	return (int)code;
}
