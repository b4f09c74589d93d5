#include "common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048 /* a longer line loses its end; the journal keeps 48 KiB */

static _Atomic enum log_level limit = LOG_INFO;
static bool with_priority = true;

void log_open(enum log_level most)
{
	with_priority = !isatty(STDERR_FILENO);
	log_limit(most);
}

void log_limit(enum log_level most)
{
	atomic_store(&limit, most);
}

static void escape(char *line)
{
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void put(enum log_level level, const char *event, const char *fmt, va_list args)
	printf_like(3, 0);
static void put(enum log_level level, const char *event, const char *fmt, va_list args)
{
	static const char priorities[] = {
		[LOG_ERROR] = '3', [LOG_WARNING] = '4', [LOG_INFO] = '6', [LOG_DEBUG] = '7'};
	char line[LINE_MAX_BYTES];

	if (level > atomic_load(&limit))
		return;
	int head = with_priority ? snprintf(line, sizeof(line), "<%c>", priorities[level]) : 0;
	head += snprintf(line + head, sizeof(line) - (size_t)head, "%s ", event);
	(void)vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, args);
	escape(line);
	size_t length = strlen(line);
	line[length] = '\n';
	(void)!write(STDERR_FILENO, line, length + 1);
}

#define LEVEL(name, level)                                                                         \
	void log_##name(const char *event, const char *fmt, ...)                                   \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, fmt);                                                               \
		put(level, event, fmt, args);                                                      \
		va_end(args);                                                                      \
	}

LEVEL(error, LOG_ERROR)
LEVEL(warning, LOG_WARNING)
LEVEL(info, LOG_INFO)
LEVEL(debug, LOG_DEBUG)
