/* What sync does in every state, for everything that can be asked, with and without something in
 * the store that could be taken. */
#include "check.h"
#include "common/attr.h"
#include "daemon/core/sync_rule.h"

enum asks { PLAIN, FORCE, MINE, ASKS };

/* `bare`: nothing is there to be taken.  D downloads, - does nothing, Q queues, P publishes, S stops,
 * F fails; in the order of enum asks. */
static const struct {
	enum lineage_state state;
	const char *with, *bare;
} cases[] = {
	{LINEAGE_UNKNOWN,    "FFF", "FFF"},
	{LINEAGE_NO_VERSION, "QQQ", "QQQ"},
	{LINEAGE_ABSENT,     "DD-", "---"},
	{LINEAGE_IN_STEP,    "-D-", "---"},
	{LINEAGE_AHEAD,      "QDQ", "QQQ"},
	{LINEAGE_BEHIND,     "DDP", "--P"},
	{LINEAGE_DIVERGED,   "SDP", "SSP"},
	{LINEAGE_RESTORED,   "-DP", "--P"},
};

static enum sync_deed named(char letter)
{
	static const char letters[] = {[SYNC_NOTHING] = '-',
		[SYNC_DOWNLOAD] = 'D',
		[SYNC_QUEUE] = 'Q',
		[SYNC_PUBLISH] = 'P',
		[SYNC_STOP] = 'S',
		[SYNC_FAIL] = 'F'};
	size_t i = 0;

	while (letters[i] != letter)
		i++;
	return (enum sync_deed)i;
}

static struct sync_asked asked(enum asks what, bool listed)
{
	return (struct sync_asked){.listed = listed, .force = what == FORCE, .mine = what == MINE};
}

static enum sync_deed rule(enum lineage_state state, size_t take, enum asks what)
{
	struct lineage l = {.state = state, .same = LINEAGE_NONE, .take = take};
	struct sync_asked a = asked(what, true);

	return sync_rule(&l, &a);
}

static void every_state_has_its_deed(void **at)
{
	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++)
		for (enum asks what = PLAIN; what < ASKS; what++) {
			enum lineage_state state = cases[i].state;

			if (rule(state, 7, what) != named(cases[i].with[what]) ||
				rule(state, LINEAGE_NONE, what) != named(cases[i].bare[what]))
				fail_msg("%s, asked %d", lineage_name(state), (int)what);
		}
}

static void of_a_store_that_was_not_listed_nothing_is_believed(void **at)
{
	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++)
		for (enum asks what = PLAIN; what < ASKS; what++) {
			struct lineage l = {.state = cases[i].state, .take = 0};
			struct sync_asked a = asked(what, false);

			assert_int_equal(sync_rule(&l, &a), SYNC_FAIL);
		}
}

static void p8_unasked_it_takes_only_where_nothing_can_be_lost(void **at)
{
	(void)at;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (rule(cases[i].state, 0, PLAIN) == SYNC_DOWNLOAD)
			assert_true(cases[i].state == LINEAGE_BEHIND ||
				cases[i].state == LINEAGE_ABSENT);
}

static void what_it_did_is_said_in_the_words_of_the_protocol(void **at)
{
	(void)at;
	assert_string_equal(sync_did(SYNC_NOTHING), "nothing");
	assert_string_equal(sync_did(SYNC_DOWNLOAD), "downloaded");
	assert_string_equal(sync_did(SYNC_QUEUE), "queued");
	assert_string_equal(sync_did(SYNC_PUBLISH), "queued");
	assert_string_equal(sync_did(SYNC_STOP), "stopped");
	assert_string_equal(sync_did(SYNC_FAIL), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_has_its_deed),
		cmocka_unit_test(of_a_store_that_was_not_listed_nothing_is_believed),
		cmocka_unit_test(p8_unasked_it_takes_only_where_nothing_can_be_lost),
		cmocka_unit_test(what_it_did_is_said_in_the_words_of_the_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
