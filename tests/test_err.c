#include "check.h"
#include "common/err.h"
#include "common/scoped.h"

#include <errno.h>

static enum err_code open_db(struct err *e)
{
	errno = EACCES;
	return err_sys(e, "open %s", "parts.db");
}

static enum err_code take(struct err *e)
{
	if (open_db(e))
		return err_note(e, "snapshot");
	return ERR_NONE;
}

static void notes_read_from_the_outside_in(void **state)
{
	(void)state;
	struct err e = {0};

	assert_int_equal(take(&e), ERR_DENIED);
	err_note(&e, "back up %s", "parts.db");
	assert_string_equal(e.text, "back up parts.db: snapshot: open parts.db: Permission denied");
}

static void a_full_disk_may_be_tried_again_and_a_refusal_not(void **state)
{
	(void)state;
	struct err e = {0};

	errno = ENOSPC;
	assert_int_equal(err_sys(&e, "write"), ERR_FULL);
	assert_true(err_may_retry(ERR_FULL));
	assert_false(err_may_retry(ERR_DENIED));
	assert_string_equal(err_name(ERR_DENIED), "not_permitted");
}

static void a_story_too_long_loses_its_end_not_its_beginning(void **state)
{
	(void)state;
	struct err e = {0};

	err_set(&e, ERR_IO, "root");
	for (int i = 0; i < 100; i++)
		err_note(&e, "layer %d", i);
	assert_true(strncmp(e.text, "layer 99: layer 98: ", 20) == 0);
	assert_int_equal((int)strlen(e.text), (int)sizeof(e.text) - 1);
}

static char *kept(int yes)
{
	scoped(heap) char *s = strdup("hello");

	return yes ? give_heap(&s) : NULL;
}

static void what_is_given_away_is_not_freed(void **state)
{
	(void)state;
	scoped(heap) char *s = kept(1);

	assert_string_equal(s, "hello");
	assert_null(kept(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_read_from_the_outside_in),
		cmocka_unit_test(a_full_disk_may_be_tried_again_and_a_refusal_not),
		cmocka_unit_test(a_story_too_long_loses_its_end_not_its_beginning),
		cmocka_unit_test(what_is_given_away_is_not_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
