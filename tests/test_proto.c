#include "check.h"
#include "common/proto.h"

static void a_request_is_taken_apart(void **state)
{
	(void)state;
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"scan\",\"params\":{\"count\":2}}";
	struct proto_request r;
	struct err e;

	assert_int_equal(proto_parse(&r, line, strlen(line), &e), PROTO_OK);
	assert_string_equal(r.method, "scan");
	assert_int_equal(doc_as_int(r.id, 0), 7);
	assert_int_equal(doc_as_int(doc_get(r.params, "count"), 0), 2);
	proto_request_free(&r);
}

static void each_bad_request_has_its_code(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum proto_code code;
		bool has_id;
	} rows[] = {
		{"",								  PROTO_PARSE_ERROR,     false},
		{"{",								 PROTO_PARSE_ERROR,     false},
		{"[]",								PROTO_INVALID_REQUEST, false},
		{"7",								 PROTO_INVALID_REQUEST, false},
		{"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",              PROTO_INVALID_REQUEST,
                 false											    },
		{"{\"id\":1,\"method\":\"ping\"}",                                    PROTO_INVALID_REQUEST, true },
		{"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",                PROTO_INVALID_REQUEST, true },
		{"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",               PROTO_INVALID_REQUEST,
                 false											    },
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",                       PROTO_INVALID_REQUEST, true },
		{"{\"jsonrpc\":\"2.0\",\"id\":1}",                                    PROTO_INVALID_REQUEST, true },
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":7}",
                 PROTO_INVALID_REQUEST,								      true },
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[7]}",
                 PROTO_INVALID_PARAMS,								       true },
		{"{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}",                         PROTO_OK,              false},
		{"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",             PROTO_OK,              true },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct proto_request r;
		struct err e = {0};

		print_message("# %s\n", rows[i].line);
		assert_int_equal(
			proto_parse(&r, rows[i].line, strlen(rows[i].line), &e), rows[i].code);
		assert_int_equal(r.id != NULL, rows[i].has_id);
		assert_int_equal(rows[i].code == PROTO_OK, e.text[0] == '\0');
		proto_request_free(&r);
	}
}

static void an_error_is_answered_with_its_name(void **state)
{
	(void)state;
	struct err e = {ERR_UNKNOWN_DB, "no database is called \"x.db\""};
	char *line = proto_failure(NULL, &e, "x.db");

	assert_string_equal(line,
		"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":\"no database is "
		"called \\\"x.db\\\"\","
		"\"data\":{\"name\":\"unknown_database\",\"database\":\"x.db\"}},\"id\":null}\n");
	free(line);
	assert_int_equal(proto_exit_of("not_permitted"), EXIT_DENIED);
	assert_int_equal(proto_exit_of("store_not_reached"), EXIT_OFFLINE);
	assert_int_equal(proto_exit_of("never heard of"), EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(each_bad_request_has_its_code),
		cmocka_unit_test(an_error_is_answered_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
