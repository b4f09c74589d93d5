#include "client/complete.h"

#include "client/verbs.h"

#include <string.h>

#define PATIENCE 500 /* ms that somebody waits behind the Tab key */
#define KEYS     100 /* the newest; who wants an older one types more of it, or uses `list` */

struct wish {
	const struct verb *verb;    /* NULL: none was said yet */
	const struct option *value; /* of which option the word is the value; NULL: of none */
	size_t operands;            /* that were said already */
	const char *typed, *socket;
};

static void offer(struct text *to, const struct wish *w, const char *word)
{
	if (strncmp(word, w->typed, strlen(w->typed)) == 0 && !strpbrk(word, "\n\033"))
		text_add(to, "%s\n", word);
}

/* --- what casmand knows ------------------------------------------------ */

/* The member of each row of a list of the answer, each name once in a row. */
struct question {
	const char *verb, *list, *member;
};

static void ask(struct text *to, const struct wish *w, const struct question *q)
{
	const struct link_options o = {.path = w->socket, .timeout_ms = PATIENCE};
	struct doc *params = doc_object();
	struct answer answer = {0};
	const char *last = "";
	struct link *l;
	struct err e;

	if (strcmp(q->verb, "list") == 0) { /* what is known: a cursor asks no store */
		doc_put_text(params, "cursor", "");
		doc_put_int(params, "limit", KEYS);
	}
	if (link_open(&l, &o, &e)) {
		doc_free(params);
		return;
	}
	e.code = link_call(l, q->verb, params, &answer, &e);
	const struct doc *rows = doc_get(answer.result, q->list);
	for (size_t i = 0; !e.code && i < doc_length(rows); i++) {
		const char *name = doc_as_text(doc_get(doc_at(rows, i), q->member), "");

		if (*name && strcmp(name, last) != 0)
			offer(to, w, name);
		last = name;
	}
	link_close(l);
	doc_free(answer.result);
	doc_free(answer.error);
}

/* --- by the table ------------------------------------------------------ */

static void names(struct text *to, const struct wish *w, const char *param)
{
	static const struct {
		const char *param;
		struct question question;
	} known[] = {
		{"database",  {"status", "databases", "name"}},
		{"databases", {"status", "databases", "name"}},
		{"key",       {"list", "versions", "key"}    },
		{"machine",   {"list", "versions", "host"}   },
		{"words",     {"status", "databases", "name"}},
		{"words",     {"list", "versions", "key"}    },
	};
	static const char *const states[] = {"counted", "captured", "stored"};

	for (size_t i = 0; i < LENGTH(known); i++)
		if (strcmp(known[i].param, param) == 0)
			ask(to, w, &known[i].question);
	for (size_t i = 0; i < LENGTH(states) && strcmp(param, "wait") == 0; i++)
		offer(to, w, states[i]);
}

static void options(struct text *to, const struct wish *w, const struct option *list)
{
	for (; list && list->name; list++)
		offer(to, w, list->name);
}

static void operand(struct text *to, const struct wish *w)
{
	const struct option *o = w->verb->operand;

	if (!o || (o->kind == OPTION_TEXT && w->operands))
		return;
	if (strcmp(o->param, "words") == 0 && w->operands)
		offer(to, w, "latest");
	else
		names(to, w, o->param);
}

/* What the words before the last one mean for it. */
static void read_word(struct wish *w, const char *word)
{
	if (w->value && strcmp(word, "=") == 0) /* bash makes three words of --db=NAME */
		return;
	if (w->value) {
		if (w->value->kind == OPTION_SOCKET)
			w->socket = word;
		w->value = NULL;
	} else if (word[0] == '-') {
		const struct option *o = verb_option(w->verb, word, strlen(word));

		w->value = o && o->value ? o : NULL;
	} else if (!w->verb) {
		w->verb = verb_find(word);
	} else {
		w->operands++;
	}
}

void complete(struct text *to, const char *const *words, const char *socket)
{
	struct wish w = {.typed = "", .socket = socket};

	for (; *words && words[1]; words++)
		read_word(&w, *words);
	if (*words && strcmp(*words, "=") != 0)
		w.typed = *words;
	if (w.value) {
		names(to, &w, w.value->param ? w.value->param : "");
	} else if (w.typed[0] == '-') {
		options(to, &w, w.verb ? w.verb->options : NULL);
		options(to, &w, common_options);
	} else if (w.verb) {
		operand(to, &w);
	} else {
		for (const struct verb *v = verbs; v->name; v++)
			offer(to, &w, v->name);
	}
}
