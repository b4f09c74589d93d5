#include "daemon/core/config_aws.h"

#include "common/scoped.h"
#include "daemon/core/config_value.h"

#include <string.h>

#define BLANK " \t\r"

/* What stands between from and end, without blanks around it. */
static char *part(const char *from, const char *end)
{
	while (from < end && strchr(BLANK, *from))
		from++;
	while (from < end && strchr(BLANK, end[-1]))
		end--;
	char *copy = strndup(from, (size_t)(end - from));
	REQUIRE(copy);
	return copy;
}

static bool is_heading_of(const char *line, const char *end, const char *profile)
{
	const char *bracket = memchr(line, ']', (size_t)(end - line));
	scoped(heap) char *name = part(line + 1, bracket ? bracket : end);

	return strcmp(name, profile) == 0;
}

static void take_pair(struct config_aws *a, const char *line, const char *end)
{
	const char *equals = memchr(line, '=', (size_t)(end - line));
	const struct {
		const char *key;
		char **takes;
	} places[] = {
		{"aws_access_key_id",     &a->access_key_id    },
		{"aws_secret_access_key", &a->secret_access_key},
		{"aws_session_token",     &a->session_token    },
	};

	if (!equals)
		return;
	scoped(heap) char *key = part(line, equals);
	for (size_t i = 0; i < LENGTH(places); i++) {
		if (strcasecmp(places[i].key, key) != 0)
			continue;
		config_wipe(*places[i].takes);
		*places[i].takes = part(equals + 1, end);
	}
}

void config_aws_read(struct config_aws *a, const char *text, const char *profile)
{
	bool here = false;

	*a = (struct config_aws){text_copy(""), text_copy(""), text_copy("")};
	while (*text) {
		const char *end = text + strcspn(text, "\n");

		if (*text == '[')
			here = is_heading_of(text, end, profile);
		else if (here && *text != '#' && *text != ';')
			take_pair(a, text, end);
		text = *end ? end + 1 : end;
	}
}

void config_aws_free(struct config_aws *a)
{
	config_wipe(a->access_key_id);
	config_wipe(a->secret_access_key);
	config_wipe(a->session_token);
}
