/* Peers that are slow: at talking, at reading. */
#include "ipc_lab.h"

/* ---- slow talkers ---- */

static void half_a_line_and_silence_is_ended(void **state)
{
	(void)state;
	static const char *const beginnings[] = {"", "hal", "whole\nhal"};

	for (size_t i = 0; i < LENGTH(beginnings); i++) {
		struct lab lab;

		lab_open(&lab, (struct ipc_options){.patience_ms = 50});
		int fd = knock(&lab);
		say(&lab, fd, beginnings[i]);
		hears(&lab, fd, i == 2 ? "whole\ntoo slow\n" : "too slow\n");
		hears_the_end(&lab, fd);
		assert_int_equal(lab.trouble[IPC_TOO_SLOW], 1);
		close(fd);
		UNTIL(&lab, lab.gone == 1);
		lab_close(&lab);
	}
}

/* One more byte each time does not make a line. */
static void a_trickle_is_ended_too(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){.patience_ms = 100});
	int fd = knock(&lab);
	while (!lab.trouble[IPC_TOO_SLOW]) {
		(void)!send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)lab_for(&lab, 5);
	}
	assert_int_equal(lab.lines, 0);
	close(fd);
	lab_close(&lab);
}

static void silence_between_lines_is_no_fault(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){.patience_ms = 50});
	int fd = knock(&lab), other = knock(&lab);
	say(&lab, fd, "hello\n");
	hears(&lab, fd, "hello\n");
	hears(&lab, other, "too slow\n"); /* it has been as long, and said nothing at all */
	close(other);
	UNTIL(&lab, lab.gone == 1);
	assert_true(lab_sleeps(&lab));
	say(&lab, fd, "again\n");
	hears(&lab, fd, "again\n");
	close(fd);
	lab_close(&lab);
}

/* ---- slow readers ---- */

static char much[2097152];

static void answer_600_kib(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	(void)text;
	(void)length;
	ipc_send(p, much, 614400); /* the kernel takes about 200 of it */
}

#define MORE 15000 /* lines: more than the server takes in, less than the kernel does */

/* Above 256 KiB unsent a peer is heard no further until it reads; others are. */
static void who_does_not_read_is_held_back(void **state)
{
	(void)state;
	static char answer[614400], more[MORE * 5];
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_600_kib;
	int fd = knock(&lab), other = knock(&lab);
	say(&lab, fd, "one\ntwo\n");
	UNTIL(&lab, lab.lines == 1);
	for (size_t i = 0; i < sizeof(more); i++)
		more[i] = "more\n"[i % 5];
	say_bytes(&lab, fd, more, sizeof(more));
	assert_true(lab_for(&lab, 100) < 20); /* nothing spins */
	assert_int_equal(lab.lines, 1);

	lab.on_line = NULL;
	say(&lab, other, "hello\n");
	hears(&lab, other, "hello\n");
	assert_int_equal(hear_bytes(&lab, fd, answer, sizeof(answer)), sizeof(answer));
	hears(&lab, fd, "two\n");
	assert_int_equal(hear_bytes(&lab, fd, answer, sizeof(more)), sizeof(more));
	assert_memory_equal(answer, more, sizeof(more));
	assert_int_equal(lab.lines, MORE + 3);
	close(other);
	UNTIL(&lab, lab.gone == 1);
	assert_true(lab_sleeps(&lab));
	close(fd);
	lab_close(&lab);
}

static void answer_too_much(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)text;
	(void)length;
	for (size_t part = 0; part < sizeof(much); part += 32768)
		ipc_send(p, much + part, 32768);
	ipc_send(p, much, sizeof(much)); /* it is dropped already */
	assert_int_equal(lab->gone, 0);
	ipc_send(p, "no more\n", 8);
}

static void who_leaves_a_mebibyte_unread_is_dropped(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_too_much;
	int fd = knock(&lab);
	say(&lab, fd, "one\ntwo\n");
	UNTIL(&lab, lab.gone == 1);
	assert_int_equal(lab.lines, 1);
	close(fd);
	lab_close(&lab);
}

static void who_reads_nothing_for_too_long_is_dropped(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){.patience_ms = 50});
	lab.on_line = answer_600_kib;
	int fd = knock(&lab);
	say(&lab, fd, "one\n");
	UNTIL(&lab, lab.gone == 1);
	assert_int_equal(lab.trouble[IPC_TOO_SLOW], 0);
	close(fd);
	lab_close(&lab);
}

