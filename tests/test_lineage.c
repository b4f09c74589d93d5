/* Stories of versions, oldest first, a word for each:
 *
 *     A2<A1=y     version 2 of machine A, child of its version 1, with the contents y
 *     A3<A2<B1=z  child of both
 *     P1=x        made by the Python client
 *     A2'<A1=z    the same sequence again: a clone
 *     A1=x?       not usable (suspect, refused, safety, without metadata)
 *     A1=x~       not in the store yet
 *     -A2<A1=y    neither in the store nor known here any more
 *
 * and of the local contents: "y of A2": y, with the base A2; "x of -": no base; "* of A2": changed,
 * and not known to what; ". of A2": nobody has written since.  "none": there is no file.
 */
#include "check.h"
#include "common/attr.h"
#include "common/stamp.h"
#include "daemon/core/lineage.h"

#include <stdio.h>

#define MOST 64

struct story {
	struct version made[MOST]; /* oldest first */
	char names[MOST][12];
	size_t made_count;
	struct ancestry_version list[MOST]; /* newest first, without what is forgotten */
	struct ancestry_known known;
};

static void fill(char *to, size_t size, char with)
{
	memset(to, with, size);
	to[size] = '\0';
}

static size_t find(const struct story *s, const char *name, size_t length)
{
	for (size_t i = 0; i < s->made_count; i++)
		if (strlen(s->names[i]) == length && strncmp(s->names[i], name, length) == 0)
			return i;
	fail_msg("no version %.*s", (int)length, name);
	return 0;
}

/* "A2'": who made it, and when. */
static void name_version(struct story *s, const char *word, size_t length)
{
	struct version *v = &s->made[s->made_count];

	*v = (struct version){.db_name = "parts.db",
		.timestamp = (int64_t)(s->made_count + 1) * 10 * STAMP_SECOND};
	(void)snprintf(s->names[s->made_count], sizeof(s->names[0]), "%.*s", (int)length, word);
	if (word[0] == 'P')
		return;
	fill(v->machine, VERSION_ID, (char)(word[0] - 'A' + 'a'));
	v->sequence = strtoul(word + 1, NULL, 10);
	(void)snprintf(v->id, sizeof(v->id), "%c%030lx%c", v->machine[0], v->sequence,
		word[length - 1] == '\'' ? '1' : '0');
}

static const char *descend(struct story *s, struct version *v, const char *at)
{
	bool first = true;

	for (; *at == '<'; first = false) {
		size_t length = strcspn(at + 1, "<= ");
		const struct version *base = &s->made[find(s, at + 1, length)];

		if (first)
			version_descend(v, base);
		else
			version_join(v, base);
		at += 1 + length;
	}
	return at;
}

static const char *tell_one(struct story *s, const char *word)
{
	struct version *v = &s->made[s->made_count];
	bool known = *word != '-';

	word += !known;
	size_t length = strcspn(word, "<= ");
	name_version(s, word, length);
	const char *at = descend(s, v, word + length);
	assert_int_equal(*at, '=');
	fill(v->checksum, VERSION_HASH, at[1]);
	if (v->id[0])
		fill(v->content, VERSION_HASH, at[1]);
	at += 2;
	/* newest first */
	memmove(s->list + known, s->list, s->known.count * sizeof(s->list[0]));
	if (known)
		s->list[0] = (struct ancestry_version){
			.v = v, .usable = *at != '?', .stored = *at != '~'};
	s->known.count += known;
	s->made_count++;
	return at + strcspn(at, " ");
}

static void tell(struct story *s, const char *words)
{
	memset(s, 0, sizeof(*s));
	s->known.list = s->list;
	for (words += strspn(words, " "); *words; words += strspn(words, " "))
		words = tell_one(s, words);
}

static const char *name_at(const struct story *s, size_t place)
{
	return place == LINEAGE_NONE ? "-" : s->names[s->list[place].v - s->made];
}

static struct lineage judge(struct story *s, const char *words, bool restored, bool listed)
{
	static char contents[VERSION_HASH + 1];
	const char *base = strstr(words, " of ");
	struct lineage_local local = {.present = base,
		.listed = listed,
		.restored = restored,
		.changed = *words == '*',
		.content = contents,
		.checksum = contents};

