#include "check.h"
#include "common/doc.h"
#include "common/text.h"

static void a_document_is_built_and_read_again(void **state)
{
	(void)state;
	struct doc *d = doc_object(), *list = doc_array(), *back;
	struct err e;

	doc_put_text(d, "filename", "parts.db");
	doc_put_int(d, "size_bytes", 348160);
	doc_put_null(d, "record_count");
	doc_add_text(list, "a");
	doc_put(d, "list", list);
	char *text = doc_text(d);
	assert_string_equal(text,
		"{\"filename\":\"parts.db\",\"size_bytes\":348160,\"record_count\":null,\"list\":["
		"\"a\"]}");
	assert_int_equal(doc_parse(&back, text, strlen(text), &e), ERR_NONE);
	assert_int_equal(doc_as_int(doc_get(back, "size_bytes"), 0), 348160);
	assert_true(doc_is_null(doc_get(back, "record_count")));
	assert_false(doc_is_null(doc_get(back, "no such")));
	assert_string_equal(doc_as_text(doc_at(doc_get(back, "list"), 0), ""), "a");
	assert_null(doc_get(doc_get(doc_get(back, "no"), "such"), "path"));
	free(text);
	doc_free(back);
	doc_free(d);
}

static void bytes_that_are_no_utf8_do_not_break_an_answer(void **state)
{
	(void)state;
	struct doc *d = doc_object();

	doc_put_text(d, "name", "a\xff.db");
	char *text = doc_text(d);
	assert_string_equal(text, "{\"name\":\"a?.db\"}");
	free(text);
	doc_free(d);
}

static void bad_json_is_refused_in_words(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "{", "{}x", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\u0000\"}", "\"\xff\"", "{'a':1}", "nul"};
	struct text deep = {0};
	struct doc *d;
	struct err e;

	for (size_t i = 0; i < LENGTH(bad); i++) {
		assert_int_equal(doc_parse(&d, bad[i], strlen(bad[i]), &e), ERR_PROTO);
		assert_non_null(strstr(e.text, "no JSON at byte"));
	}
	for (int i = 0; i < 65; i++)
		text_add(&deep, "[");
	assert_int_equal(doc_parse(&d, deep.at, deep.length, &e), ERR_PROTO);
	assert_string_equal(e.text, "JSON nested deeper than 64 levels");
	text_free(&deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_built_and_read_again),
		cmocka_unit_test(bytes_that_are_no_utf8_do_not_break_an_answer),
		cmocka_unit_test(bad_json_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
