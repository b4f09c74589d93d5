#include "daemon/core/config_value.h"

#include "common/span.h"
#include "daemon/core/config_bucket_key.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REAL_CHARS 15 /* as many digits come back from a double as they went in */
#define QUOTED     80 /* bytes of a wrong value that are shown */

#define MASK "******"

static_assert(sizeof(enum config_backend) == sizeof(unsigned) &&
		sizeof(enum s3bucket_style) == sizeof(unsigned) &&
		sizeof(enum log_level) == sizeof(unsigned) &&
		sizeof(enum config_on_change) == sizeof(unsigned) &&
		sizeof(enum config_scans_from) == sizeof(unsigned),
	"a member of TYPE_WORD is written as an unsigned");

static bool refuse(const struct config_row *row, const char *value, struct text *why,
	const char *fmt, ...) printf_like(4, 5);

/* Says what is wrong with the value, and answers false. */
static bool refuse(
	const struct config_row *row, const char *value, struct text *why, const char *fmt, ...)
{
	char words[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (row->secret || !text_is_plain(value)) {
		text_add(why, "the value %s", words);
		return false;
	}
	size_t shown = strnlen(value, QUOTED);
	while (((unsigned char)value[shown] & 0xc0) == 0x80) /* amid a character */
		shown--;
	text_add(why, "\"%.*s%s\" %s", (int)shown, value, value[shown] ? "..." : "", words);
	return false;
}

/* A value that could not stand in the file would be another one when the print is read again;
 * secrets are not printed. */
static const char *unprintable(const char *value)
{
	if (value[0] == ';' || strstr(value, " ;"))
		return "may not hold \" ;\", which begins a comment";
	if (strstr(value, "${"))
		return "may not hold \"${\" once its variables are expanded";
	return NULL;
}

static bool read_text(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	const char *wrong = row->secret ? NULL : unprintable(value);
	struct err e;

	if (!text_is_plain(value))
		return refuse(row, value, why, "holds a control character or is no UTF-8");
	if (wrong)
		return refuse(row, value, why, "%s", wrong);
	if (strlen(value) > (size_t)row->most)
		return refuse(row, value, why, "has %zu bytes; at most %.0f are possible",
			strlen(value), row->most);
	if (row->of_bucket && *value && config_bucket_key(row->key, value, &e)) {
		text_add(why, "%s", e.text);
		return false;
	}
	char *copy = text_copy(value);
	memcpy(member, &copy, sizeof(copy));
	return true;
}

static void show_text(const struct config_row *row, const void *member, struct text *out)
{
	const char *value;

	memcpy(&value, member, sizeof(value));
	text_add(out, "%s", row->secret && *value ? MASK : value);
}

static bool read_path(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	if (value[0] != '/' && (value[0] || !row->optional))
		return refuse(row, value, why,
			"is not an absolute path: it begins with /, without quotes");
	return read_text(row, value, member, why);
}

static bool find_bool(const char *value, bool *is)
{
	static const struct {
		const char *word;
		bool is;
	} words[] = {
		{"true",  true },
                {"false", false},
                {"yes",   true },
                {"no",    false},
                {"on",    true },
		{"off",   false},
                {"1",     true },
                {"0",     false}
        };

	for (size_t i = 0; i < LENGTH(words); i++)
		if (strcasecmp(value, words[i].word) == 0) { /* Python writes True */
			*is = words[i].is;
			return true;
		}
	return false;
}

static bool read_bool(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	bool is;

	if (find_bool(value, &is)) {
		memcpy(member, &is, sizeof(is));
		return true;
	}
	return refuse(row, value, why, "is not true or false (nor yes, no, on, off, 1, 0)");
}

static void show_bool(const struct config_row *row, const void *member, struct text *out)
{
	(void)row;
	bool is;

	memcpy(&is, member, sizeof(is));
	text_add(out, "%s", is ? "true" : "false");
}

static bool only(const char *value, const char *chars)
{
	return value[0] && !value[strspn(value, chars)];
}

static bool read_unsigned(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	errno = 0;
	unsigned long long number = strtoull(value, NULL, 10);
	unsigned fits = (unsigned)number;

	if (!only(value, "0123456789") || errno || number != fits || fits < row->least ||
		fits > row->most)
		return refuse(row, value, why, "is not a whole number from %.0f to %.0f",
			row->least, row->most);
	memcpy(member, &fits, sizeof(fits));
	return true;
}

static void show_unsigned(const struct config_row *row, const void *member, struct text *out)
{
	(void)row;
	unsigned number;

	memcpy(&number, member, sizeof(number));
	text_add(out, "%u", number);
}

static bool read_size(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	uint64_t size;

	if (!span_parse_size(value, &size) || (double)size > row->most)
		return refuse(
			row, value, why, "is not a size up to %.0f bytes, as 500 MiB", row->most);
	memcpy(member, &size, sizeof(size));
	return true;
}

/* In the largest unit in which it is a whole number. */
static void show_size(const struct config_row *row, const void *member, struct text *out)
{
	static const char *const units[] = {"", " KiB", " MiB", " GiB"};
	size_t unit = 0;
	uint64_t size;

	(void)row;
	memcpy(&size, member, sizeof(size));
	for (; size && size % 1024 == 0 && unit + 1 < LENGTH(units); unit++)
		size /= 1024;
	text_add(out, "%" PRIu64 "%s", size, units[unit]);
}

static bool read_real(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	char *end = NULL;
	double number = strtod(value, &end);

	if (!only(value, "0123456789.") || *end || end == value || strlen(value) > REAL_CHARS ||
		number < row->least || number > row->most)
		return refuse(row, value, why, "is not a number from %g to %g, as 24.0", row->least,
			row->most);
	memcpy(member, &number, sizeof(number));
	return true;
}

/* With as many digits as it needs to be read again as the same, and at least one. */
static void show_real(const struct config_row *row, const void *member, struct text *out)
{
	(void)row;
	double number, again = -1;
	char digits[64] = "";

	memcpy(&number, member, sizeof(number));
	for (int i = 1; i < REAL_CHARS && (again < number || again > number); i++) {
		(void)snprintf(digits, sizeof(digits), "%.*f", i, number);
		again = strtod(digits, NULL);
	}
	text_add(out, "%s", digits);
}

static bool find_word(const char *const *words, const char *value, unsigned *which)
{
	for (*which = 0; words[*which]; ++*which)
		if (strcmp(words[*which], value) == 0)
			return true;
	return false;
}

static bool read_word(
	const struct config_row *row, const char *value, void *member, struct text *why)
{
	struct text words = {0};
	unsigned which;
	bool is;

	/* Where true is one of the words, so is yes. */
	if (find_word(row->words, value, &which) ||
		(find_bool(value, &is) && find_word(row->words, is ? "true" : "false", &which))) {
		memcpy(member, &which, sizeof(which));
		return true;
	}
	for (size_t i = 0; row->words[i]; i++)
		text_add(&words, "%s%s", i ? ", " : "", row->words[i]);
	refuse(row, value, why, "is none of %s", words.at);
	text_free(&words);
	return false;
}

static void show_word(const struct config_row *row, const void *member, struct text *out)
{
	unsigned which;

	memcpy(&which, member, sizeof(which));
	text_add(out, "%s", row->words[which]);
}

static const struct {
	bool (*read)(
		const struct config_row *row, const char *value, void *member, struct text *why);
	void (*show)(const struct config_row *row, const void *member, struct text *out);
} types[] = {
	[TYPE_TEXT] = {read_text,     show_text    },
	[TYPE_PATH] = {read_path,     show_text    },
	[TYPE_BOOL] = {read_bool,     show_bool    },
	[TYPE_UNSIGNED] = {read_unsigned, show_unsigned},
	[TYPE_SIZE] = {read_size,     show_size    },
	[TYPE_REAL] = {read_real,     show_real    },
	[TYPE_WORD] = {read_word,     show_word    },
};

bool config_value_read(
	const struct config_row *row, const char *value, void *base, struct text *why)
{
	return types[row->type].read(row, value, (char *)base + row->offset, why);
}

void config_value_show(const struct config_row *row, const void *base, struct text *out)
{
	types[row->type].show(row, (const char *)base + row->offset, out);
}

void config_value_free(const struct config_row *row, void *base)
{
	char *value;

	if (row->type != TYPE_TEXT && row->type != TYPE_PATH)
		return;
	memcpy(&value, (char *)base + row->offset, sizeof(value));
	config_wipe(value);
}

void config_wipe(char *string)
{
	if (string)
		explicit_bzero(string, strlen(string));
	free(string);
}
