/* kill -9 before each system call of a pool thread, by ptrace(2), so that the code has no hooks for
 * it; and what a power cut may leave besides, laid out by hand.
 *
 * The first tests fork, so nothing before them may start a thread.
 */
#include "check.h"
#include "store_world.h"

#include <signal.h>
#include <sys/ptrace.h>

#define CONTENTS  "contents"
#define METADATA  "{}"
#define TEMPORARY "backups/parts.db/.casmand-aaaaaaaa-11111111111111111111111111111111"
#define SYSCALLS  1000 /* none of the scripts makes so many */

/* All a machine does with a version; again and again until it ends well. */
static bool put_all(struct world *w)
{
	struct version v = version_of('1', CONTENTS);
	struct ask probe = ask_for(STORE_PROBE, "");

	return ask(w, &probe) == ERR_NONE && put(w, KEY, &v, CONTENTS) == ERR_NONE &&
		put_metadata(w, KEY, &v, METADATA) == ERR_NONE;
}

static bool delete_all(struct world *w)
{
	struct ask database = ask_for(STORE_DELETE, KEY);
	struct ask metadata = ask_for(STORE_DELETE, KEY OBJKEY_METADATA);

	return ask(w, &database) == ERR_NONE && ask(w, &metadata) == ERR_NONE;
}

static void let_me_be_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		(void)raise(SIGSTOP);
}

static bool touches_files(pid_t thread)
{
	static const uint64_t calls[] = {
		SYS_openat, SYS_write, SYS_fsync, SYS_close, SYS_linkat, SYS_unlinkat, SYS_mkdirat};
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	for (size_t i = 0; i < LENGTH(calls); i++)
		if (info.entry.nr == calls[i])
			return true;
	return false;
}

/* Kills the stopped child before its `count`-th system call on files that is not the main thread's;
 * its status, 0 if it ended before that. */
static int kill_at(pid_t child, unsigned count)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, NULL, options), 0);
	for (pid_t thread = child;; thread = waitpid(-1, &status, __WALL)) {
		assert_true(thread > 0);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (thread == child)
				return status;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && thread != child &&
			touches_files(thread) && --count == 0)
			assert_int_equal(kill(child, SIGKILL), 0);
		(void)ptrace(PTRACE_SYSCALL, thread, NULL, NULL); /* it may be dead by now */
	}
}

static bool may_trace(const struct world *w)
{
	int status;
	pid_t child = world_fork(w, let_me_be_traced, put_all);

	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	if (WIFSTOPPED(status)) {
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		return true;
	}
	printf("# skipped: kill -9 at each step: no ptrace(2) here\n");
	return false;
}

static void there_is_exactly_one_version(const struct world *w)
{
	holds(in_store(w, KEY), CONTENTS);
	holds(in_store(w, KEY OBJKEY_METADATA), METADATA);
	assert_true(is_in_store(w, KEY OBJKEY_TAGS));
	assert_int_equal(scratch_count(in_store(w, "backups/parts.db")), 3);
	assert_int_equal(scratch_count(w->place), 2);
}

static void a_put_that_was_killed_anywhere_is_finished_by_the_next(void **state)
{
	(void)state;
	unsigned count = 0;
	struct world w;
	int status;

	do {
		world_open(&w);
		if (count == 0 && !may_trace(&w)) {
			world_close(&w);
			return;
		}
		status = kill_at(world_fork(&w, let_me_be_traced, put_all), ++count);
		world_run(&w, NULL, put_all);
		there_is_exactly_one_version(&w);
		world_close(&w);
	} while (status != 0 && count < SYSCALLS);
	assert_int_equal(status, 0);
	assert_true(count > 30); /* else nothing was killed */
}

