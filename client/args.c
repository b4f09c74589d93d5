#include "client/args.h"

#include "common/span.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static enum err_code usage(struct err *e, const char *option, const char *why)
{
	return err_set(e, ERR_FAILED, "%s %s", option, why);
}

/* A document holds UTF-8 only, and a changed uid or name would be another one. */
static enum err_code put_text(
	struct args *a, const struct option *o, const char *value, struct err *e)
{
	REQUIRE(value);
	doc_put_text(a->params, o->param, value);
	if (strcmp(doc_as_text(doc_get(a->params, o->param), ""), value) != 0)
		return usage(e, o->name, "takes UTF-8 text");
	return ERR_NONE;
}

static enum err_code put_count(
	struct args *a, const struct option *o, const char *value, struct err *e)
{
	char *end;

	REQUIRE(value);
	errno = 0;
	long long count = strtoll(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || count < 1)
		return usage(e, o->name, "takes a whole number from 1");
	doc_put_int(a->params, o->param, count);
	return ERR_NONE;
}

static enum err_code put_element(
	struct args *a, const struct option *o, const char *value, struct err *e)
{
	struct doc *list = doc_get(a->params, o->param);

	if (!list) {
		doc_put(a->params, o->param, doc_array());
		list = doc_get(a->params, o->param);
	}
	for (size_t i = 0; i < doc_length(list); i++)
		if (strcmp(doc_as_text(doc_at(list, i), ""), value) == 0)
			return ERR_NONE;
	doc_add_text(list, value);
	if (strcmp(doc_as_text(doc_at(list, doc_length(list) - 1), ""), value) != 0)
		return usage(e, o->name, "takes UTF-8 text");
	return ERR_NONE;
}

static enum err_code put_timeout(struct args *a, const char *value, struct err *e)
{
	uint64_t ms;

	if (!span_parse_time(value, &ms) || ms == 0)
		return usage(e, "--timeout", "takes seconds, or a time such as 500ms or 5min");
	a->timeout_ms = (int64_t)ms;
	return ERR_NONE;
}

static enum err_code put(struct args *a, const struct option *o, const char *value, struct err *e)
{
	switch (o->kind) {
	case OPTION_SOCKET: a->socket = value; break;
	case OPTION_JSON: a->json = true; break;
	case OPTION_TIMEOUT: return put_timeout(a, value, e);
	case OPTION_TABLE: a->table = true; break;
	case OPTION_HELP: a->help = true; break;
	case OPTION_VERSION: a->version = true; break;
	case OPTION_TRUE: doc_put_bool(a->params, o->param, true); break;
	case OPTION_FALSE: doc_put_bool(a->params, o->param, false); break;
	case OPTION_TEXT: return put_text(a, o, value, e);
	case OPTION_COUNT: return put_count(a, o, value, e);
	case OPTION_LIST: return put_element(a, o, value ? value : o->constant, e);
	}
	return ERR_NONE;
}

/* An option at *words, and its value, which may be the next word; *words moves to the last of
 * both. */
static enum err_code take_option(struct args *a, const char *const **words, struct err *e)
{
	const char *word = **words, *value = strchr(word, '=');
	size_t length = value ? (size_t)(value - word) : strlen(word);
	const struct option *o = verb_option(a->verb, word, length);

	if (!o && a->verb)
		return err_set(
			e, ERR_FAILED, "%s has no option %.*s", a->verb->name, (int)length, word);
	if (!o)
		return err_set(
			e, ERR_FAILED, "there is no option %.*s before a verb", (int)length, word);
	if (!o->value && value)
		return usage(e, o->name, "takes no value");
	if (value)
		value++;
	else if (o->value && (*words)[1])
		value = *++*words;
	else if (o->value)
		return usage(e, o->name, "needs a value");
	return put(a, o, value, e);
}

static enum err_code take_word(struct args *a, const char *word, struct err *e)
{
	if (!a->verb) {
		a->verb = verb_find(word);
		return a->verb ? ERR_NONE : err_set(e, ERR_FAILED, "there is no verb %s", word);
	}
	const struct option *o = a->verb->operand;
	if (!o || (o->kind == OPTION_TEXT && doc_get(a->params, o->param)))
		return err_set(e, ERR_FAILED, "%s takes no %s%s", a->verb->name, o ? "second " : "",
			o ? o->name : word);
	return put(a, o, word, e);
}

enum err_code args_parse(struct args *a, const char *const *words, struct err *e)
{
	bool options = true;

	*a = (struct args){.params = doc_object()};
	for (words++; *words; words++) {
		enum err_code rc = ERR_NONE;

		if (options && strcmp(*words, "--") == 0)
			options = false;
		else if (options && (*words)[0] == '-' && (*words)[1])
			rc = take_option(a, &words, e);
		else
			rc = take_word(a, *words, e);
		if (rc)
			return rc;
	}
	return ERR_NONE;
}

void args_free(struct args *a)
{
	doc_free(a->params);
	*a = (struct args){0};
}
