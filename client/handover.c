#include "client/handover.h"

#include <string.h>

static bool is_set(const char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; length > 0 && *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=' &&
			(*environment)[length + 1])
			return true;
	return false;
}

static bool has_any(const struct doc *lacking, const char *const *environment)
{
	for (size_t i = 0; i < doc_length(lacking); i++)
		if (is_set(environment, doc_as_text(doc_at(lacking, i), "")))
			return true;
	return false;
}

static bool begins(const char *variable, const char *with)
{
	return strncmp(variable, with, strlen(with)) == 0;
}

/* The length of its name, if casmand-setup takes it; others may have no names for a command line. */
static size_t name_of(const char *variable)
{
	size_t length = strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	bool ours = begins(variable, "R2_") || begins(variable, "AWS_ACCESS_KEY_ID=") ||
		begins(variable, "AWS_SECRET_ACCESS_KEY=") ||
		begins(variable, "AWS_SESSION_TOKEN=") || begins(variable, "AWS_REGION=") ||
		begins(variable, "AWS_DEFAULT_REGION=");

	return ours && variable[length] == '=' && variable[length + 1] ? length : 0;
}

void handover(struct pen *p, const struct doc *lacking, const char *const *environment)
{
	const char *between = "";

	if (!has_any(lacking, environment))
		return;
	pen_add(p,
		"\nYour environment has credentials that casmand has not. Hand them over:\n"
		"  sudo --preserve-env=");
	for (; *environment; environment++) {
		size_t length = name_of(*environment);

		if (length == 0)
			continue;
		pen_add(p, "%s%.*s", between, (int)length, *environment);
		between = ",";
	}
	pen_add(p, " casmand-setup\n");
}
