#include "daemon/core/s3_rules.h"

#include "common/stamp.h"
#include "daemon/core/httpdate.h"

#include <string.h>

#define SKEW_MOST (900 * STAMP_SECOND) /* S3 refuses requests that are older, or newer */

/* --- what is in an answer -------------------------------------------------- */

const char *s3_code(const struct s3_answer *a)
{
	return a->said && a->said->root == S3SAID_ERROR ? a->said->error.code : "";
}

unsigned s3_status(const struct s3_answer *a)
{
	bool is_error = a->said && a->said->root == S3SAID_ERROR;

	return is_error && a->head->status / 100 == 2 ? 500 : a->head->status;
}

const char *s3_region(const struct s3_answer *a)
{
	return a->said && a->said->error.region[0] ? a->said->error.region : a->head->region;
}

int64_t s3_skew(const struct s3_answer *a)
{
	int64_t date;

	if (!httpdate_parse(a->head->date, a->now, &date))
		date = a->said ? a->said->error.server_time : STAMP_NONE;
	return date == STAMP_NONE ? STAMP_NONE : a->now - date;
}

/* No object of ours is HTML.  Swift calls its empty bodies so. */
bool s3_is_page(const struct s3_answer *a)
{
	bool is_empty = a->head->has_length && a->head->length == 0;

	return a->head->is_html && !is_empty && a->head->status != 204;
}

static bool is_elsewhere(const struct s3_answer *a)
{
	const char *region = s3_region(a);

	return region[0] && strcmp(region, a->bucket->region) != 0;
}

static bool is_skewed(const struct s3_answer *a)
{
	int64_t skew = s3_skew(a);

	return skew != STAMP_NONE && (skew > SKEW_MOST || skew < -SKEW_MOST);
}

/* R2: "Credential access key has length 20, should be 32" */
static bool is_about_key(const struct s3_answer *a)
{
	return strstr(a->said->error.message, "access key");
}

static bool is_about_token(const struct s3_answer *a)
{
	return strcasestr(a->said->error.message, "security-token");
}

/* Ceph and AWS: an object that is in Standard already cannot be copied there. */
static bool is_about_no_change(const struct s3_answer *a)
{
	return strstr(a->said->error.message, "without changing");
}

/* --- the table ------------------------------------------------------------- */

#define ON(verb) (1U << (verb))

