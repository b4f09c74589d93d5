#include "check.h"
#include "common/scoped.h"
#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/s3xml.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define LIST "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define ONE                                                                                        \
	"<Contents><Key>k</Key><LastModified>2026-11-20T14:30:22.000Z</LastModified>"              \
	"<Size>1</Size></Contents>"
#define LONG "1234567890123456789012345"
#define END  "<IsTruncated>false</IsTruncated></ListBucketResult>"

/* In pieces of so many bytes. */
static enum err_code read_in(
	const char *text, size_t length, size_t piece, struct s3said *said, struct err *e)
{
	struct s3xml *x = s3xml_open();
	enum err_code code = ERR_NONE;

	for (size_t at = 0; at < length && !code; at += piece)
		code = s3xml_add(x, text + at, length - at < piece ? length - at : piece, e);
	enum err_code ended = s3xml_end(x, said, e);
	assert_true(!code || code == ended);
	return ended;
}

static enum err_code read_all(const char *text, struct s3said *said, struct err *e)
{
	return read_in(text, strlen(text), strlen(text) + 1, said, e);
}

static void expect_refused(const char *text, const char *words)
{
	struct s3said said;
	struct err e = {0};

	assert_int_equal(read_all(text, &said, &e), ERR_PROTO);
	assert_string_equal(e.text, words);
	assert_int_equal(said.root, S3SAID_NOTHING);
	assert_null(said.list.entries);
}

/* As Cloudflare's simulator sends it: the encoding is said last. */
static void a_page_of_a_listing_is_read_however_it_is_cut(void **state)
{
	(void)state;
	static const char page[] = HEAD LIST
		"<Name>test</Name><Contents><Key>backups%2Fa%20b+c%2B%25%C3%A4</Key><Size>5000</"
		"Size>"
		"<LastModified>2026-11-23T02:21:01.813Z</LastModified>"
		"<ETag>&quot;897765bd80ecfa4194f8c7837dfd3b40&quot;</ETag>"
		"<StorageClass>STANDARD</StorageClass><Owner><ID>1</ID><Key>no</Key></Owner>"
		"</Contents>\n<Contents><Key><![CDATA[b]]>%26</Key><Size>9223372036854775807</Size>"
		"<LastModified>1970-01-01T00:00:00Z</LastModified></Contents>"
		"<CommonPrefixes><Prefix>p</Prefix></CommonPrefixes>"
		"<IsTruncated>true</IsTruncated><Prefix>backups%2F</Prefix><!-- a comment -->"
		"<NextContinuationToken>YmFja3Vwcy9hIGIrJQ== %41+</NextContinuationToken>"
		"<MaxKeys>1</MaxKeys><EncodingType>url</EncodingType></ListBucketResult>\n";

	for (size_t piece = 1; piece < sizeof(page); piece++) {
		struct s3said said;
		struct err e = {0};
		char time[STAMP_TEXT];

		assert_int_equal(read_in(page, sizeof(page) - 1, piece, &said, &e), ERR_NONE);
		assert_int_equal(said.root, S3SAID_LIST);
		assert_int_equal(said.list.count, 2);
		const struct s3said_entry *entry = said.list.entries;
		assert_string_equal(entry[0].key, "backups/a b c+%\303\244");
		assert_int_equal(entry[0].size, 5000);
		assert_string_equal(
			stamp_json(time, entry[0].modified), "2026-11-23T02:21:01.813000Z");
		assert_string_equal(entry[0].etag, "\"897765bd80ecfa4194f8c7837dfd3b40\"");
		assert_string_equal(entry[0].class, "STANDARD");
		assert_string_equal(entry[1].key, "b&");
		assert_true(entry[1].size == INT64_MAX);
		assert_true(entry[1].modified == 0);
		assert_string_equal(entry[1].etag, "");
		assert_string_equal(entry[1].class, "");
		assert_string_equal(said.list.next, "YmFja3Vwcy9hIGIrJQ== %41+");
		s3said_free(&said);
	}
}

static void a_listing_that_is_not_encoded_is_taken_as_it_is(void **state)
{
	(void)state;
	struct s3said said;
	struct err e = {0};

	assert_int_equal(
		read_all(LIST "<Contents><Key>a%41+b</Key><Size>0</Size><LastModified>"
			      "2026-11-20T14:30:22.000Z</LastModified></Contents>"
			      "<NextContinuationToken>left over</NextContinuationToken>" END,
			&said, &e),
		ERR_NONE);
	assert_string_equal(said.list.entries[0].key, "a%41+b");
	assert_null(said.list.next); /* it is not truncated */
	s3said_free(&said);
	assert_int_equal(read_all(LIST END, &said, &e), ERR_NONE);
	assert_int_equal(said.root, S3SAID_LIST);
	assert_int_equal(said.list.count, 0);
	s3said_free(&said);
}

