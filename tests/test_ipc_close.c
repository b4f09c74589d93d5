/* Closing, in each state that a server and its peers can be in. */
#include "ipc_lab.h"

#include <sys/resource.h>

static char much[600 * 1024];

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

/* One peer that has been answered, and then what the state needs. */
static int greeted(struct lab *lab)
{
	int fd = knock(lab);

	say(lab, fd, "hello\n");
	hears(lab, fd, "hello\n");
	return fd;
}

static int nobody_came(struct lab *lab)
{
	(void)lab;
	return -1;
}

static int somebody_waits_at_the_door(struct lab *lab)
{
	return knock(lab);
}

static int somebody_is_silent(struct lab *lab)
{
	int fd = knock(lab);

	lab_some_turns(lab);
	return fd;
}

static int somebody_is_idle(struct lab *lab)
{
	return greeted(lab);
}

static int half_a_line_came(struct lab *lab)
{
	int fd = greeted(lab);

	say(lab, fd, "hal");
	lab_some_turns(lab);
	return fd;
}

static int more_lines_came_than_a_turn_takes(struct lab *lab)
{
	int fd = greeted(lab);

	for (int n = 0; n < 200; n++)
		say(lab, fd, "more\n");
	UNTIL(lab, lab->lines > 1);
	assert_int_equal(lab->lines, 65);
	return fd;
}

static int somebody_ended_its_side(struct lab *lab)
{
	int fd = greeted(lab);

	shutdown(fd, SHUT_WR);
	UNTIL(lab, lab->ended == 1);
	return fd;
}

static int somebody_just_left(struct lab *lab)
{
	int fd = greeted(lab);

	close(fd);
	return -1;
}

static int somebody_is_parting(struct lab *lab)
{
	int fd = greeted(lab);

	ipc_drop(lab->peer);
	hears_the_end(lab, fd);
	assert_int_equal(lab->gone, 0);
	return fd;
}

static int somebody_was_just_dropped(struct lab *lab)
{
	int fd = greeted(lab);

	ipc_drop(lab->peer);
	return fd;
}

static int too_long_a_line_was_answered(struct lab *lab)
{
	int fd = greeted(lab);

	memset(much, 'x', sizeof(much));
	say_bytes(lab, fd, much, PROTO_LINE_MAX + 1);
	UNTIL(lab, lab->trouble[IPC_TOO_LONG] == 1);
	return fd;
}

static int there_was_no_room_for_another(struct lab *lab)
{
	int fd = greeted(lab);
	struct rlimit limit, before;
	int waits = knock(lab);

	int lowest = dup(fd);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	lab_some_turns(lab);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(waits);
	return fd;
}

static const struct {
	const char *name;
	int (*arrange)(struct lab *lab);
	unsigned peers;
} states[] = {
	{"nobody came",                       nobody_came,                       0},
	{"somebody waits at the door",        somebody_waits_at_the_door,        0},
	{"somebody is silent",                somebody_is_silent,                1},
	{"somebody is idle",                  somebody_is_idle,                  1},
	{"half a line came",                  half_a_line_came,                  1},
	{"more lines came than a turn takes", more_lines_came_than_a_turn_takes, 1},
	{"somebody ended its side",           somebody_ended_its_side,           1},
	{"somebody just left",                somebody_just_left,                1},
	{"somebody is parting",               somebody_is_parting,               1},
	{"somebody was just dropped",         somebody_was_just_dropped,         1},
	{"too long a line was answered",      too_long_a_line_was_answered,      1},
	{"there was no room for another",     there_was_no_room_for_another,     1},
};

static void it_closes_in_each_state(void **state)
{
	(void)state;

	for (size_t i = 0; i < LENGTH(states); i++) {
		struct lab lab;

		lab_open(&lab, (struct ipc_options){0});
		print_message("# %s\n", states[i].name);
		int fd = states[i].arrange(&lab);
		unsigned lines = lab.lines, turns = lab.turns;
		uint64_t began = now_ms();
		lab_close(&lab);
		assert_true(now_ms() - began < 900); /* nobody was waited for */
		assert_int_equal(lab.gone, states[i].peers);
		assert_int_equal(lab.lines, lines);
		assert_int_equal(lab.turns, turns);
		if (fd >= 0)
			close(fd);
	}
}

