/* What a database descends from, when that is another machine's version or the Python client's. */
#include "state_world.h"

static struct version theirs(bool python)
{
	struct version v = {.db_name = "parts.db",
		.timestamp = NOON,
		.size = 4096,
		.record_count = 12,
		.sequence = python ? 0 : 77};

	memset(v.checksum, 'c', VERSION_HASH);
	memset(v.content, 'd', VERSION_HASH);
	version_operation(&v, "Manual CLI backup");
	if (!python) {
		memset(v.id, 'e', VERSION_ID);
		memset(v.machine, 'f', VERSION_ID);
		(void)snprintf(v.host, sizeof(v.host), "site-2");
	}
	return v;
}

static void same_version(const struct version *a, const struct version *b)
{
	char *one = version_whole(a), *other = version_whole(b);

	assert_string_equal(one, other);
	assert_string_equal(a->content, b->content);
	free(one);
	free(other);
}

static struct state_database row_of(struct fixture *f)
{
	struct state_database d;
	struct err e;

	assert_int_equal(state_database_get(f->state, "parts.db", &d, &e), ERR_NONE);
	return d;
}

static void a_base_from_elsewhere_is_remembered_whole(void **at)
{
	struct fixture *f = *at;

	for (int python = 0; python < 2; python++) {
		struct version v = theirs(python), parent = theirs(!python), got;
		struct state_database d = row_of(f);
		bool restored;
		struct err e;

		version_descend(&v, python ? NULL : &parent);
		version_identity(&v, d.base);
		assert_int_equal(state_rebase(f->state, &d, &v, python, &e), ERR_NONE);
		again(f);
		d = row_of(f);
		assert_int_equal(state_base_of(f->state, &d, &got, &restored, &e), ERR_NONE);
		same_version(&got, &v);
		assert_int_equal(restored, python);
	}
}

static void it_counts_only_as_long_as_it_is_the_base(void **at)
{
	struct fixture *f = *at;
	struct version v = theirs(false), got;
	struct state_database d = row_of(f);
	bool restored;
	char id[33];
	struct err e;

	assert_int_equal(state_base_of(f->state, &d, &got, &restored, &e), ERR_MISSING);
	version_identity(&v, d.base);
	assert_int_equal(state_rebase(f->state, &d, &v, true, &e), ERR_NONE);
	captured(f, "parts.db", 0, id);
	d = row_of(f);
	assert_string_equal(d.base, id);
	assert_int_equal(state_base_of(f->state, &d, &got, &restored, &e), ERR_MISSING);
	assert_false(restored);
}

static void a_text_that_is_damaged_is_no_version(void **at)
{
	static const char *const texts[] = {"", "{", "[]", "{}", "{\"metadata\":\"{}\"}", "null"};
	struct version v = theirs(false), before = v;
	char *whole = version_whole(&v);
	struct err e;

	(void)at;
	assert_int_equal(version_read_whole(&v, whole, &e), ERR_NONE);
	same_version(&v, &before);
	for (size_t i = 0; i < LENGTH(texts); i++)
		assert_int_not_equal(version_read_whole(&v, texts[i], &e), ERR_NONE);
	same_version(&v, &before);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(a_base_from_elsewhere_is_remembered_whole),
		STATE_TEST(it_counts_only_as_long_as_it_is_the_base),
		STATE_TEST(a_text_that_is_damaged_is_no_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
