/* The manual and the shipped file say what the table of keys says. */
#include "check.h"
#include "config_world.h"

#include <stdio.h>

static struct facts nothing;

static char *file_in_tree(const char *name)
{
	struct text path = {0}, bytes = {0};
	char part[4096];

	text_add(&path, "%s/%s", SOURCE_ROOT, name);
	FILE *f = fopen(path.at, "re");
	if (!f)
		fail_msg("cannot read %s", path.at);
	for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;)
		text_bytes(&bytes, part, n);
	assert_int_equal(fclose(f), 0);
	text_free(&path);
	return text_take(&bytes);
}

/* "#key = value" -> "key = value"; other comments stay. */
static char *without_comment_signs(const char *text)
{
	struct text bare = {0};

	for (const char *at = text; *at; at++) {
		bool first = at == text || at[-1] == '\n';

		if (!first || at[0] != '#' || at[1] < 'a' || at[1] > 'z')
			text_bytes(&bare, at, 1);
	}
	return text_take(&bare);
}

static void the_shipped_file_works_and_shows_each_key_with_its_default(void **state)
{
	(void)state;
	char *text = file_in_tree("casmand.conf"), *bare = without_comment_signs(text);
	struct config *shipped = parse_well(text, &nothing), *shown = parse_well(bare, &nothing);
	char *print = printed(shipped), *print_shown = printed(shown);
	const char *section, *key, *preset, *help;

	assert_string_equal(print, print_shown);
	for (size_t i = 0; config_key(i, &section, &key, &preset, &help); i++) {
		struct text line = {0};

		text_add(&line, "\n%s =", key);
		if (!strstr(bare, line.at))
			fail_msg("casmand.conf does not show [%s] %s", section, key);
		text_free(&line);
	}
	assert_int_equal(shipped->backend, BACKEND_FILE);
	assert_string_equal(shipped->file_path, "/var/lib/casmand/store");
	assert_string_equal(config_find(shipped, "parts.db")->path, "/var/lib/casman/parts.db");
	assert_string_equal(config_find(shipped, "assembled_casm.db")->path,
		"/var/lib/casman/assembled_casm.db");
	config_free(shipped);
	config_free(shown);
	free(print);
	free(print_shown);
	free(bare);
	free(text);
}

/* Of the manual, what `.Ss [section] keys` and `.It Ic key No = default` say. */
static void add_manual_line(struct text *to, char *line)
{
	if (strncmp(line, ".Ss [", 5) == 0)
		text_add(to, "%.*s]\n", (int)strcspn(line + 4, "] "), line + 4);
	if (strncmp(line, ".It Ic ", 7) == 0 && to->length)
		text_add(to, "%s\n", line + 7);
}

static void the_manual_tells_of_each_key_and_its_default_and_of_no_other(void **state)
{
	(void)state;
	char *manual = file_in_tree("daemon/casmand.conf.5"), *rest = NULL;
	struct text told = {0}, known = {0};
	const char *section, *key, *preset, *help, *last = "";

	for (char *line = strtok_r(manual, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		add_manual_line(&told, line);
	for (size_t i = 0; config_key(i, &section, &key, &preset, &help); i++) {
		if (strcmp(section, last) != 0)
			text_add(&known, "[%s]\n", section);
		last = section;
		text_add(&known, "%s%s%s%s\n", key, preset ? " No =" : "",
			preset && *preset ? " " : "", preset ? preset : "");
		assert_true(strlen(help) > 0 && strlen(help) <= 76);
	}
	assert_string_equal(told.at, known.at);
	text_free(&told);
	text_free(&known);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_works_and_shows_each_key_with_its_default),
		cmocka_unit_test(the_manual_tells_of_each_key_and_its_default_and_of_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
