#include "daemon/choose.h"

#include "common/stamp.h"
#include "daemon/core/ancestry.h"

#include <string.h>

#define PAGE 100 /* rows of a list that are asked for at a time */

struct search {
	const struct choose *which;
	struct state_listed *out;
	bool found;
};

bool choose_usable(const struct state_listed *l)
{
	return l->seen.described && !l->seen.refused[0] && !l->suspect && l->state != COPY_BAD &&
		l->state != COPY_REFUSED && !ancestry_is_safety(&l->seen.v);
}

static void look_at_row(void *arg, const struct state_listed *l)
{
	struct search *s = arg;
	const char *key = s->which->key;
	char id[VERSION_ID + 1];

	if (s->found)
		return;
	version_identity(&l->seen.v, id);
	if (key)
		s->found = strcmp(l->seen.key, key) == 0 || strcmp(id, key) == 0;
	else
		s->found = choose_usable(l) && l->seen.v.timestamp <= s->which->until;
	if (s->found)
		*s->out = *l;
}

static bool is_id(const char *text)
{
	return strlen(text) == VERSION_ID && strspn(text, "0123456789abcdef") == VERSION_ID;
}

/* A key never becomes a path: it is taken apart here, and compared. */
static enum err_code read_key(const struct choose *which, char *database, struct err *e)
{
	if (is_id(which->key))
		return ERR_NONE;
	if (objkey_read(which->key, database, NULL) != OBJKEY_DATABASE)
		return err_set(e, ERR_PROTO,
			"\"%.80s\" is neither a key (casmanctl list shows them) nor an id",
			which->key);
	if (which->database && strcmp(which->database, database) != 0)
		return err_set(e, ERR_PROTO, "%s is a version of %s, not of %.40s", which->key,
			database, which->database);
	return ERR_NONE;
}

static enum err_code none(const struct choose *which, struct err *e)
{
	char moment[STAMP_TEXT];

	if (which->key)
		return err_set(e, ERR_MISSING, "there is no version %.100s", which->key);
	if (which->until == INT64_MAX)
		return err_set(
			e, ERR_MISSING, "No backups found: %.40s has no version", which->database);
	return err_set(e, ERR_MISSING, "%.40s has no version of %s or before", which->database,
		stamp_plain(moment, which->until));
}

enum err_code choose_version(struct state *state, int64_t store, const struct choose *which,
	struct state_listed *out, struct err *e)
{
	char database[CONFIG_NAME_MAX + 1] = "";
	struct search s = {.which = which, .out = out};
	struct state_page page = {.limit = PAGE, .each = look_at_row, .arg = &s};

	if (which->key && read_key(which, database, e))
		return e->code;
	page.database = *database ? database : which->database;
	do {
		if (state_list(state, store, &page, e))
			return e->code;
	} while (!s.found && page.cursor[0]);
	return s.found ? ERR_NONE : none(which, e);
}