static void answer_1_mib(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	(void)text;
	(void)length;
	ipc_send(p, much, 1048576);
}

/* The kernel takes more only when three quarters of its 200 KiB were read: every second time. */
static void who_reads_slowly_is_waited_for(void **state)
{
	(void)state;
	static char part[100000];
	struct lab lab;

	lab_open(&lab, (struct ipc_options){.patience_ms = 1000});
	lab.on_line = answer_1_mib;
	int fd = knock(&lab);
	say(&lab, fd, "one\n");
	UNTIL(&lab, lab.lines == 1);
	for (int n = 0; n < 8; n++) { /* longer than its patience, in all */
		assert_int_equal(hear_bytes(&lab, fd, part, sizeof(part)), sizeof(part));
		(void)lab_for(&lab, 250);
		assert_int_equal(lab.gone, 0);
	}
	close(fd);
	lab_close(&lab);
}

/* It had lines held back when it gave up, more than a turn hands out. */
static void who_leaves_while_held_back_is_heard_out(void **state)
{
	(void)state;
	static char lines[200 * 5];
	struct lab lab;

	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = "line\n"[i % 5];
	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_600_kib;
	int fd = knock(&lab);
	say_bytes(&lab, fd, lines, sizeof(lines));
	UNTIL(&lab, lab.lines == 1);
	lab_some_turns(&lab);
	assert_int_equal(lab.lines, 1);
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	assert_int_equal(lab.lines, 200);
	lab_close(&lab);
}

static void who_does_not_leave_is_shown_the_door(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	int fd = knock(&lab);
	say(&lab, fd, "hello\n");
	hears(&lab, fd, "hello\n");
	ipc_drop(lab.peer);
	UNTIL(&lab, lab.gone == 1);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	close(fd);
	lab_close(&lab);
}

/* ---- the queue of answers ---- */

#define START 500000 /* bytes; and then less and less is unsent, in ever other pieces */
#define PIECE 50000
#define BITE  60000

static size_t said_upto, heard_upto;

static char byte_at(size_t position)
{
	return (char)(position * 31 + position / 251);
}

static void send_next(struct ipc_peer *p, size_t count)
{
	static char bytes[START];

	for (size_t i = 0; i < count; i++)
		bytes[i] = byte_at(said_upto++);
	ipc_send(p, bytes, count);
}

static void hear_next(struct lab *lab, int fd, size_t count)
{
	static char bytes[BITE];

	assert_int_equal(hear_bytes(lab, fd, bytes, count), count);
	for (size_t i = 0; i < count; i++)
		assert_true(bytes[i] == byte_at(heard_upto++));
}

static void answer_start(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	(void)text;
	(void)length;
	send_next(p, START);
}

static void answers_keep_their_order_however_they_are_read(void **state)
{
	(void)state;
	struct lab lab;

	said_upto = heard_upto = 0;
	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_start;
	int fd = knock(&lab);
	say(&lab, fd, "one\n");
	UNTIL(&lab, lab.lines == 1);
	for (int n = 0; n < 40; n++) {
		hear_next(&lab, fd, BITE);
		send_next(
			lab.peer, PIECE); /* when the kernel has room for it, but it is not next */
		if (n % 3 == 0)
			lab_some_turns(&lab);
	}
	while (heard_upto < said_upto)
		hear_next(&lab, fd, said_upto - heard_upto < BITE ? said_upto - heard_upto : BITE);
	close(fd);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_line_and_silence_is_ended),
		cmocka_unit_test(a_trickle_is_ended_too),
		cmocka_unit_test(silence_between_lines_is_no_fault),
		cmocka_unit_test(who_does_not_read_is_held_back),
		cmocka_unit_test(who_leaves_a_mebibyte_unread_is_dropped),
		cmocka_unit_test(who_reads_nothing_for_too_long_is_dropped),
		cmocka_unit_test(who_reads_slowly_is_waited_for),
		cmocka_unit_test(who_leaves_while_held_back_is_heard_out),
		cmocka_unit_test(who_does_not_leave_is_shown_the_door),
		cmocka_unit_test(answers_keep_their_order_however_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
