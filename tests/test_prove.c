/* Promise P9: what is downloaded is believed only if everything agrees. */
#include "common/scoped.h"
#include "daemon/prove.h"
#include "live_world.h"

struct proof {
	struct live_world w;
	struct version v;
	struct prove p;
	struct err e;
};

/* A version with 300 rows in `parts`, and metadata that tells of it truly. */
static int set_up(void **state)
{
	static struct proof proof;
	struct proof *t = &proof;
	struct stat st;

	*t = (struct proof){0};
	live_world_open(&t->w, "");
	scoped(fd) int fd = open(t->w.copy, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(digest_file(fd, NULL, t->v.checksum, t->v.content, &t->e), ERR_NONE);
	t->v.size = (uint64_t)st.st_size;
	t->v.record_count = 300;
	t->p = (struct prove){
		.path = t->w.copy, .v = &t->v, .described = true, .count_table = "parts"};
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct proof *t = *state;

	text_free(&t->p.check.tables);
	live_world_close(&t->w);
	return 0;
}

#define PROOF(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#define refused(t, words)                                                                          \
	do {                                                                                       \
		assert_int_equal(prove(&(t)->p, &(t)->e), ERR_CORRUPT);                            \
		if (!strstr((t)->e.text, words))                                                   \
			fail_msg("%s", (t)->e.text);                                               \
	} while (0)

/* Metadata of the bytes that are there now. */
static void describe_again(struct proof *t)
{
	struct stat st;
	scoped(fd) int fd = open(t->w.copy, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(digest_file(fd, NULL, t->v.checksum, NULL, &t->e), ERR_NONE);
	t->v.size = (uint64_t)st.st_size;
}

static void put_bytes(const char *path, off_t at, const char *bytes, size_t count)
{
	scoped(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, count, at), count);
}

static void p9_a_version_that_is_as_told_is_proven(void **state)
{
	struct proof *t = *state;

	assert_int_equal(prove(&t->p, &t->e), ERR_NONE);
	assert_int_equal(t->p.check.record_count, 300);
	assert_string_equal(t->p.content, t->v.content);
	assert_string_equal(t->p.check.tables.at, "parts\n");
	assert_int_equal(t->p.check.orphans, 0);
}

static void p9_a_page_instead_of_a_database_is_refused(void **state)
{
	static const char *const pages[] = {"<!DOCTYPE html><html>", "\n <html>", "<?xml"};
	struct proof *t = *state;

	for (size_t i = 0; i < LENGTH(pages); i++) {
		scratch_write(t->w.copy, pages[i]);
		refused(t, "page, no database");
	}
}

static void p9_what_is_empty_truncated_or_too_long_is_refused(void **state)
{
	struct proof *t = *state;

	assert_int_equal(truncate(t->w.copy, (off_t)t->v.size + 1), 0);
	refused(t, "too long");
	assert_int_equal(truncate(t->w.copy, (off_t)t->v.size - 4096), 0);
	refused(t, "truncated");
	assert_int_equal(truncate(t->w.copy, 10), 0);
	refused(t, "truncated");
	assert_int_equal(truncate(t->w.copy, 0), 0);
	refused(t, "empty");
}

static void p9_one_flipped_bit_is_refused(void **state)
{
	struct proof *t = *state;
	char byte;
	scoped(fd) int fd = open(t->w.copy, O_RDWR | O_CLOEXEC);

	assert_int_equal(pread(fd, &byte, 1, 2 * 4096 + 1000), 1);
	byte ^= 4;
	put_bytes(t->w.copy, 2 * 4096 + 1000, &byte, 1);
	refused(t, "SHA-256");
}

static void p9_a_wrong_checksum_in_the_metadata_is_refused(void **state)
{
	struct proof *t = *state;

	memset(t->v.checksum, 'f', VERSION_HASH);
	refused(t, "metadata says ffffffffffff...");
}

static void p9_damage_that_was_there_when_it_was_made_is_refused(void **state)
{
	struct proof *t = *state;
	char noise[4000];

	memset(noise, 0x5a, sizeof(noise));
	put_bytes(t->w.copy, (off_t)2 * 4096, noise, sizeof(noise));
	describe_again(t);
	refused(t, "damaged");
}

static void p9_noise_is_refused(void **state)
{
	struct proof *t = *state;

	put_bytes(t->w.copy, 0, "noise, not a header", 19);
	describe_again(t);
	refused(t, "no SQLite database");
}

static void p9_another_applications_database_is_refused(void **state)
{
	struct proof *t = *state;

	t->p.count_table = "assembly";
	refused(t, "no table assembly");
	text_free(&t->p.check.tables);
	memset(t->v.id, '1', VERSION_ID); /* one of ours, made when there was no such table yet */
	t->v.record_count = VERSION_NO_COUNT;
	assert_int_equal(prove(&t->p, &t->e), ERR_NONE);
}

static void a_version_without_metadata_is_proven_by_the_rest(void **state)
{
	struct proof *t = *state;
	char noise[4000];

	t->p.described = false;
	memset(t->v.checksum, 0, sizeof(t->v.checksum));
	assert_int_equal(prove(&t->p, &t->e), ERR_NONE);
	text_free(&t->p.check.tables);
	memset(noise, 0x5a, sizeof(noise));
	put_bytes(t->w.copy, (off_t)2 * 4096, noise, sizeof(noise));
	refused(t, "damaged");
}

static void rows_whose_foreign_key_points_nowhere_are_counted(void **state)
{
	struct proof *t = *state;

	live_sql(t->w.copy,
		"CREATE TABLE child(n REFERENCES parts); INSERT INTO child VALUES(1), (900), "
		"(901)");
	describe_again(t);
	assert_int_equal(prove(&t->p, &t->e), ERR_NONE);
	assert_int_equal(t->p.check.orphans, 2);
}

static void a_check_that_takes_too_long_is_given_up(void **state)
{
	struct proof *t = *state;
	atomic_bool stop = true;
	struct check check;

	live_sql(t->w.copy,
		"INSERT INTO parts SELECT NULL, name, room FROM parts, (SELECT 1 FROM "
		"parts LIMIT 100)");
	assert_int_equal(check_copy(t->w.copy, &(struct check_ask){.count_table = "", .until = 1},
				 &check, &t->e),
		ERR_TIMEOUT);
	text_free(&check.tables);
	assert_int_equal(
		check_copy(t->w.copy, &(struct check_ask){.count_table = "", .stop = &stop}, &check,
			&t->e),
		ERR_CANCELED);
	text_free(&check.tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PROOF(p9_a_version_that_is_as_told_is_proven),
		PROOF(p9_a_page_instead_of_a_database_is_refused),
		PROOF(p9_what_is_empty_truncated_or_too_long_is_refused),
		PROOF(p9_one_flipped_bit_is_refused),
		PROOF(p9_a_wrong_checksum_in_the_metadata_is_refused),
		PROOF(p9_damage_that_was_there_when_it_was_made_is_refused),
		PROOF(p9_noise_is_refused),
		PROOF(p9_another_applications_database_is_refused),
		PROOF(a_version_without_metadata_is_proven_by_the_rest),
		PROOF(rows_whose_foreign_key_points_nowhere_are_counted),
		PROOF(a_check_that_takes_too_long_is_given_up),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