/* clang-format off */
static const struct s3_rule rules[] = {
	/* the object */
	{"NoSuchKey NoSuchVersion", .verbs = ON(S3_DELETE), .is = ERR_NONE},
	{"NoSuchKey NoSuchVersion", .verbs = ON(S3_HEAD) | ON(S3_GET) | ON(S3_COPY),
		.is = ERR_MISSING, .words = "there is no such object"},
	{"PreconditionFailed", .verbs = ON(S3_PUT), .is = ERR_EXISTS,
		.words = "there is an object already"},
	{"PreconditionFailed", .verbs = ON(S3_COPY), .is = ERR_MISSING,
		.words = "the object is not the one any more that was listed"},
	{"InvalidRequest", .verbs = ON(S3_COPY), .when = is_about_no_change, .is = ERR_NONE},
	{"ConditionalRequestConflict OperationAborted", .is = ERR_OFFLINE,
		.words = "the store is busy with another request for the same object"},
	{"NotImplemented", .verbs = ON(S3_PUT), .is = ERR_REFUSED, .hint = S3_HINT_ASK_FIRST,
		.words = "the store cannot put an object only where there is none"},
	{"InvalidObjectState", .is = ERR_REFUSED,
		.words = "the object lies in an archive: have the store bring it back first"},
	{"BadDigest XAmzContentSHA256Mismatch", .is = ERR_OFFLINE, .hint = S3_HINT_BODY,
		.words = "other bytes arrived than were sent"},
	{"EntityTooLarge", .is = ERR_REFUSED,
		.words = "the database is larger than the store takes in one piece"},

	/* whose request it is */
	{"InvalidAccessKeyId Unauthorized InvalidSecurity", .is = ERR_REFUSED,
		.words = "the store does not know the access key: check access_key_id"},
	{"InvalidArgument", .when = is_about_key, .is = ERR_REFUSED,
		.words = "the store does not know the access key: check access_key_id ({message})"},
	{"SignatureDoesNotMatch", .is = ERR_REFUSED,
		.words = "the secret does not belong to the access key: check access_key_id and "
			"secret_access_key"},
	{"ExpiredToken TokenRefreshRequired", .is = ERR_REFUSED,
		.words = "the session token has expired: get new credentials"},
	{"InvalidArgument", .when = is_about_token, .is = ERR_REFUSED,
		.words = "the store does not take the session token: check session_token"},
	{"InvalidToken", .is = ERR_REFUSED,
		.words = "the session token does not belong to the access key: check "
			"session_token"},
	{"RequestTimeTooSkewed RequestExpired ExpiredRequest", .is = ERR_OFFLINE,
		.hint = S3_HINT_CLOCK, .words = "{clock}: set it (timedatectl)"},

	/* where the bucket is */
	{"NoSuchBucket InvalidBucketName", .is = ERR_REFUSED,
		.words = "there is no bucket {bucket} at {endpoint}: check bucket_name and "
			"endpoint"},
	{"PermanentRedirect TemporaryRedirect AuthorizationHeaderMalformed InvalidRegion "
		"InvalidRegionName IllegalLocationConstraintException", .when = is_elsewhere,
		.is = ERR_REFUSED,
		.words = "the bucket {bucket} is in another region: set region = {region}"},
	{"PermanentRedirect TemporaryRedirect", .is = ERR_REFUSED,
		.words = "the bucket {bucket} is reached elsewhere: check region and endpoint "
			"({message})"},
	{"AuthorizationHeaderMalformed", .is = ERR_REFUSED,
		.words = "the store does not understand our signature: check region and "
			"access_key_id "
			"({message})"},
	{"InvalidRegion InvalidRegionName IllegalLocationConstraintException", .is = ERR_REFUSED,
		.words = "the store has no such region: check region ({message})"},

	/* what may be done there */
	{"ObjectLockedByBucketPolicy", .is = ERR_DENIED,
		.words = "a lock rule of the bucket {bucket} keeps the object: it goes when that "
			"ends"},
	{"AccessDenied", .verbs = ON(S3_DELETE), .is = ERR_DENIED,
		.words = "these keys may not delete in the bucket {bucket}: allow it, or old "
			"versions stay"},
	{"AccessDenied", .is = ERR_REFUSED,
		.words = "these keys may not {do} in the bucket {bucket}: allow it "
			"(R2: Object Read & Write)"},
	{"QuotaExceeded XMinioStorageFull XMinioAdminBucketQuotaExceeded", .is = ERR_FULL,
		.words = "the store is full or its quota used up: raise it, or keep fewer "
			"versions"},

	/* later */
	{"SlowDown TooManyRequests Throttling ThrottlingException RequestLimitExceeded",
		.is = ERR_OFFLINE, .words = "the store asks to slow down"},
	{"RequestTimeout IncompleteBody", .is = ERR_OFFLINE,
		.words = "the connection is too slow, or was cut"},

	/* no code was said, or one that is not above */
	{"", 511, 511, .is = ERR_OFFLINE, .not_s3 = true,
		.words = "this network wants a login before it lets anybody through"},
	{NULL, 429, 429, .is = ERR_OFFLINE, .words = "the store asks to slow down"},
	{NULL, 501, 501, .verbs = ON(S3_PUT), .is = ERR_REFUSED, .hint = S3_HINT_ASK_FIRST,
		.words = "the store cannot put an object only where there is none"},
	{NULL, 507, 507, .is = ERR_FULL,
		.words = "the store is full or its quota used up: raise it, or keep fewer "
			"versions"},
	{NULL, 500, 599, .is = ERR_OFFLINE, .words = "the store is out of order: {message}"},
	{"", 300, 403, .when = is_elsewhere, .is = ERR_REFUSED,
		.words = "the bucket {bucket} is in another region: set region = {region}"},
	{"", .when = s3_is_page, .is = ERR_OFFLINE, .not_s3 = true,
		.words = "a web page answered, not S3: does this network want a login, "
			"or is {endpoint} wrong?"},
	{"", 300, 399, .is = ERR_OFFLINE, .not_s3 = true,
		.words = "somebody answered who sends us elsewhere, not S3: does this network "
			"want a login, or is {endpoint} wrong?"},
	{"", 403, 403, .when = is_skewed, .is = ERR_OFFLINE, .hint = S3_HINT_CLOCK,
		.words = "{clock}: set it (timedatectl)"},
	{"", 404, 404, .verbs = ON(S3_HEAD), .is = ERR_MISSING, .words = "there is no such object"},
	{"", 407, 407, .is = ERR_REFUSED, .not_s3 = true,
		.words = "the proxy wants a name and a password: see https_proxy in the service's "
			"environment"},
	{NULL, 408, 408, .is = ERR_OFFLINE, .words = "the connection is too slow, or was cut"},
	{NULL, 409, 409, .is = ERR_OFFLINE,
		.words = "the store is busy with another request for the same object"},
	{"", 412, 412, .verbs = ON(S3_PUT), .is = ERR_EXISTS, .words = "there is an object "
			"already"},
	{"", 412, 412, .verbs = ON(S3_COPY), .is = ERR_MISSING,
		.words = "the object is not the one any more that was listed"},
	{"", 413, 413, .is = ERR_REFUSED,
		.words = "the database is larger than the store, or a proxy, takes in one piece"},
	{"", 400, 499, .verbs = ON(S3_HEAD), .is = ERR_REFUSED,
		.words = "the store refuses, and cannot tell why: check the keys, the region, and "
			"what the keys may do in the bucket {bucket}"},
	{"", .is = ERR_OFFLINE, .not_s3 = true,
		.words = "no S3 answered at {endpoint}: check endpoint ({message})"},
	{NULL, .is = ERR_REFUSED, .words = "the store refuses: {message}"},
};
/* clang-format on */

/* Is `code` one of `codes`, which have a blank between them? */
static bool is_one_of(const char *codes, const char *code)
{
	size_t length = strlen(code);

	for (const char *at = codes; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, code, length) == 0)
			return true;
		at += word;
	}
	return !*codes && !*code;
}

static bool fits(const struct s3_rule *r, const struct s3_answer *a)
{
	unsigned status = s3_status(a);

	return (!r->codes || is_one_of(r->codes, s3_code(a))) &&
		(r->most == 0 || (status >= r->least && status <= r->most)) &&
		(r->verbs == 0 || (r->verbs & ON(a->verb))) && (!r->when || r->when(a));
}

const struct s3_rule *s3_rule_of(const struct s3_answer *a)
{
	const struct s3_rule *r = rules;

	while (!fits(r, a))
		r++; /* the last one fits all */
	return r;
}