static void answer_much(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	(void)text;
	(void)length;
	ipc_send(p, much, sizeof(much));
}

static void what_is_queued_is_still_delivered(void **state)
{
	(void)state;
	static char heard[sizeof(much)];
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_much;
	int fd = knock(&lab);
	say(&lab, fd, "hello\n");
	UNTIL(&lab, lab.lines == 1);
	ipc_close(lab.ipc, lab_closed, &lab);
	lab_some_turns(&lab);
	assert_false(lab.closed);
	assert_int_equal(access(lab.path, F_OK), -1); /* but nobody new can come */
	assert_int_equal(hear_bytes(&lab, fd, heard, sizeof(heard)), sizeof(heard));
	hears_the_end(&lab, fd);
	lab_end(&lab);
	assert_int_equal(lab.gone, 1);
	close(fd);
}

static void who_does_not_read_is_waited_for_a_second(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_much;
	int fd = knock(&lab);
	say(&lab, fd, "hello\n");
	UNTIL(&lab, lab.lines == 1);
	uint64_t began = now_ms();
	lab_close(&lab);
	assert_in_range(now_ms() - began, 900, 5000);
	assert_int_equal(lab.gone, 1);
	close(fd);
}

static void close_now(struct lab *lab)
{
	ipc_close(lab->ipc, lab_closed, lab);
	assert_false(lab->closed); /* never from inside ipc_close() */
}

static void close_in_line(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)length;
	ipc_send(p, text, 1);
	if (text[0] == 'c')
		close_now(lab);
	ipc_send(p, "vain\n", 5);
}

static void it_may_be_closed_from_inside_line(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = close_in_line;
	int other = knock(&lab), fd = knock(&lab);
	lab_some_turns(&lab);
	say(&lab, fd, "c\nd\n");
	say(&lab, other, "c\n");
	lab_end(&lab);
	assert_int_equal(lab.lines, 1);
	assert_int_equal(lab.turns, 0);
	assert_int_equal(lab.gone, 2);
	close(fd);
	close(other);
}

static void it_may_be_closed_from_inside_turn(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_turn = close_now;
	int fd = knock(&lab);
	say(&lab, fd, "one\n");
	lab_end(&lab);
	assert_int_equal(lab.turns, 1);
	hears(&lab, fd, "one\n"); /* the answer was out before */
	close(fd);
}

static void close_with_peer(struct lab *lab, struct ipc_peer *p)
{
	ipc_drop(p);
	close_now(lab);
}

static void it_may_be_closed_from_inside_gone(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_gone = close_with_peer;
	close(greeted(&lab));
	lab_end(&lab);
	assert_int_equal(lab.gone, 1);
}

static void it_may_be_closed_from_inside_ended(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_ended = close_with_peer;
	int fd = greeted(&lab);
	shutdown(fd, SHUT_WR);
	lab_end(&lab);
	assert_int_equal(lab.gone, 1);
	close(fd);
}

static void what_was_never_opened_is_closed_at_once(void **state)
{
	(void)state;
	struct lab lab = {0};

	ipc_close(NULL, lab_closed, &lab);
	assert_true(lab.closed);
}

static void what_could_not_be_opened_leaves_nothing(void **state)
{
	(void)state;
	const struct ipc_options options = {.path = "/nowhere/socket", .group = ""};
	const struct ipc_events events = {.line = lab_line};
	struct ipc *ipc = NULL;
	struct err e = {0};
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(ipc_open(&ipc, &loop, &options, &events, &e), ERR_MISSING);
	assert_null(ipc);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_closes_in_each_state),
		cmocka_unit_test(what_is_queued_is_still_delivered),
		cmocka_unit_test(who_does_not_read_is_waited_for_a_second),
		cmocka_unit_test(it_may_be_closed_from_inside_line),
		cmocka_unit_test(it_may_be_closed_from_inside_turn),
		cmocka_unit_test(it_may_be_closed_from_inside_gone),
		cmocka_unit_test(it_may_be_closed_from_inside_ended),
		cmocka_unit_test(what_was_never_opened_is_closed_at_once),
		cmocka_unit_test(what_could_not_be_opened_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
