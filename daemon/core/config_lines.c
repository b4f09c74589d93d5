#include "daemon/core/config_lines.h"

#include <ini.h>
#include <string.h>

/* Limits of Debian's inih (INI_MAX_LINE, MAX_SECTION), beyond which it cuts. */
#define LINE_BYTES    199
#define SECTION_BYTES 49

#define BOM   "\xef\xbb\xbf"
#define BLANK " \t"

/* What inih would misread; NULL if nothing. */
static const char *unreadable(const char *bytes, size_t length)
{
	char plain[LINE_BYTES + 1];

	if (length > LINE_BYTES)
		return "the line has more than 199 bytes; put a long value into a file of its own "
		       "and write KEY_file = PATH";
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return "there is a control character in the line; only text and tabs may "
			       "stand here";
		plain[i] = bytes[i];
		if (c == '\t')
			plain[i] = ' ';
	}
	plain[length] = '\0';
	return text_is_plain(plain) ? NULL : "the line is no UTF-8; save the file as UTF-8";
}

/* inih cuts long names and ignores what follows the bracket. */
static const char *no_heading(const char *line)
{
	size_t name = strcspn(line, "];") - 1;

	if (line[name + 1] != ']')
		return "a section is written [name], with both brackets";
	if (name > SECTION_BYTES)
		return "the section's name has more than 49 bytes";
	const char *rest = line + name + 2;
	rest += strspn(rest, BLANK);
	if (*rest && *rest != ';' && *rest != '#')
		return "only a comment may follow a [section]; keys stand on lines of their own";
	return NULL;
}

struct telling {
	void (*tell)(void *arg, const struct config_line *line);
	void *arg;
	struct config_line line;
};

static int handle(void *user, const char *section, const char *key, const char *value)
{
	struct telling *t = user;
	struct config_line line = {.number = t->line.number, .heading = t->line.heading};

	if (line.heading) {
		line.section = section;
	} else if (*key) {
		line.key = key;
		line.value = value;
	} else {
		line.wrong = "there is no key before the =";
	}
	t->tell(t->arg, &line);
	return 1;
}

/* Each line is a text of its own for inih, so none can be the continuation of another, and each is
 * known by its number.  inih tells of a section only with its first pair: it gets an empty one. */
static void take_line(struct telling *t, const char *bytes, size_t length)
{
	char line[LINE_BYTES + sizeof("\n=")];
	size_t skip = 0;

	while (skip < length && strchr(BLANK, bytes[skip]))
		skip++;
	t->line.heading = skip < length && bytes[skip] == '[';
	t->line.wrong = unreadable(bytes, length);
	if (!t->line.wrong) {
		memcpy(line, bytes + skip, length - skip);
		line[length - skip] = '\0';
		t->line.wrong = t->line.heading ? no_heading(line) : NULL;
	}
	if (!t->line.wrong && t->line.heading)
		memcpy(line + length - skip, "\n=", sizeof("\n="));
	if (!t->line.wrong && ini_parse_string(line, handle, t) != 0)
		t->line.wrong = "this is neither [section] nor key = value nor a comment (; or #)";
	if (t->line.wrong)
		t->tell(t->arg, &t->line);
}

void config_lines(const char *text, size_t length,
	void (*tell)(void *arg, const struct config_line *line), void *arg)
{
	struct telling t = {.tell = tell, .arg = arg};
	const char *at = text, *end = text + length;

	if (length >= strlen(BOM) && memcmp(at, BOM, strlen(BOM)) == 0)
		at += strlen(BOM);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t bytes = (size_t)((newline ? newline : end) - at);

		t.line = (struct config_line){.number = t.line.number + 1};
		take_line(&t, at, bytes - (bytes > 0 && at[bytes - 1] == '\r'));
		at += bytes + (newline != NULL);
	}
}