/* An ETag that could end a header's line is none. */
static void an_odd_etag_is_none(void **state)
{
	(void)state;
	static const char *const etags[] = {
		"a\nx-amz-acl: public-read", "a b", "\303\244", LONG LONG LONG LONG};

	for (size_t i = 0; i < LENGTH(etags); i++) {
		struct text page = {0};
		struct s3said said;
		struct err e = {0};

		text_add(&page,
			LIST "<Contents><Key>k</Key><Size>0</Size><ETag>%s</ETag>"
			     "<LastModified>2026-11-20T14:30:22Z</LastModified></Contents>" END,
			etags[i]);
		assert_int_equal(read_all(page.at, &said, &e), ERR_NONE);
		assert_string_equal(said.list.entries[0].etag, "");
		s3said_free(&said);
		text_free(&page);
	}
}

static void a_listing_that_lacks_something_is_refused(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *page, *words;
	} rows[] = {
		{LIST ONE "</ListBucketResult>", "a listing that does not tell whether it goes on"},
		{LIST ONE "<IsTruncated>true</IsTruncated></ListBucketResult>",
			"a listing that goes on, and does not tell where"},
		{LIST ONE "<IsTruncated>true</IsTruncated><NextContinuationToken/></"
			  "ListBucketResult>",
			"a listing that goes on, and does not tell where"},
		{LIST "<IsTruncated>perhaps</IsTruncated></ListBucketResult>",
			"the IsTruncated in it makes no sense"},
		{LIST "<Contents/>" END, "an entry without its key, size or time"},
		{LIST "<Contents><Key>k</Key><Size>1</Size></Contents>" END,
			"an entry without its key, size or time"},
		{LIST ONE "<Contents><Key>k</Key></Contents>" END,
			"an entry without its key, size or time"},
		{LIST "<Contents><Key/></Contents>" END, "the Key in it makes no sense"},
		{LIST "<Contents><Key>a<b/>c</Key></Contents>" END, "the Key in it makes no sense"},
		{LIST "<Contents><Size/></Contents>" END, "the Size in it makes no sense"},
		{LIST "<Contents><Size>-1</Size></Contents>" END, "the Size in it makes no sense"},
		{LIST "<Contents><Size>1.5</Size></Contents>" END, "the Size in it makes no sense"},
		{LIST "<Contents><Size>9223372036854775808</Size></Contents>" END,
			"the Size in it makes no sense"},
		{LIST "<Contents><Size>18446744073709551617</Size></Contents>" END,
			"the Size in it makes no sense"},
		{LIST "<Contents><LastModified>today</LastModified></Contents>" END,
			"the LastModified in it makes no sense"},
		{LIST "<EncodingType>rot13</EncodingType>" END,
			"the EncodingType in it makes no sense"},
		{LIST ONE "<Contents><Key>%zz</Key><Size>1</Size><LastModified>"
			  "2026-11-20T14:30:22Z</LastModified></Contents>"
			  "<EncodingType>url</EncodingType>" END,
			"the Key in it is not well encoded"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_refused(rows[i].page, rows[i].words);
}

/* As AWS, Ceph and Swift send them. */
static void an_error_is_read(void **state)
{
	(void)state;
	struct s3said said;
	struct err e = {0};

	assert_int_equal(
		read_all(HEAD "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region "
			      "'us-east-1' is wrong;\nexpecting 'eu-west-1'</Message>"
			      "<Region>eu-west-1</Region><Endpoint>b.s3.amazonaws.com</Endpoint>"
			      "<ServerTime>2026-11-20T14:30:22Z</ServerTime>"
			      "<Resource><Code>inner</Code></Resource></Error>",
			&said, &e),
		ERR_NONE);
	assert_int_equal(said.root, S3SAID_ERROR);
	assert_string_equal(said.error.code, "AuthorizationHeaderMalformed");
	assert_string_equal(
		said.error.message, "the region 'us-east-1' is wrong; expecting 'eu-west-1'");
	assert_string_equal(said.error.region, "eu-west-1");
	assert_string_equal(said.error.endpoint, "b.s3.amazonaws.com");
	assert_true(said.error.server_time == INT64_C(1795185022000000));
	s3said_free(&said);

	assert_int_equal(
		read_all("<Error><Code>NoSuchKey</Code><Message/></Error>", &said, &e), ERR_NONE);
	assert_string_equal(said.error.code, "NoSuchKey");
	assert_string_equal(said.error.message, "");
	assert_true(said.error.server_time == STAMP_NONE);
	s3said_free(&said);
}

/* P10: what the store computed, the session token in it, is long, and is nothing that we keep. */
static void what_is_long_is_skipped_or_cut(void **state)
{
	(void)state;
	struct text page = {0}, long_text = {0};
	struct s3said said;
	struct err e = {0};

	for (unsigned i = 0; i < 1500; i++)
		text_add(&long_text, "%02x\303\244 ", i % 256);
	text_add(&page,
		"<Error><CanonicalRequest>%s</CanonicalRequest><Code>C</Code><Message>%.800s"
		"</Message></Error>",
		long_text.at, long_text.at);
	assert_int_equal(read_all(page.at, &said, &e), ERR_NONE);
	assert_string_equal(said.error.code, "C");
	assert_int_equal(strlen(said.error.message), sizeof(said.error.message) - 1);
	assert_true(text_is_plain(said.error.message));
	s3said_free(&said);
	text_free(&page);

	text_add(&page, LIST "<Contents><Key>%s</Key></Contents>" END, long_text.at);
	expect_refused(page.at, "the Key in it makes no sense");
	text_free(&page);
	text_free(&long_text);
}

static void other_documents_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *document;
		enum s3said_root root;
	} rows[] = {
		{"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>", S3SAID_COPY   },
		{"<ListAllMyBucketsResult/>",                           S3SAID_OTHER  },
		{"<html><body/></html>",                                S3SAID_OTHER  },
		{"<Contents><Key>k</Key></Contents>",                   S3SAID_OTHER  },
		{"",						    S3SAID_NOTHING},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3said said;
		struct err e = {0};

		assert_int_equal(read_all(rows[i].document, &said, &e), ERR_NONE);
		assert_int_equal(said.root, rows[i].root);
		assert_int_equal(said.list.count, 0);
		s3said_free(&said);
	}
}

