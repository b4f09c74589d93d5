#include "common/stamp.h"
#include "common/text.h"
#include "daemon/core/s3xml.h"
#include "s3_world.h"

#define NOW              INT64_C(1795400460000000) /* as DATE has it */
#define DATE             "Date: Mon, 23 Nov 2026 02:21:00 GMT\r\n"
#define MINUTE           (60 * STAMP_SECOND)
#define XML              "Content-Type: application/xml\r\n" DATE
#define HTML             "Content-Type: text/html; charset=UTF-8\r\nContent-Length: 99\r\n"
#define PAGE             "<!DOCTYPE html><html><form>Log in</form></html>"
#define ENDPOINT         "http://127.0.0.1:9000"
#define ETAG             "ETag: \"897765bd80ecfa4194f8c7837dfd3b40\"\r\n"
#define SAYS(code, rest) "<Error><Code>" code "</Code>" rest "</Error>"
#define CUTS                                                                                       \
	"<Message>This copy request is illegal because it is trying to copy an object to itself "  \
	"without changing the object's metadata.</Message>"

struct judged {
	enum err_code code;
	struct s3_meaning meaning;
	struct err e;
};

static struct judged judge_at(int64_t now, enum s3_verb verb, const char *head, const char *body)
{
	struct s3bucket bucket = bucket_at(ENDPOINT);
	struct s3xml *x = s3xml_open();
	struct err not_taken = {0};
	struct s3said said;
	struct s3_head h;
	struct judged j = {0};

	read_head(&h, head);
	bool is_taken = !s3xml_add(x, body, strlen(body), &not_taken);
	is_taken = !s3xml_end(x, &said, &not_taken) && is_taken;
	const struct s3_answer a = {.verb = verb,
		.bucket = &bucket,
		.head = &h,
		.said = is_taken ? &said : NULL,
		.not_taken = is_taken ? NULL : &not_taken,
		.now = now};
	j.code = s3_judge(&a, &j.meaning, &j.e);
	s3said_free(&said);
	s3bucket_close(&bucket);
	return j;
}

static struct judged judge(enum s3_verb verb, const char *head, const char *body)
{
	return judge_at(NOW, verb, head, body);
}

static void what_went_well_is_done(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		enum s3_verb verb;
		const char *head, *body;
	} rows[] = {
		{S3_PUT, "HTTP/1.1 200 OK\r\n" ETAG DATE "\r\n", ""},
		/* Swift calls its empty bodies HTML */
		{S3_PUT,
			"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n" ETAG
			"\r\n",
			""},
		{S3_HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n" ETAG "\r\n", ""},
		{S3_GET, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n" ETAG "\r\n", ""},
		{S3_LIST, "HTTP/1.1 200 OK\r\n" XML "\r\n",
			"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"},
		{S3_COPY, "HTTP/1.1 200 OK\r\n" XML "\r\n", "<CopyObjectResult/>"},
		/* it is in Standard already */
		{S3_COPY, "HTTP/1.1 400 Bad Request\r\n" XML "\r\n", SAYS("InvalidRequest", CUTS)},
		{S3_DELETE, "HTTP/1.1 204 No Content\r\n\r\n", ""},
		{S3_DELETE, "HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n", ""},
		{S3_DELETE, "HTTP/1.1 200 OK\r\n\r\n", ""},
		{S3_DELETE, "HTTP/1.1 404 Not Found\r\n" XML "\r\n", SAYS("NoSuchKey", "")},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct judged j = judge(rows[i].verb, rows[i].head, rows[i].body);

		assert_int_equal(j.code, ERR_NONE);
		assert_int_equal(j.meaning.hint, S3_NO_HINT);
	}
}

struct row {
	enum s3_verb verb;
	unsigned status;
	const char *lines, *body;
	enum err_code code;
	enum s3_hint hint;
	const char *words;
};

static void expect(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text head = {0};

		text_add(&head, "HTTP/1.1 %u Words\r\n%s\r\n", rows[i].status, rows[i].lines);
		struct judged j = judge(rows[i].verb, head.at, rows[i].body);
		assert_string_equal(j.e.text, rows[i].words);
		assert_int_equal(j.code, rows[i].code);
		assert_int_equal(j.e.code, rows[i].code);
		assert_int_equal(j.meaning.hint, rows[i].hint);
		text_free(&head);
	}
}

