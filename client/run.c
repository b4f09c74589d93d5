#include "client/run.h"

#include "client/detach.h"
#include "client/escape.h"
#include "client/handover.h"
#include "client/show.h"
#include "common/scoped.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum proto_exit run_put(
	const struct screen *out, const struct screen *err, struct pen *p, enum proto_exit code)
{
	if (screen_put(out, p))
		return code;
	(void)fprintf(err->to, "casmanctl: write the output: %s\n", strerrordesc_np(errno));
	return EXIT_FAILED;
}

/* On one line for programs.  For a person indented, and made safe for the terminal, which leaves
 * it the same document. */
static struct pen json(const struct screen *s, const struct doc *d)
{
	struct pen p = {0};
	char *rest = NULL;

	if (!s->terminal) {
		scoped(heap) char *line = doc_text(d);

		pen_add(&p, "%s\n", line);
		return p;
	}
	scoped(heap) char *lines = doc_pretty(d);
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		escape(&p.text, line, s->look.utf8);
		pen_add(&p, "\n");
	}
	return p;
}

/* Who follows a verb on its way: the person who looks at `err`, and we, who keep the latest. */
struct watcher {
	const struct screen *err; /* NULL: nobody looks */
	struct doc *latest;
};

static void on_progress(void *arg, const struct doc *params)
{
	struct watcher *w = arg;

	detach_on_interrupt();
	doc_free(w->latest);
	w->latest = doc_copy(params);
	if (!w->err)
		return;
	struct pen p = screen_pen(w->err);
	show_progress(&p, params);
	(void)screen_put(w->err, &p);
}

static enum err_code ask(
	const struct args *a, const struct screen *err, struct answer *answer, struct err *e)
{
	const struct verb *v = a->verb;
	struct watcher watcher = {.err = err->terminal && !a->json ? err : NULL};
	int64_t usual = v->timeout_s ? v->timeout_s * INT64_C(1000) : LINK_PATIENT;
	const struct link_options o = {
		.path = a->socket,
		.timeout_ms = a->timeout_ms ? a->timeout_ms : usual,
		.progress = on_progress,
		.arg = &watcher,
	};
	struct link *l;

	if (link_open(&l, &o, e))
		return e->code == ERR_NO_DAEMON && v->alone
			? v->alone(a->params, &answer->result, e)
			: e->code;
	enum err_code rc = verb_ask(v, l, a->params, answer, e);
	link_close(l);
	if (rc == ERR_TIMEOUT && v->so_far && doc_is_object(watcher.latest)) {
		answer->result = watcher.latest;
		return ERR_NONE;
	}
	doc_free(watcher.latest);
	return rc;
}

/* Our own failure, as casmand would have answered it. */
static struct doc *own_error(const struct verb *v, const struct err *e)
{
	struct doc *error = doc_object(), *data = doc_object();
	struct text words = {0};

	text_add(&words, "%s", e->text);
	if (v->unanswered && (e->code == ERR_TIMEOUT || e->code == ERR_PROTO))
		text_add(&words, ". %s", v->unanswered);
	doc_put_int(error, "code", PROTO_FAILED);
	doc_put_text(error, "message", words.at);
	doc_put_text(data, "name", err_name(e->code));
	doc_put_null(data, "database");
	doc_put(error, "data", data);
	text_free(&words);
	return error;
}

/* What waits may be left alone when the deadline comes, for casmand goes on; another verb just got
 * no answer. */
static enum proto_exit exit_of_own(const struct verb *v, enum err_code code)
{
	return code == ERR_TIMEOUT && v->timeout_s ? EXIT_FAILED : proto_exit_of(err_name(code));
}

static enum proto_exit exit_of(const struct doc *error)
{
	return proto_exit_of(doc_as_text(doc_get(doc_get(error, "data"), "name"), ""));
}

/* Takes the error. */
static enum proto_exit fail(const struct args *a, const struct screen *out,
	const struct screen *err, struct doc *error, enum proto_exit code)
{
	struct doc *whole = doc_object();
	struct pen p = screen_pen(err);

	doc_put(whole, "error", error);
	if (a->json) {
		p = json(out, whole);
		code = run_put(out, err, &p, code);
	} else {
		show_error(&p, error);
		(void)screen_put(err, &p);
	}
	doc_free(whole);
	return code;
}

static const struct doc *lacking_of(const struct doc *result)
{
	const struct doc *lacking = doc_get(result, "lacking");

	return lacking ? lacking : doc_get(doc_get(result, "store"), "lacking");
}

/* Takes the result. */
static enum proto_exit succeed(const struct args *a, const struct screen *out,
	const struct screen *err, struct doc *result)
{
	enum proto_exit code = a->verb->exit ? a->verb->exit(result) : EXIT_DONE;
	struct pen p = screen_pen(out);

	p.look.table = a->table;
	if (a->json)
		p = json(out, result);
	else {
		a->verb->show(&p, result);
		if (!a->verb->bare)
			handover(&p, lacking_of(result), (const char *const *)environ);
	}
	doc_free(result);
	return run_put(out, err, &p, code);
}

enum proto_exit run(const struct args *a, const struct screen *out, const struct screen *err)
{
	struct answer answer = {0};
	struct err e;

	if (ask(a, err, &answer, &e))
		return fail(a, out, err, own_error(a->verb, &e), exit_of_own(a->verb, e.code));
	if (answer.error)
		return fail(a, out, err, answer.error, exit_of(answer.error));
	return succeed(a, out, err, answer.result);
}
