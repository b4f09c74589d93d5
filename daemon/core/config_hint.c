#include "daemon/core/config_hint.h"

#include <stdint.h>
#include <string.h>

#define SLIPS 2  /* more letters wrong, and it is another word */
#define WORD  49 /* bytes of the longest word that is compared */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The number of letters wrong, missing or too many in the `length` bytes `written` (Levenshtein's
 * distance, of which only the last row is kept); SIZE_MAX if it is another word. */
static size_t slips(const char *meant, const char *written, size_t length)
{
	size_t row[WORD + 1];

	if (length > WORD)
		return SIZE_MAX;
	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (size_t m = 0; meant[m]; m++) {
		size_t corner = row[0];

		row[0] = m + 1;
		for (size_t w = 0; w < length; w++) {
			size_t changed = corner + (meant[m] != written[w]);

			corner = row[w + 1];
			row[w + 1] = least(changed, least(corner, row[w]) + 1);
		}
	}
	return row[length] <= SLIPS ? row[length] : SIZE_MAX;
}

static void add_title(const struct config_section *section, struct text *to)
{
	text_add(to, "[%s%s]", section->name, section->named ? " NAME" : "");
}

void config_hint_section(const struct config_table *t, const char *written, struct text *to)
{
	const struct config_section *nearest = NULL;
	size_t fewest = SIZE_MAX;

	for (size_t i = 0; i < t->section_count; i++) {
		const struct config_section *section = &t->sections[i];
		size_t length = section->named ? strcspn(written, " ") : strlen(written);
		size_t wrong = slips(section->name, written, length);

		if (wrong < fewest) {
			fewest = wrong;
			nearest = section;
		}
	}
	if (nearest) {
		text_add(to, "did you mean ");
		add_title(nearest, to);
		text_add(to, "?");
		return;
	}
	for (size_t i = 0; i < t->section_count; i++) {
		text_add(to, i ? ", " : "known: ");
		add_title(&t->sections[i], to);
	}
}

/* A key of another section, spelt rightly. */
static const struct config_section *home_of(const struct config_table *t, const char *key)
{
	for (size_t i = 0; i < t->section_count; i++)
		if (config_row(t, t->sections[i].name, key))
			return &t->sections[i];
	return NULL;
}

void config_hint_key(
	const struct config_table *t, const char *section, const char *written, struct text *to)
{
	const struct config_section *home = home_of(t, written);
	const struct config_row *row, *nearest = NULL;
	size_t fewest = SIZE_MAX;

	for (size_t i = 0; (row = config_next(t, section, &i));) {
		size_t wrong = slips(row->key, written, strlen(written));

		if (wrong < fewest) {
			fewest = wrong;
			nearest = row;
		}
	}
	if (home) {
		text_add(to, "it is a key of ");
		add_title(home, to);
	} else if (nearest) {
		text_add(to, "did you mean %s?", nearest->key);
	} else {
		for (size_t i = 0; (row = config_next(t, section, &i));)
			text_add(to, "%s%s", to->length ? ", " : "known: ", row->key);
	}
}