	contents[0] = '\0';
	if (base && !strchr("*.", *words))
		fill(contents, VERSION_HASH, *words);
	if (base && base[4] != '-')
		local.base = &s->made[find(s, base + 4, strlen(base + 4))];
	return lineage_judge(&local, &s->known);
}

static const struct {
	const char *story, *versions, *local, *heads, *state, *take;
} cases[] = {
#include "lineage_cases.h"
};

static void every_case_has_its_state(void **at)
{
	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char heads[200] = "";
		struct story s;

		tell(&s, cases[i].versions);
		bool restored = strstr(cases[i].story, "(restored)");
		bool unlisted = strstr(cases[i].story, "(not listed)");
		struct lineage l = judge(&s, cases[i].local, restored, !unlisted);
		for (size_t k = 0; k < s.known.count; k++)
			if (s.list[k].head)
				(void)snprintf(heads + strlen(heads), sizeof(heads) - strlen(heads),
					"%s%s", *heads ? " " : "", name_at(&s, k));
		if (strcmp(lineage_name(l.state), cases[i].state) != 0 ||
			strcmp(heads, cases[i].heads) != 0 ||
			strcmp(name_at(&s, l.take), cases[i].take) != 0)
			fail_msg("%s: %s, heads %s, take %s", cases[i].story, lineage_name(l.state),
				heads, name_at(&s, l.take));
	}
}

/* A long line: machine A makes `count` versions, of which only every `kept`-th is still known. */
static void long_line(struct story *s, unsigned count, unsigned kept)
{
	char words[MOST * 16] = "";

	for (unsigned i = 1; i <= count; i++) {
		size_t end = strlen(words);

		(void)snprintf(words + end, sizeof(words) - end, "%sA%u", i % kept ? "-" : "", i);
		end = strlen(words);
		if (i > 1)
			(void)snprintf(words + end, sizeof(words) - end, "<A%u", i - 1);
		end = strlen(words);
		(void)snprintf(words + end, sizeof(words) - end, "=%c ", (char)('0' + i));
	}
	tell(s, words);
}

static void past_bridges_any_number_of_versions_that_are_gone(void **at)
{
	struct story s;

	(void)at;
	long_line(&s, 60, 20);
	assert_int_equal(s.known.count, 3);
	assert_false(ancestry_heads(&s.known));
	assert_true(s.list[0].head);
	assert_false(s.list[1].head || s.list[2].head);
	/* one that only the local machine remembers */
	assert_true(ancestry_is_ancestor(&s.known, &s.made[3], &s.made[59]));
	assert_false(ancestry_is_ancestor(&s.known, &s.made[59], &s.made[3]));
	assert_false(ancestry_is_ancestor(&s.known, &s.made[59], &s.made[59]));
}

/* A2 was left out by A3, which was made on A1; and A3 has many descendants. */
static void what_a_restore_left_out_is_no_ancestor_however_long_the_line_gets(void **at)
{
	char words[MOST * 16] = "A1=a A2<A1=b A3<A1=c ";
	struct story s;

	(void)at;
	for (unsigned i = 4; i < 50; i++)
		(void)snprintf(words + strlen(words), sizeof(words) - strlen(words), "A%u<A%u=%c ",
			i, i - 1, (char)('0' + i));
	tell(&s, words);
	assert_false(ancestry_is_ancestor(&s.known, &s.made[1], &s.made[48]));
	assert_true(ancestry_is_ancestor(&s.known, &s.made[0], &s.made[48]));
	assert_true(ancestry_is_ancestor(&s.known, &s.made[2], &s.made[48]));
	assert_false(ancestry_heads(&s.known));
	assert_true(s.list[0].head);
	assert_true(s.list[47].head); /* A2 */
}

/* The same behind a line that is longer than what a version can name. */
static void after_a_long_line_too_what_was_left_out_is_no_ancestor(void **at)
{
	char words[MOST * 16] = "A1=a ";
	struct story s;

	(void)at;
	for (unsigned i = 2; i <= 20; i++)
		(void)snprintf(words + strlen(words), sizeof(words) - strlen(words), "A%u<A%u=%c ",
			i, i - 1, (char)('0' + i));
	(void)snprintf(words + strlen(words), sizeof(words) - strlen(words),
		"A21<A20=x -A22<A20=y A23<A22=z B1<A20=v B1'<A20=w B2<B1=u");
	tell(&s, words);
	assert_false(ancestry_is_ancestor(&s.known, &s.made[20], &s.made[22]));
	assert_true(ancestry_is_ancestor(&s.known, &s.made[0], &s.made[22]));
	/* nor is a clone's */
	assert_false(ancestry_is_ancestor(&s.known, &s.made[24], &s.made[25]));
	assert_true(ancestry_is_ancestor(&s.known, &s.made[23], &s.made[25]));
}