static void a_person_is_told_which_key_is_wrong(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct row rows[] = {
		{S3_LIST, 403, XML, SAYS("InvalidAccessKeyId", ""), ERR_REFUSED, S3_NO_HINT,
			"the store does not know the access key: check access_key_id "
			"(HTTP 403 InvalidAccessKeyId)"},
		/* R2 */
		{S3_PUT, 401, XML, SAYS("Unauthorized", "<Message>Unauthorized</Message>"),
			ERR_REFUSED, S3_NO_HINT,
			"the store does not know the access key: check access_key_id "
			"(HTTP 401 Unauthorized)"},
		{S3_LIST, 400, XML,
			SAYS("InvalidArgument",
				"<Message>Invalid Argument: Credential access key has length 20, "
				"should be 32</Message>"),
			ERR_REFUSED, S3_NO_HINT,
			"the store does not know the access key: check access_key_id (Invalid "
			"Argument: Credential access key has length 20, should be 32) "
			"(HTTP 400 InvalidArgument)"},
		{S3_LIST, 403, XML, SAYS("SignatureDoesNotMatch", ""), ERR_REFUSED, S3_NO_HINT,
			"the secret does not belong to the access key: check access_key_id and "
			"secret_access_key (HTTP 403 SignatureDoesNotMatch)"},
		{S3_GET, 400, XML, SAYS("ExpiredToken", ""), ERR_REFUSED, S3_NO_HINT,
			"the session token has expired: get new credentials "
			"(HTTP 400 ExpiredToken)"},
		{S3_GET, 400, XML, SAYS("InvalidToken", ""), ERR_REFUSED, S3_NO_HINT,
			"the session token does not belong to the access key: check session_token "
			"(HTTP 400 InvalidToken)"},
		{S3_LIST, 400, XML,
			SAYS("InvalidArgument", "<Message>X-Amz-Security-Token</Message>"),
			ERR_REFUSED, S3_NO_HINT,
			"the store does not take the session token: check session_token "
			"(HTTP 400 InvalidArgument)"},
		{S3_HEAD, 403, DATE, "", ERR_REFUSED, S3_NO_HINT,
			"the store refuses, and cannot tell why: check the keys, the region, and "
			"what the keys may do in the bucket casman (HTTP 403)"},
		{S3_HEAD, 400, DATE, "", ERR_REFUSED, S3_NO_HINT,
			"the store refuses, and cannot tell why: check the keys, the region, and "
			"what the keys may do in the bucket casman (HTTP 400)"},
	};
	/* clang-format on */

	expect(rows, LENGTH(rows));
}

