/* What is said on the socket, and what is answered. */
#include "ipc_lab.h"

static void lines_are_answered_in_order(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	int fd = knock(&lab);
	say(&lab, fd, "one\ntwo\n\nthree\r\n");
	hears(&lab, fd, "one\ntwo\n\nthree\r\n");
	say(&lab, fd, "four\n");
	hears(&lab, fd, "four\n");
	assert_int_equal(lab.lines, 5);
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	lab_close(&lab);
}

static void a_line_may_come_byte_by_byte(void **state)
{
	(void)state;
	static const char line[] = "{\"method\": \"ping\"}\n";
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	int fd = knock(&lab);
	for (size_t i = 0; i < strlen(line); i++) {
		assert_int_equal(lab.lines, 0);
		say_bytes(&lab, fd, line + i, 1);
		lab_some_turns(&lab);
	}
	hears(&lab, fd, line);
	assert_int_equal(lab.lines, 1);
	close(fd);
	lab_close(&lab);
}

static void nul_bytes_are_handed_through(void **state)
{
	(void)state;
	struct lab lab;
	char heard[7];

	lab_open(&lab, (struct ipc_options){0});
	int fd = knock(&lab);
	say_bytes(&lab, fd, "a\0b\n\0\0\n", 7);
	assert_int_equal(hear_bytes(&lab, fd, heard, 7), 7);
	assert_memory_equal(heard, "a\0b\n\0\0\n", 7);
	assert_int_equal(lab.last_length, 2);
	close(fd);
	lab_close(&lab);
}

static void the_longest_line_is_taken(void **state)
{
	(void)state;
	static char line[PROTO_LINE_MAX], heard[PROTO_LINE_MAX];
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	int fd = knock(&lab);
	say_bytes(&lab, fd, line, sizeof(line));
	assert_int_equal(hear_bytes(&lab, fd, heard, sizeof(heard)), sizeof(heard));
	assert_memory_equal(heard, line, sizeof(line));
	say(&lab, fd, "next\n");
	hears(&lab, fd, "next\n");
	close(fd);
	lab_close(&lab);
}

/* The answer reaches the peer, though it was still writing when we had heard enough. */
static void a_longer_line_is_answered_and_is_the_end(void **state)
{
	(void)state;
	static const size_t lengths[] = {PROTO_LINE_MAX + 1, 100000, 1000000, 1048576};
	static char line[1024 * 1024];

	for (size_t i = 0; i < LENGTH(lengths); i++) {
		struct lab lab;

		lab_open(&lab, (struct ipc_options){0});
		memset(line, 'x', sizeof(line));
		line[lengths[i] - 1] = '\n';
		int fd = knock(&lab);
		say(&lab, fd, "before\n");
		say_bytes(&lab, fd, line, lengths[i]);
		say(&lab, fd, "behind\n");
		hears(&lab, fd, "before\ntoo long\n");
		hears_the_end(&lab, fd);
		assert_int_equal(lab.trouble[IPC_TOO_LONG], 1);
		assert_int_equal(lab.lines, 1);
		close(fd);
		UNTIL(&lab, lab.gone == 1);
		lab_close(&lab);
	}
}

/* ... but it is not listened to for ever. */
static void a_line_without_end_is_cut_off(void **state)
{
	(void)state;
	static char much[64 * 1024];
	struct lab lab;
	size_t total = 0;

	lab_open(&lab, (struct ipc_options){0});
	memset(much, 'x', sizeof(much));
	int fd = knock(&lab);
	while (lab.gone == 0) {
		ssize_t went = send(fd, much, sizeof(much), MSG_DONTWAIT | MSG_NOSIGNAL);

		total += went > 0 ? (size_t)went : 0;
		uv_run(&lab.loop, UV_RUN_NOWAIT);
	}
	assert_in_range(total, 1024 * 1024, 2 * 1024 * 1024);
	hears(&lab, fd, "too long\n");
	close(fd);
	lab_close(&lab);
}

static void note_order(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)p;
	(void)text;
	(void)length;
	assert_int_equal(lab->turns, 1); /* of the hello, and not yet of these */
}

/* P1: scans that arrive together are committed together. */
static void lines_that_come_together_are_one_turn(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	int one = knock(&lab), two = knock(&lab);
	say(&lab, one, "hello\n");
	hears(&lab, one, "hello\n");
	lab_some_turns(&lab);
	assert_int_equal(lab.turns, 1);

	lab.on_line = note_order;
	say(&lab, one, "a\nb\n");
	say(&lab, two, "c\n");
	UNTIL(&lab, lab.turns == 2);
	assert_int_equal(lab.lines, 4);
	lab_some_turns(&lab);
	assert_int_equal(lab.turns, 2); /* no lines, no turn */
	close(one);
	close(two);
	lab_close(&lab);
}

/* P12 */
static void idle_peers_wake_nobody(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	assert_true(lab_sleeps(&lab));
	int fd = knock(&lab);
	say(&lab, fd, "hello\n");
	hears(&lab, fd, "hello\n");
	assert_true(lab_sleeps(&lab));
	shutdown(fd, SHUT_WR);
	UNTIL(&lab, lab.ended == 1);
	assert_true(lab_sleeps(&lab));
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	assert_true(lab_sleeps(&lab));
	lab_close(&lab);
}

