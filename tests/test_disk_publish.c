/* P5: a name is given once, whatever the file system can do. */
#include "check.h"
#include "common/scoped.h"
#include "daemon/io/disk.h"
#include "scratch.h"

#include <pthread.h>

static bool may_mount; /* we have mounts of our own */

static enum err_code make_text(int folder, const char *name, const char *string, struct err *e)
{
	struct text t = {0};

	text_add(&t, "%s", string);
	enum err_code code = disk_make(folder, name, 0640, &t, e);
	text_free(&t);
	return code;
}

static void holds(int folder, const char *name, const char *expected)
{
	struct text bytes = {0};
	struct err e;

	assert_int_equal(disk_read(folder, name, 1000, &bytes, &e), ERR_NONE);
	assert_string_equal(bytes.at, expected);
	assert_int_equal(bytes.length, strlen(expected));
	text_free(&bytes);
}

static void a_name_that_is_taken_is_not_given_again(void **state)
{
	struct scratch *s = *state;
	struct err e;

	assert_int_equal(make_text(s->fd, "mine.tmp", "mine", &e), ERR_NONE);
	assert_int_equal(disk_publish(s->fd, "mine.tmp", "a", &e), ERR_NONE);
	assert_int_equal(make_text(s->fd, "yours.tmp", "yours", &e), ERR_NONE);
	assert_int_equal(disk_publish(s->fd, "yours.tmp", "a", &e), ERR_EXISTS);
	holds(s->fd, "a", "mine");
	holds(s->fd, "yours.tmp", "yours");
	assert_int_equal(scratch_count(s->path), 2);
}

static void a_link_whose_answer_was_lost_counts(void **state)
{
	struct scratch *s = *state;
	struct err e;

	scratch_write(scratch_at(s, "mine.tmp"), "mine");
	assert_int_equal(linkat(s->fd, "mine.tmp", s->fd, "a", 0), 0);
	assert_int_equal(disk_publish(s->fd, "mine.tmp", "a", &e), ERR_NONE);
	holds(s->fd, "a", "mine");
	assert_int_equal(scratch_count(s->path), 1);
}

struct racer {
	pthread_barrier_t *start;
	int folder;
	enum err_code code;
	char temporary[16];
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct err e;

	pthread_barrier_wait(r->start);
	r->code = disk_publish(r->folder, r->temporary, "prize", &e);
	return NULL;
}

static void of_many_at_once_exactly_one_gets_the_name(void **state)
{
	struct scratch *s = *state;
	struct racer racers[8];
	pthread_t threads[LENGTH(racers)];
	pthread_barrier_t start;
	unsigned won = 0;
	struct err e;

	pthread_barrier_init(&start, NULL, LENGTH(racers));
	for (unsigned i = 0; i < LENGTH(racers); i++) {
		racers[i] = (struct racer){.folder = s->fd, .start = &start};
		(void)snprintf(racers[i].temporary, sizeof(racers[i].temporary), "%u.tmp", i);
		const char *name = racers[i].temporary;
		assert_int_equal(make_text(s->fd, name, name, &e), ERR_NONE);
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (unsigned i = 0; i < LENGTH(racers); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		if (racers[i].code == ERR_NONE)
			holds(s->fd, "prize", racers[i].temporary);
		else
			assert_int_equal(racers[i].code, ERR_EXISTS);
		won += racers[i].code == ERR_NONE;
	}
	assert_int_equal(won, 1);
	assert_int_equal(scratch_count(s->path), LENGTH(racers));
	pthread_barrier_destroy(&start);
}

/* What FAT must do too: run in the folder of a file system, or in a child without link(2). */
static void publish_twice(int folder)
{
	struct err e;

	assert_int_equal(make_text(folder, "mine.tmp", "mine", &e), ERR_NONE);
	assert_int_equal(disk_publish(folder, "mine.tmp", "a", &e), ERR_NONE);
	assert_int_equal(make_text(folder, "yours.tmp", "yours", &e), ERR_NONE);
	assert_int_equal(disk_publish(folder, "yours.tmp", "a", &e), ERR_EXISTS);
	holds(folder, "a", "mine");
	assert_int_equal(disk_remove(folder, "yours.tmp", &e), ERR_NONE);
}

static void without_links_a_rename_does_the_same(void **state)
{
	struct scratch *s = *state;
	int status;

	(void)fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		scratch_deny(SYS_linkat, EPERM);
		publish_twice(s->fd);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(scratch_count(s->path), 1);
}

static void without_either_it_is_refused_not_overwritten(void **state)
{
	struct scratch *s = *state;
	int status;

	(void)fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct err e;

		scratch_deny(SYS_linkat, EOPNOTSUPP);
		scratch_deny(SYS_renameat2, EINVAL);
		assert_int_equal(make_text(s->fd, "a.tmp", "mine", &e), ERR_NONE);
		assert_int_equal(disk_publish(s->fd, "a.tmp", "a", &e), ERR_REFUSED);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(scratch_count(s->path), 1);
}

static void fat_gives_a_name_only_once(void **state)
{
	struct scratch *s = *state;
	char image[SCRATCH_PATH];
	struct err e;

	assert_int_equal(mkdirat(s->fd, "fat", 0700), 0);
	(void)snprintf(image, sizeof(image), "%s", scratch_at(s, "image"));
	if (!may_mount || !scratch_mount_fat(image, scratch_at(s, "fat")))
		return;
	int fat = disk_open_below(s->fd, "fat", 0, &e);
	assert_true(fat >= 0);
	publish_twice(fat);
	assert_int_equal(close(fat), 0);
	assert_int_equal(umount(scratch_at(s, "fat")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(a_name_that_is_taken_is_not_given_again),
		IN_SCRATCH(a_link_whose_answer_was_lost_counts),
		IN_SCRATCH(of_many_at_once_exactly_one_gets_the_name),
		IN_SCRATCH(without_links_a_rename_does_the_same),
		IN_SCRATCH(without_either_it_is_refused_not_overwritten),
		IN_SCRATCH(fat_gives_a_name_only_once),
	};

	may_mount = scratch_own_mounts();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
