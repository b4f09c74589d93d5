#include "check.h"
#include "common/proto.h"
#include "daemon/io/ipc_lines.h"

static void add(struct lines *l, const char *bytes, size_t count)
{
	while (count > 0) {
		size_t room;
		char *to = lines_room(l, &room);

		assert_true(room > 0);
		size_t part = count < room ? count : room;
		memcpy(to, bytes, part);
		lines_came(l, part);
		bytes += part;
		count -= part;
	}
}

static void takes(struct lines *l, const char *line)
{
	size_t length = 0;

	assert_true(lines_ready(l));
	const char *taken = lines_take(l, &length);
	assert_string_equal(taken, line);
	assert_int_equal(length, strlen(line));
}

static void takes_none(struct lines *l)
{
	size_t length;

	assert_false(lines_ready(l));
	assert_null(lines_take(l, &length));
}

static void lines_come_out_as_they_went_in(void **state)
{
	(void)state;
	struct lines l = {0};

	takes_none(&l);
	add(&l, "one\n\ntwo\r\nthr", 13);
	takes(&l, "one");
	takes(&l, "");
	assert_true(lines_begun(&l));
	takes(&l, "two\r");
	takes_none(&l);
	add(&l, "ee\n", 3);
	assert_false(lines_begun(&l));
	takes(&l, "three");
	takes_none(&l);
	lines_free(&l);
}

static void a_line_may_contain_nul(void **state)
{
	(void)state;
	struct lines l = {0};
	size_t length;

	add(&l, "a\0b\n", 4);
	const char *line = lines_take(&l, &length);
	assert_int_equal(length, 3);
	assert_memory_equal(line, "a\0b", 4);
	lines_free(&l);
}

static void an_empty_buffer_is_let_go(void **state)
{
	(void)state;
	struct lines l = {0};

	add(&l, "half", 4);
	lines_trim(&l);
	assert_non_null(l.at);
	add(&l, "\n", 1);
	takes(&l, "half");
	lines_trim(&l);
	assert_null(l.at);
	assert_int_equal(l.room, 0);
}

static void only_a_line_beyond_the_limit_is_overlong(void **state)
{
	(void)state;
	static char bytes[PROTO_LINE_MAX];
	static const struct {
		size_t length; /* newline included */
		bool overlong;
	} cases[] = {
		{1,                  false},
		{4096,               false},
		{4097,               false},
		{PROTO_LINE_MAX - 1, false},
		{PROTO_LINE_MAX,     false},
		{PROTO_LINE_MAX + 1, true },
	};

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < LENGTH(cases); i++) {
		size_t body = cases[i].length - 1;
		size_t part = body < 100 ? body : 100;
		size_t length = 0;
		struct lines l = {0};

		/* behind a short line, so that it must be moved to fit */
		add(&l, "short\n", 6);
		add(&l, bytes, part);
		takes(&l, "short");
		add(&l, bytes, body - part);
		assert_false(lines_ready(&l));
		assert_int_equal(lines_overlong(&l), cases[i].overlong);
		assert_true(l.room <= PROTO_LINE_MAX);
		if (!cases[i].overlong) {
			add(&l, "\n", 1);
			assert_false(lines_overlong(&l));
			assert_non_null(lines_take(&l, &length));
			assert_int_equal(length, body);
		}
		lines_free(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_as_they_went_in),
		cmocka_unit_test(a_line_may_contain_nul),
		cmocka_unit_test(an_empty_buffer_is_let_go),
		cmocka_unit_test(only_a_line_beyond_the_limit_is_overlong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
