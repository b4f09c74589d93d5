/* notice.h - what is told of an alert, in the forms in which it goes out.  Pure.
 *
 * The JSON is what the command gets on its standard input, and what the webhook is sent.  `text` is
 * a whole sentence, which Slack, Mattermost and those like them show as the message.
 */
#pragma once

#include "common/text.h"
#include "daemon/core/alert.h"

#include <stdbool.h>
#include <stdint.h>

struct notice {
	int64_t number; /* rises; told again after a crash it is the same */
	bool begins;    /* else it clears */
	char condition[ALERT_NAME], database[CONFIG_NAME_MAX + 1], words[ALERT_WORDS];
	int64_t at; /* microseconds since 1970 */
};

struct notice_from {
	const char *host, *machine;
};

char *notice_json(const struct notice *n, const struct notice_from *from); /* on one line */

#define NOTICE_VARIABLES 10
/* "CASMAND_NAME=value" of each, and PATH; NULL ends them.  notice_end() frees them. */
void notice_environment(const struct notice *n, const struct notice_from *from,
	char *variables[NOTICE_VARIABLES + 1]);
void notice_end(char *variables[NOTICE_VARIABLES + 1]);