static void what_is_no_document_of_s3_is_refused(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *document, *words;
	} rows[] = {
		{"<!DOCTYPE html><html></html>", "a web page"},
		{"<!doctype HTML>\n<html lang=en>", "no XML: syntax error"},
		{"\n  <!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://w/d\"><html/>",
			"a web page"},
		/* "billion laughs", and a file of ours */
		{"<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><Error>&b;</Error>",
			"a document type, which S3 never sends"},
		{"<!DOCTYPE e [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Error>&x;</Error>",
			"a document type, which S3 never sends"},
		{"<Error>&x;</Error>", "no XML: undefined entity"},
		{"<Error>&#0;</Error>", "no XML: reference to invalid character number"},
		{"<Error><Code>C</Error>", "no XML: mismatched tag"},
		{"<Error><Code>C</Code>", "no XML: no element found"},
		{"<Error/><Error/>", "no XML: junk after document element"},
		{"{\"error\": 1}", "no XML: not well-formed (invalid token)"},
		{" ", "no XML: no element found"},
		{"<Error>\xff</Error>", "no XML: not well-formed (invalid token)"},
		{"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
			"elements in elements without end"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_refused(rows[i].document, rows[i].words);
}

static struct text page_of(unsigned entries)
{
	struct text page = {0};

	text_add(&page, LIST);
	for (unsigned i = 0; i < entries; i++)
		text_add(&page, ONE);
	text_add(&page, END);
	return page;
}

/* P12 */
static void a_page_has_1000_entries_at_most(void **state)
{
	(void)state;
	struct text full = page_of(1000), over = page_of(1001);
	struct s3said said;
	struct err e = {0};

	assert_int_equal(read_all(full.at, &said, &e), ERR_NONE);
	assert_int_equal(said.list.count, 1000);
	s3said_free(&said);
	expect_refused(over.at, "more entries than a page has");
	text_free(&full);
	text_free(&over);
}

/* P12: neither an answer nor a tag of it goes on without end.  Once it is refused, nothing more is
 * taken. */
static void an_answer_ends_somewhere(void **state)
{
	(void)state;
	static const struct {
		const char *begin, *again, *words;
	} rows[] = {
		{"<Error>",       "<A>b</A>",   "longer than any of S3"      },
		{"<Error><!-- ",  "comment ",   "a tag longer than any of S3"},
		{"<Error><A b='", "attribute ", "a tag longer than any of S3"},
		{"<",             "name",       "a tag longer than any of S3"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3xml *x = s3xml_open();
		struct s3said said;
		struct err e = {0}, again = {0};
		enum err_code code = s3xml_add(x, rows[i].begin, strlen(rows[i].begin), &e);

		for (unsigned k = 0; k < 2000000 && !code; k++)
			code = s3xml_add(x, rows[i].again, strlen(rows[i].again), &e);
		assert_int_equal(code, ERR_PROTO);
		assert_string_equal(e.text, rows[i].words);
		assert_int_equal(s3xml_add(x, "<a/>", 4, &again), ERR_PROTO);
		assert_string_equal(again.text, rows[i].words);
		assert_int_equal(s3xml_end(x, &said, &again), ERR_PROTO);
	}
}

static void a_reader_can_be_dropped_in_the_middle(void **state)
{
	(void)state;
	struct s3xml *x = s3xml_open();
	struct err e;

	assert_int_equal(
		s3xml_add(x, LIST ONE "<Contents><Key>k", strlen(LIST ONE) + 16, &e), ERR_NONE);
	s3xml_free(x);
	s3xml_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_a_listing_is_read_however_it_is_cut),
		cmocka_unit_test(a_listing_that_is_not_encoded_is_taken_as_it_is),
		cmocka_unit_test(an_odd_etag_is_none),
		cmocka_unit_test(a_listing_that_lacks_something_is_refused),
		cmocka_unit_test(an_error_is_read),
		cmocka_unit_test(what_is_long_is_skipped_or_cut),
		cmocka_unit_test(other_documents_are_told_apart),
		cmocka_unit_test(what_is_no_document_of_s3_is_refused),
		cmocka_unit_test(a_page_has_1000_entries_at_most),
		cmocka_unit_test(an_answer_ends_somewhere),
		cmocka_unit_test(a_reader_can_be_dropped_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
