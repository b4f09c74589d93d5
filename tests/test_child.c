/* Commands: they get what they are given and nothing else, and may not stay. */
#include "common/text.h"
#include "daemon/io/child.h"
#include "tests/scratch.h"

#include <signal.h>
#include <uv.h>

static struct err result;
static unsigned ended;

static void on_ended(void *arg, const struct err *e)
{
	(void)arg;
	result = *e;
	ended++;
}

static struct child *start(uv_loop_t *loop, const char *command, const char *input)
{
	char variable[] = "CASMAND_TEXT=a 'b'\n$c", path[] = "PATH=/bin:/usr/bin";
	char *environment[] = {path, variable, NULL};
	struct err e;

	ended = 0;
	assert_int_equal(uv_loop_init(loop), 0);
	struct child *c = child_start(&(struct child_start){.loop = loop,
					      .command = command,
					      .environment = environment,
					      .input = input,
					      .done = on_ended},
		&e);
	assert_non_null(c);
	return c;
}

static void end(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(ended, 1);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void run(const char *command, const char *input)
{
	uv_loop_t loop;

	(void)start(&loop, command, input);
	end(&loop);
}

static void it_has_the_input_and_the_environment(void **state)
{
	struct text command = {0};

	text_add(&command, "cd %s && cat >input && printf %%s \"$CASMAND_TEXT\" >text && env >env",
		((struct scratch *)*state)->path);
	run(command.at, "{\"event\":\"begin\"}");
	assert_int_equal(result.code, ERR_NONE);
	text_free(&command);
	text_add(&command,
		"cd %s && test \"$(cat input)\" = '{\"event\":\"begin\"}' && "
		"test \"$(cat text)\" = \"a 'b'\n\\$c\" && ! grep -q HOME env",
		((struct scratch *)*state)->path);
	run(command.at, "");
	assert_int_equal(result.code, ERR_NONE);
	text_free(&command);
}

static void p10_it_has_no_descriptors_of_ours(void **state)
{
	int ours = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(ours > 2);
	run("! readlink /proc/self/fd/* | grep -q passwd", "");
	assert_int_equal(result.code, ERR_NONE);
	close(ours);
}

static void its_failure_is_told(void **state)
{
	(void)state;
	run("exit 3", "");
	assert_string_equal(result.text, "it ended with 3");
	run("kill -TERM $$", "");
	assert_string_equal(result.text, "it was ended by signal 15");
	run("no-such-command", "");
	assert_string_equal(result.text, "it ended with 127");
}

static void one_that_reads_nothing_is_no_trouble(void **state)
{
	struct text much = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_add(&much, "much ");
	run("exit 0", much.at);
	assert_int_equal(result.code, ERR_NONE);
	text_free(&much);
}

static void what_it_started_is_killed_with_it(void **state)
{
	struct text command = {0};
	uv_loop_t loop;

	text_add(&command, "mkfifo %s/fifo; sleep 1000 & cat %s/fifo", scratch_at(*state, ""),
		((struct scratch *)*state)->path);
	struct child *c = start(&loop, command.at, "");
	child_hurry(c);
	end(&loop);
	assert_int_equal(result.code, ERR_TIMEOUT);
	text_free(&command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(it_has_the_input_and_the_environment),
		cmocka_unit_test(p10_it_has_no_descriptors_of_ours),
		cmocka_unit_test(its_failure_is_told),
		cmocka_unit_test(one_that_reads_nothing_is_no_trouble),
		IN_SCRATCH(what_it_started_is_killed_with_it),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as main does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