static void half_a_line_at_the_end_is_nothing(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	int fd = knock(&lab);
	say(&lab, fd, "whole\nhal");
	hears(&lab, fd, "whole\n");
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	assert_int_equal(lab.lines, 1);
	lab_close(&lab);
}

static void answer_late(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	(void)p;
	(void)text;
	(void)length;
}

/* As `nc -N` does: it ends its side and waits until we end ours. */
static void who_ended_its_side_is_still_answered(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_late;
	int fd = knock(&lab);
	say(&lab, fd, "one\ntwo\n");
	shutdown(fd, SHUT_WR);
	UNTIL(&lab, lab.ended == 1);
	assert_int_equal(lab.lines, 2);
	ipc_send(lab.peer, "late\n", 5);
	ipc_drop(lab.peer);
	hears(&lab, fd, "late\n");
	hears_the_end(&lab, fd);
	UNTIL(&lab, lab.gone == 1);
	close(fd);
	lab_close(&lab);
}

/* Owed an answer that takes long, it loses interest. */
static void who_ended_its_side_may_hang_up(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = answer_late;
	int fd = knock(&lab);
	say(&lab, fd, "one\n");
	shutdown(fd, SHUT_WR);
	UNTIL(&lab, lab.ended == 1);
	assert_true(lab_for(&lab, 50) < 20); /* that its side is ended wakes nobody */
	assert_int_equal(lab.gone, 0);
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	lab_close(&lab);
}

static void send_in_vain(struct lab *lab, struct ipc_peer *p)
{
	(void)lab;
	ipc_send(p, "too late\n", 9);
	ipc_drop(p);
	assert_string_equal(ipc_note(p), "owed");
	assert_true(ipc_uid(p) == geteuid());
	assert_true(ipc_is_admin(p, ""));
}

static void owe(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	static char note[] = "owed";

	(void)lab;
	(void)text;
	(void)length;
	assert_null(ipc_note(p));
	ipc_set_note(p, note);
}

static void a_peer_may_leave_before_its_answer(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = owe;
	lab.on_gone = send_in_vain;
	int fd = knock(&lab);
	say(&lab, fd, "one\n");
	UNTIL(&lab, lab.lines == 1);
	close(fd);
	ipc_send(lab.peer, "nobody hears\n", 13);
	ipc_send(lab.peer, "nobody hears\n", 13);
	assert_int_equal(lab.gone, 0); /* never from inside ipc_send() */
	UNTIL(&lab, lab.gone == 1);
	lab_close(&lab);
}

/* P1: a script that posts its scans and leaves is counted, though it waits for no answer; whether
 * it read the one before (then sending to it fails) or not (then all is an error). */
static void what_was_sent_before_leaving_is_handed_out(void **state)
{
	(void)state;
	static char scans[5 * 1000];

	for (size_t i = 0; i < sizeof(scans); i++)
		scans[i] = "scan\n"[i % 5];
	for (int reads = 0; reads < 2; reads++) {
		struct lab lab;

		lab_open(&lab, (struct ipc_options){0});
		int fd = knock(&lab);
		say(&lab, fd, "hello\n");
		UNTIL(&lab, lab.lines == 1);
		if (reads)
			hears(&lab, fd, "hello\n");
		say_bytes(&lab, fd, scans, sizeof(scans));
		close(fd);
		UNTIL(&lab, lab.gone == 1);
		assert_int_equal(lab.lines, 1001);
		assert_int_equal(lab.ended, 0); /* it hung up: there is nobody to answer */
		lab_close(&lab);
	}
}

static void drop_at_once(struct lab *lab, struct ipc_peer *p, const char *text, size_t length)
{
	(void)lab;
	ipc_send(p, text, length);
	ipc_send(p, "\n", 1);
	ipc_drop(p);
	ipc_drop(p);
	ipc_send(p, "no more\n", 8);
}

static void a_peer_may_be_dropped_from_inside_its_line(void **state)
{
	(void)state;
	struct lab lab;

	lab_open(&lab, (struct ipc_options){0});
	lab.on_line = drop_at_once;
	int fd = knock(&lab);
	say(&lab, fd, "one\ntwo\n");
	hears(&lab, fd, "one\n");
	hears_the_end(&lab, fd);
	assert_int_equal(lab.lines, 1);
	assert_int_equal(lab.gone, 0); /* it might still be writing */
	close(fd);
	UNTIL(&lab, lab.gone == 1);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_answered_in_order),
		cmocka_unit_test(a_line_may_come_byte_by_byte),
		cmocka_unit_test(nul_bytes_are_handed_through),
		cmocka_unit_test(the_longest_line_is_taken),
		cmocka_unit_test(a_longer_line_is_answered_and_is_the_end),
		cmocka_unit_test(a_line_without_end_is_cut_off),
		cmocka_unit_test(lines_that_come_together_are_one_turn),
		cmocka_unit_test(idle_peers_wake_nobody),
		cmocka_unit_test(half_a_line_at_the_end_is_nothing),
		cmocka_unit_test(who_ended_its_side_is_still_answered),
		cmocka_unit_test(who_ended_its_side_may_hang_up),
		cmocka_unit_test(a_peer_may_leave_before_its_answer),
		cmocka_unit_test(what_was_sent_before_leaving_is_handed_out),
		cmocka_unit_test(a_peer_may_be_dropped_from_inside_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