static void a_person_is_told_where_the_bucket_is(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct row rows[] = {
		{S3_LIST, 404, XML, SAYS("NoSuchBucket", ""), ERR_REFUSED, S3_NO_HINT,
			"there is no bucket casman at " ENDPOINT
			": check bucket_name and endpoint (HTTP 404 NoSuchBucket)"},
		/* deleting there is not done already */
		{S3_DELETE, 404, XML, SAYS("NoSuchBucket", ""), ERR_REFUSED, S3_NO_HINT,
			"there is no bucket casman at " ENDPOINT
			": check bucket_name and endpoint (HTTP 404 NoSuchBucket)"},
		{S3_LIST, 400, XML,
			SAYS("AuthorizationHeaderMalformed", "<Region>us-east-1</Region>"),
			ERR_REFUSED, S3_NO_HINT,
			"the bucket casman is in another region: set region = us-east-1 "
			"(HTTP 400 AuthorizationHeaderMalformed)"},
		{S3_PUT, 301, XML "x-amz-bucket-region: ap-south-1\r\n",
			SAYS("PermanentRedirect", "<Endpoint>casman.s3.amazonaws.com</Endpoint>"),
			ERR_REFUSED, S3_NO_HINT,
			"the bucket casman is in another region: set region = ap-south-1 "
			"(HTTP 301 PermanentRedirect)"},
		{S3_PUT, 307, XML,
			SAYS("TemporaryRedirect", "<Endpoint>casman.s3-ap.example</Endpoint>"),
			ERR_REFUSED, S3_NO_HINT,
			"the bucket casman is reached elsewhere: check region and endpoint "
			"(it says casman.s3-ap.example) (HTTP 307 TemporaryRedirect)"},
		{S3_HEAD, 301, DATE "x-amz-bucket-region: ap-south-1\r\n", "", ERR_REFUSED,
			S3_NO_HINT,
			"the bucket casman is in another region: set region = ap-south-1 "
			"(HTTP 301)"},
		{S3_HEAD, 400, DATE "x-amz-bucket-region: ap-south-1\r\n", "", ERR_REFUSED,
			S3_NO_HINT,
			"the bucket casman is in another region: set region = ap-south-1 "
			"(HTTP 400)"},
		/* in ours: it is something else */
		{S3_HEAD, 400, DATE "x-amz-bucket-region: eu-west-1\r\n", "", ERR_REFUSED,
			S3_NO_HINT,
			"the store refuses, and cannot tell why: check the keys, the region, and "
			"what the keys may do in the bucket casman (HTTP 400)"},
		{S3_LIST, 400, XML,
			SAYS("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
			ERR_REFUSED, S3_NO_HINT,
			"the store does not understand our signature: check region and "
			"access_key_id (it says no more) "
			"(HTTP 400 AuthorizationHeaderMalformed)"},
		{S3_LIST, 400, XML,
			SAYS("InvalidRegionName",
				"<Message>The region name 'x' is not valid</Message>"),
			ERR_REFUSED, S3_NO_HINT,
			"the store has no such region: check region (The region name 'x' is not "
			"valid) (HTTP 400 InvalidRegionName)"},
	};
	/* clang-format on */

	expect(rows, LENGTH(rows));
}

static void a_person_is_told_what_the_keys_may_not(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct row rows[] = {
		{S3_PUT, 403, XML, SAYS("AccessDenied", ""), ERR_REFUSED, S3_NO_HINT,
			"these keys may not write in the bucket casman: allow it (R2: Object Read "
			"& Write) (HTTP 403 AccessDenied)"},
		{S3_LIST, 403, XML, SAYS("AccessDenied", ""), ERR_REFUSED, S3_NO_HINT,
			"these keys may not list in the bucket casman: allow it (R2: Object Read "
			"& Write) (HTTP 403 AccessDenied)"},
		{S3_GET, 403, XML, SAYS("AccessDenied", ""), ERR_REFUSED, S3_NO_HINT,
			"these keys may not read in the bucket casman: allow it (R2: Object Read "
			"& Write) (HTTP 403 AccessDenied)"},
		{S3_DELETE, 403, XML, SAYS("AccessDenied", ""), ERR_DENIED, S3_NO_HINT,
			"these keys may not delete in the bucket casman: allow it, or old "
			"versions stay (HTTP 403 AccessDenied)"},
		{S3_DELETE, 403, XML, SAYS("ObjectLockedByBucketPolicy", ""), ERR_DENIED,
			S3_NO_HINT,
			"a lock rule of the bucket casman keeps the object: it goes when that "
			"ends (HTTP 403 ObjectLockedByBucketPolicy)"},
		{S3_PUT, 403, XML, SAYS("QuotaExceeded", ""), ERR_FULL, S3_NO_HINT,
			"the store is full or its quota used up: raise it, or keep fewer versions "
			"(HTTP 403 QuotaExceeded)"},
		{S3_PUT, 507, "", "", ERR_FULL, S3_NO_HINT,
			"the store is full or its quota used up: raise it, or keep fewer versions "
			"(HTTP 507)"},
		{S3_PUT, 400, XML, SAYS("EntityTooLarge", ""), ERR_REFUSED, S3_NO_HINT,
			"the database is larger than the store takes in one piece "
			"(HTTP 400 EntityTooLarge)"},
		{S3_GET, 403, XML, SAYS("InvalidObjectState", ""), ERR_REFUSED, S3_NO_HINT,
			"the object lies in an archive: have the store bring it back first "
			"(HTTP 403 InvalidObjectState)"},
		{S3_PUT, 400, XML, SAYS("Unheard", "<Message>of\n by us</Message>"), ERR_REFUSED,
			S3_NO_HINT, "the store refuses: of  by us (HTTP 400 Unheard)"},
		{S3_PUT, 403, XML, SAYS("Unheard", ""), ERR_REFUSED, S3_NO_HINT,
			"the store refuses: it says no more (HTTP 403 Unheard)"},
	};
	/* clang-format on */

	expect(rows, LENGTH(rows));
}

/* P5 */
static void an_object_that_is_there_is_not_overwritten(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct row rows[] = {
		{S3_PUT, 412, XML, SAYS("PreconditionFailed", ""), ERR_EXISTS, S3_NO_HINT,
			"there is an object already (HTTP 412 PreconditionFailed)"},
		{S3_PUT, 412, DATE, "", ERR_EXISTS, S3_NO_HINT,
			"there is an object already (HTTP 412)"},
		{S3_PUT, 409, XML, SAYS("ConditionalRequestConflict", ""), ERR_OFFLINE, S3_NO_HINT,
			"the store is busy with another request for the same object "
			"(HTTP 409 ConditionalRequestConflict)"},
		{S3_PUT, 501, XML, SAYS("NotImplemented", ""), ERR_REFUSED, S3_HINT_ASK_FIRST,
			"the store cannot put an object only where there is none "
			"(HTTP 501 NotImplemented)"},
		{S3_PUT, 501, "", "", ERR_REFUSED, S3_HINT_ASK_FIRST,
			"the store cannot put an object only where there is none (HTTP 501)"},
		{S3_COPY, 412, XML, SAYS("PreconditionFailed", ""), ERR_MISSING, S3_NO_HINT,
			"the object is not the one any more that was listed "
			"(HTTP 412 PreconditionFailed)"},
		{S3_HEAD, 404, DATE, "", ERR_MISSING, S3_NO_HINT,
			"there is no such object (HTTP 404)"},
		{S3_GET, 404, XML, SAYS("NoSuchKey", ""), ERR_MISSING, S3_NO_HINT,
			"there is no such object (HTTP 404 NoSuchKey)"},
		{S3_COPY, 404, XML, SAYS("NoSuchKey", ""), ERR_MISSING, S3_NO_HINT,
			"there is no such object (HTTP 404 NoSuchKey)"},
	};
	/* clang-format on */

	expect(rows, LENGTH(rows));
}

static void what_may_go_well_later_is_tried_later(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct row rows[] = {
		{S3_PUT, 503, XML, SAYS("SlowDown", ""), ERR_OFFLINE, S3_NO_HINT,
			"the store asks to slow down (HTTP 503 SlowDown)"},
		{S3_PUT, 429, "", "", ERR_OFFLINE, S3_NO_HINT,
			"the store asks to slow down (HTTP 429)"},
		{S3_LIST, 500, XML, SAYS("InternalError", "<Message>Oh.</Message>"), ERR_OFFLINE,
			S3_NO_HINT, "the store is out of order: Oh. (HTTP 500 InternalError)"},
		{S3_LIST, 502, HTML, "<html>Bad Gateway", ERR_OFFLINE, S3_NO_HINT,
			"the store is out of order: no XML: no element found (HTTP 502)"},
		{S3_HEAD, 503, DATE, "", ERR_OFFLINE, S3_NO_HINT,
			"the store is out of order: it says no more (HTTP 503)"},
		{S3_LIST, 501, XML, SAYS("NotImplemented", ""), ERR_OFFLINE, S3_NO_HINT,
			"the store is out of order: it says no more (HTTP 501 NotImplemented)"},
		{S3_PUT, 400, XML, SAYS("RequestTimeout", ""), ERR_OFFLINE, S3_NO_HINT,
			"the connection is too slow, or was cut (HTTP 400 RequestTimeout)"},
		{S3_PUT, 408, "", "", ERR_OFFLINE, S3_NO_HINT,
			"the connection is too slow, or was cut (HTTP 408)"},
		{S3_PUT, 400, XML, SAYS("XAmzContentSHA256Mismatch", ""), ERR_OFFLINE, S3_HINT_BODY,
			"other bytes arrived than were sent (HTTP 400 XAmzContentSHA256Mismatch)"},
		/* a COPY that took long fails under 200 */
		{S3_COPY, 200, XML, SAYS("InternalError", ""), ERR_OFFLINE, S3_NO_HINT,
			"the store is out of order: it says no more (HTTP 200 InternalError)"},
		{S3_COPY, 200, XML, SAYS("AccessDenied", ""), ERR_REFUSED, S3_NO_HINT,
			"these keys may not copy in the bucket casman: allow it (R2: Object Read "
			"& Write) (HTTP 200 AccessDenied)"},
		{S3_LIST, 200, XML, SAYS("SlowDown", ""), ERR_OFFLINE, S3_NO_HINT,
			"the store asks to slow down (HTTP 200 SlowDown)"},
	};
	/* clang-format on */

	expect(rows, LENGTH(rows));
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_true(rows[i].code == ERR_REFUSED || err_may_retry(rows[i].code));
}

/* P9, P11: a portal, a proxy or a wrong address is never taken for the store, whatever it says. */
static void only_s3_is_believed(void **state)
{
	(void)state;
#define PORTAL                                                                                     \
	"a web page answered, not S3: does this network want a login, or is " ENDPOINT " wrong? "
#define NOBODY "no S3 answered at " ENDPOINT ": check endpoint "
	/* clang-format off */
	static const struct row rows[] = {
		{S3_LIST, 200, HTML, PAGE, ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 200)"},
		{S3_PUT, 200, HTML ETAG, "", ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 200)"},
		{S3_HEAD, 200, HTML ETAG, "", ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 200)"},
		{S3_GET, 200, HTML ETAG, "", ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 200)"},
		{S3_DELETE, 200, HTML, PAGE, ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 200)"},
		{S3_HEAD, 404, HTML, "", ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 404)"},
		{S3_DELETE, 404, HTML, PAGE, ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 404)"},
		{S3_LIST, 403, HTML, PAGE, ERR_OFFLINE, S3_NO_HINT, PORTAL "(HTTP 403)"},
		{S3_LIST, 302, "Location: http://login.example/\r\n", "", ERR_OFFLINE, S3_NO_HINT,
			"somebody answered who sends us elsewhere, not S3: does this network want "
			"a login, or is " ENDPOINT " wrong? (HTTP 302)"},
		{S3_LIST, 511, HTML, PAGE, ERR_OFFLINE, S3_NO_HINT,
			"this network wants a login before it lets anybody through (HTTP 511)"},
		{S3_LIST, 407, HTML "Content-Length: 0\r\n", "", ERR_REFUSED, S3_NO_HINT,
			"the proxy wants a name and a password: see https_proxy in the service's "
			"environment (HTTP 407)"},
		{S3_LIST, 404, "Content-Type: application/json\r\n", "{}", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(no XML: not well-formed (invalid token)) (HTTP 404)"},
		{S3_DELETE, 404, "", "", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(it says no more) (HTTP 404)"},
		{S3_LIST, 200, XML, "<ListAllMyBucketsResult/>", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(it says no more) (HTTP 200)"},
		{S3_LIST, 200, XML, "<ListBucketResult/>", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(a listing that does not tell whether it goes on) (HTTP 200)"},
		{S3_LIST, 204, "", "", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(it says no more) (HTTP 204)"},
		{S3_PUT, 200, "", "", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(it says no more) (HTTP 200)"}, /* no ETag */
		{S3_PUT, 201, ETAG, "", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(it says no more) (HTTP 201)"},
		{S3_COPY, 200, ETAG, "", ERR_OFFLINE, S3_NO_HINT,
			NOBODY "(it says no more) (HTTP 200)"},
		{S3_GET, 0, "", "", ERR_OFFLINE, S3_NO_HINT, NOBODY "(it says no more) (HTTP 0)"},
	};
	/* clang-format on */

	expect(rows, LENGTH(rows));
}

/* What somebody else says of the time, or wants us to wait for, is nothing to us. */
static void nothing_is_learnt_from_a_portal(void **state)
{
	(void)state;
	struct judged j = judge(S3_LIST,
		"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nRetry-After: 99\r\n" HTML
		"\r\n",
		PAGE);

	assert_int_equal(j.code, ERR_OFFLINE);
	assert_true(j.meaning.skew == STAMP_NONE);
	assert_int_equal(j.meaning.wait, 0);
}

static void a_wrong_clock_is_told_and_can_be_corrected(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		int64_t ahead;
		enum s3_verb verb;
		const char *head, *body, *words;
	} rows[] = {
		{-20 * MINUTE, S3_LIST, "HTTP/1.1 403 F\r\n" XML "\r\n",
			SAYS("RequestTimeTooSkewed", ""),
			"the clock of this machine is 20 min behind the store's: set it "
			"(timedatectl) (HTTP 403 RequestTimeTooSkewed)"},
		/* the fraction that Date does not have makes no difference */
		{9 * MINUTE - 300000, S3_LIST, "HTTP/1.1 403 F\r\n" XML "\r\n",
			SAYS("RequestTimeTooSkewed", ""),
			"the clock of this machine is 9 min ahead of the store's: set it "
			"(timedatectl) (HTTP 403 RequestTimeTooSkewed)"},
		{-9 * MINUTE + 700000, S3_LIST, "HTTP/1.1 403 F\r\n\r\n",
			SAYS("RequestTimeTooSkewed",
				"<ServerTime>2026-11-23T02:21:00Z</ServerTime>"),
			"the clock of this machine is 9 min behind the store's: set it "
			"(timedatectl) (HTTP 403 RequestTimeTooSkewed)"},
		/* a HEAD has no words, but the date is enough */
		{-26 * 60 * MINUTE, S3_HEAD, "HTTP/1.1 403 F\r\n" DATE "\r\n", "",
			"the clock of this machine is 26 h behind the store's: set it "
			"(timedatectl) (HTTP 403)"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct judged j =
			judge_at(NOW + rows[i].ahead, rows[i].verb, rows[i].head, rows[i].body);

		assert_string_equal(j.e.text, rows[i].words);
		assert_int_equal(j.code, ERR_OFFLINE);
		assert_int_equal(j.meaning.hint, S3_HINT_CLOCK);
		assert_true(j.meaning.skew == rows[i].ahead);
	}
}

/* Cloudflare's simulator says no Date. */
static void a_clock_that_is_wrong_by_nobody_knows_how_much_is_told_too(void **state)
{
	(void)state;
	struct judged j =
		judge(S3_LIST, "HTTP/1.1 403 F\r\n\r\n", SAYS("RequestTimeTooSkewed", ""));

	assert_string_equal(j.e.text,
		"the clock of this machine is not the store's: set it (timedatectl) "
		"(HTTP 403 RequestTimeTooSkewed)");
	assert_int_equal(j.meaning.hint, S3_HINT_CLOCK);
	assert_true(j.meaning.skew == STAMP_NONE);
}

/* The clock is not blamed for what is told to be something else. */
static void a_wrong_secret_is_no_wrong_clock(void **state)
{
	(void)state;
	struct judged j = judge_at(NOW + 60 * MINUTE, S3_LIST, "HTTP/1.1 403 F\r\n" XML "\r\n",
		SAYS("SignatureDoesNotMatch", ""));

	assert_int_equal(j.code, ERR_REFUSED);
	assert_int_equal(j.meaning.hint, S3_NO_HINT);
	assert_true(j.meaning.skew == 60 * MINUTE);
}

static void the_clock_is_learnt_from_every_answer(void **state)
{
	(void)state;
	struct judged j = judge_at(
		NOW + 3 * STAMP_SECOND, S3_DELETE, "HTTP/1.1 204 No Content\r\n" DATE "\r\n", "");

	assert_int_equal(j.code, ERR_NONE);
	assert_true(j.meaning.skew == 3 * STAMP_SECOND);
}

static void the_store_is_left_alone_as_long_as_it_asks(void **state)
{
	(void)state;
	static const struct {
		const char *lines;
		int64_t ahead;
		uint64_t ms;
	} rows[] = {
		{"Retry-After: 7\r\n",                                  0,           7000        },
		{"Retry-After: Mon, 23 Nov 2026 02:23:00 GMT\r\n",      0,           120000      },
 /* it is the store's clock that counts */
		{"Retry-After: Mon, 23 Nov 2026 02:23:00 GMT\r\n" DATE, 60 * MINUTE, 120000      },
		{"Retry-After: 100000\r\n",                             0,           S3_WAIT_MOST},
		{"Retry-After: 99999999999999999999\r\n",               0,           S3_WAIT_MOST},
		{"Retry-After: soon\r\n",                               0,           0           },
		{"Retry-After: -1\r\n",                                 0,           0           },
		{"",						    0,           0           },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct text head = {0};

		text_add(&head, "HTTP/1.1 503 Slow Down\r\n%s\r\n", rows[i].lines);
		struct judged j = judge_at(NOW + rows[i].ahead, S3_PUT, head.at, "");
		assert_int_equal(j.code, ERR_OFFLINE);
		assert_int_equal(j.meaning.wait, rows[i].ms);
		text_free(&head);
	}
}

static void damaged_tags_are_told_where_an_object_is_read(void **state)
{
	(void)state;
	static const struct {
		enum s3_verb verb;
		enum err_code code;
	} rows[] = {
		{S3_HEAD, ERR_CORRUPT},
                {S3_GET,  ERR_CORRUPT},
                {S3_PUT,  ERR_NONE   }
        };

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct judged j = judge(rows[i].verb,
			"HTTP/1.1 200 OK\r\n" ETAG "x-amz-meta-casmand-id: 0\r\n\r\n", "");

		assert_int_equal(j.code, rows[i].code);
		if (j.code)
			assert_string_equal(j.e.text, "the tag id is not of its form: 0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_well_is_done),
		cmocka_unit_test(a_person_is_told_which_key_is_wrong),
		cmocka_unit_test(a_person_is_told_where_the_bucket_is),
		cmocka_unit_test(a_person_is_told_what_the_keys_may_not),
		cmocka_unit_test(an_object_that_is_there_is_not_overwritten),
		cmocka_unit_test(what_may_go_well_later_is_tried_later),
		cmocka_unit_test(only_s3_is_believed),
		cmocka_unit_test(nothing_is_learnt_from_a_portal),
		cmocka_unit_test(a_wrong_clock_is_told_and_can_be_corrected),
		cmocka_unit_test(a_clock_that_is_wrong_by_nobody_knows_how_much_is_told_too),
		cmocka_unit_test(a_wrong_secret_is_no_wrong_clock),
		cmocka_unit_test(the_clock_is_learnt_from_every_answer),
		cmocka_unit_test(the_store_is_left_alone_as_long_as_it_asks),
		cmocka_unit_test(damaged_tags_are_told_where_an_object_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
