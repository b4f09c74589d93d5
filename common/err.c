#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	bool later;
} codes[] = {
#define X(name, text, later) [ERR_##name] = {text, later},
	ERR_CODES(X)
#undef X
};

enum err_code err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list args;

	e->code = code;
	va_start(args, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return code;
}

/* text = words + ": " + text, losing the end of what no longer fits. */
static void put_before(char *text, size_t size, const char *words)
{
	size_t head = strnlen(words, size - 3);
	size_t tail = strnlen(text, size - head - 3);

	memmove(text + head + 2, text, tail);
	memcpy(text, words, head);
	memcpy(text + head, ": ", 2);
	text[head + 2 + tail] = '\0';
}

enum err_code err_note(struct err *e, const char *fmt, ...)
{
	char words[sizeof(e->text)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	put_before(e->text, sizeof(e->text), words);
	return e->code;
}

static enum err_code code_of(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT: return ERR_FULL;
	case EACCES:
	case EPERM: return ERR_DENIED;
	case ENOENT:
	case ENOTDIR: return ERR_MISSING;
	case EEXIST: return ERR_EXISTS;
	case ENOMEM: return ERR_NOMEM;
	default: return ERR_IO;
	}
}

enum err_code err_sys(struct err *e, const char *fmt, ...)
{
	int number = errno;
	char words[sizeof(e->text)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	err_set(e, code_of(number), "%s", strerrordesc_np(number));
	put_before(e->text, sizeof(e->text), words);
	errno = number;
	return e->code;
}

const char *err_name(enum err_code code)
{
	return codes[code].name;
}

enum err_code err_named(const char *name)
{
	size_t i = 0;

	while (i < LENGTH(codes) && strcmp(codes[i].name, name) != 0)
		i++;
	return i < LENGTH(codes) ? (enum err_code)i : ERR_FAILED;
}

bool err_may_retry(enum err_code code)
{
	return codes[code].later;
}