static void a_deletion_that_was_killed_anywhere_leaves_no_database_without_metadata(void **state)
{
	(void)state;
	unsigned count = 0;
	struct world w;
	int status;

	do {
		world_open(&w);
		if (count == 0 && !may_trace(&w)) {
			world_close(&w);
			return;
		}
		world_run(&w, NULL, put_all);
		status = kill_at(world_fork(&w, let_me_be_traced, delete_all), ++count);
		assert_true(!is_in_store(&w, KEY) || is_in_store(&w, KEY OBJKEY_METADATA));
		assert_true(!is_in_store(&w, KEY) || is_in_store(&w, KEY OBJKEY_TAGS));
		/* what is left is listed */
		assert_true(
			!is_in_store(&w, KEY OBJKEY_TAGS) || is_in_store(&w, KEY OBJKEY_METADATA));
		world_run(&w, NULL, delete_all);
		assert_int_equal(scratch_count(in_store(&w, "backups/parts.db")), 0);
		world_close(&w);
	} while (status != 0 && count < SYSCALLS);
	assert_int_equal(status, 0);
	assert_true(count > 10);
}

/* What lies there, and whether it has its other, temporary name too. */
static const struct state {
	const char *temporary, *database, *tags_temporary;
	bool tags, tags_linked;
} states[] = {
	{"",       NULL,     NULL,      false, false}, /* nothing written yet */
	{"cont",   NULL,     NULL,      false, false}, /* half written */
	{CONTENTS, NULL,     NULL,      false, false}, /* not published */
	{CONTENTS, CONTENTS, NULL,      false, false}, /* published, the other name left */
	{NULL,     CONTENTS, NULL,      false, false}, /* tags not begun */
	{NULL,     CONTENTS, "{\"id\"", false, false}, /* tags half written */
	{NULL,     CONTENTS, NULL,      true,  false}, /* only metadata is missing */
	{NULL,     CONTENTS, NULL,      true,  true }, /* the tags' other name left */
};

static void lay_out(struct world *w, const struct state *s)
{
	char tags[2 * SCRATCH_PATH];
	struct version v = version_of('1', CONTENTS);

	assert_int_equal(put(w, KEY, &v, CONTENTS), ERR_NONE); /* for the tags' own text */
	if (s->temporary)
		scratch_write(in_store(w, TEMPORARY ".tmp"), s->temporary);
	if (!s->database)
		assert_int_equal(unlink(in_store(w, KEY)), 0);
	(void)snprintf(tags, sizeof(tags), "%s", in_store(w, KEY OBJKEY_TAGS));
	if (s->tags_linked)
		assert_int_equal(link(tags, in_store(w, TEMPORARY OBJKEY_TAGS ".tmp")), 0);
	if (s->tags_temporary)
		scratch_write(in_store(w, TEMPORARY OBJKEY_TAGS ".tmp"), s->tags_temporary);
	if (!s->tags)
		assert_int_equal(unlink(tags), 0);
}

static void whatever_a_crash_left_behind_is_finished(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(states); i++) {
		struct world w;
		struct ask probe = ask_for(STORE_PROBE, "");

		world_open(&w);
		assert_int_equal(ask(&w, &probe), ERR_NONE);
		lay_out(&w, &states[i]);
		assert_true(put_all(&w));
		there_is_exactly_one_version(&w);
		world_close(&w);
	}
}

/* What our own half version must not become: another machine's. */
static void what_a_crash_left_behind_is_not_taken_by_another(void **state)
{
	struct world *w = *state;
	struct version theirs = version_of('2', "other contents");

	lay_out(w, &states[4]);
	assert_int_equal(put(w, KEY, &theirs, "other contents"), ERR_EXISTS);
	assert_true(put_all(w));
	there_is_exactly_one_version(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_put_that_was_killed_anywhere_is_finished_by_the_next),
		cmocka_unit_test(
			a_deletion_that_was_killed_anywhere_leaves_no_database_without_metadata),
		cmocka_unit_test(whatever_a_crash_left_behind_is_finished),
		IN_STORE(what_a_crash_left_behind_is_not_taken_by_another),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
