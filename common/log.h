/* log.h - one line per event worth a line, to standard error, as the journal wants it.
 *
 *     log_info("captured", "db=%s key=%s size=%zu", ...)
 *       -> <6>captured db=parts.db key=backups/... size=348160
 *
 * A line is an event (one word or two), then logfmt words.  The priority prefix (sd-daemon(3)) is
 * written only where standard error is the journal or no terminal.  Control characters are escaped,
 * for file and object names come from outside.  No secret is ever an argument.
 * Threads: any; a line is one write(2).
 */
#pragma once

#include "common/attr.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_open(enum log_level most); /* before the first thread; lines above `most` are dropped */
void log_limit(enum log_level most);

void log_error(const char *event, const char *fmt, ...) printf_like(2, 3);
void log_warning(const char *event, const char *fmt, ...) printf_like(2, 3);
void log_info(const char *event, const char *fmt, ...) printf_like(2, 3);
void log_debug(const char *event, const char *fmt, ...) printf_like(2, 3);