static void a_version_of_the_python_client_stays_an_ancestor_for_ever(void **at)
{
	char words[MOST * 16] = "P1=p P2=q A1<P2=a ";
	struct story s;

	(void)at;
	for (unsigned i = 2; i < 40; i++)
		(void)snprintf(words + strlen(words), sizeof(words) - strlen(words), "A%u<A%u=%c ",
			i, i - 1, (char)('0' + i));
	tell(&s, words);
	assert_true(ancestry_is_ancestor(&s.known, &s.made[0], &s.made[40]));
	assert_true(ancestry_is_ancestor(&s.known, &s.made[1], &s.made[40]));
	assert_false(ancestry_heads(&s.known));
	assert_true(s.list[0].head);
	for (size_t i = 1; i < s.known.count; i++)
		assert_false(s.list[i].head);
}

static void what_was_built_on_a_version_of_a_later_clock_descends_from_it_all_the_same(void **at)
{
	struct story s;

	(void)at;
	tell(&s, "A1=x P1=y A2<P1<A1=z");
	s.made[1].timestamp += 1000 * STAMP_SECOND;
	version_descend(&s.made[2], &s.made[1]);
	assert_false(ancestry_heads(&s.known));
	assert_true(s.list[0].head);
	assert_false(s.list[1].head || s.list[2].head);
}

static void a_cloned_machine_is_noticed(void **at)
{
	struct story s;

	(void)at;
	tell(&s, "A1=a A2<A1=b A2'<A1=c A3'<A2'=d");
	assert_true(ancestry_heads(&s.known));
	assert_true(s.list[0].head && s.list[2].head);
	assert_false(s.list[1].head || s.list[3].head);
}

static void what_the_contents_are_is_told_so_that_it_can_be_the_base(void **at)
{
	struct story s;
	struct lineage l;

	(void)at;
	tell(&s, "A1=a B1<A1=b");
	l = judge(&s, "b of A1", false, true);
	assert_string_equal(name_at(&s, l.same), "B1");
	l = judge(&s, "a of A1", false, true);
	assert_int_equal(l.same, LINEAGE_NONE);
}

static bool is_taken(const char *words, int64_t first, int64_t second, const char *operation)
{
	struct story s;

	tell(&s, words);
	s.made[0].record_count = first;
	s.made[1].record_count = second;
	version_operation(&s.made[1], operation);
	ancestry_leave_out_empty(&s.known);
	return s.list[0].usable;
}

static void what_was_emptied_is_taken_by_nobody_unless_it_was_restored(void **at)
{
	(void)at;
	assert_false(is_taken("A1=x A2<A1=y", 3, 0, "Database changed"));
	assert_true(is_taken("A1=x A2<A1=y", 3, 0, ANCESTRY_RESTORED "it"));
	assert_true(is_taken("A1=x A2<A1=y", 0, 0, "Database changed"));
	assert_true(is_taken("A1=x A2<A1=y", 3, 1, "Database changed"));
	assert_true(is_taken("A1=x A2<A1=y", 3, VERSION_NO_COUNT, "Database changed"));
	/* what an application makes at its first start */
	assert_false(is_taken("A1=x B1=y", 3, 0, "First backup"));
	assert_true(is_taken("A1=x? B1=y", 3, 0, "First backup"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_state),
		cmocka_unit_test(past_bridges_any_number_of_versions_that_are_gone),
		cmocka_unit_test(what_a_restore_left_out_is_no_ancestor_however_long_the_line_gets),
		cmocka_unit_test(after_a_long_line_too_what_was_left_out_is_no_ancestor),
		cmocka_unit_test(a_version_of_the_python_client_stays_an_ancestor_for_ever),
		cmocka_unit_test(
			what_was_built_on_a_version_of_a_later_clock_descends_from_it_all_the_same),
		cmocka_unit_test(a_cloned_machine_is_noticed),
		cmocka_unit_test(what_the_contents_are_is_told_so_that_it_can_be_the_base),
		cmocka_unit_test(what_was_emptied_is_taken_by_nobody_unless_it_was_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
