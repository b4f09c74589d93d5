#include "daemon/core/sigv4.h"

#include "common/scoped.h"
#include "common/stamp.h"
#include "daemon/core/percent.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE   "s3"
#define ENDING    "aws4_request"
#define DATE_ROOM sizeof("20130524T000000Z")
#define DAY       8 /* digits of it that are the day */

static void date_of(char to[DATE_ROOM], int64_t moment)
{
	char stamp[STAMP_TEXT];

	stamp_key(stamp, moment);
	(void)snprintf(to, DATE_ROOM, "%.8sT%.6sZ", stamp, stamp + DAY + 1);
}

static void add_hex(struct text *to, const unsigned char sum[SIGV4_SUM])
{
	for (size_t i = 0; i < SIGV4_SUM; i++)
		text_add(to, "%02x", sum[i]);
}

/* --- the canonical request --------------------------------------------- */

static int by_name_and_value(const void *a, const void *b)
{
	const struct field *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	return order ? order : strcmp(one->value, other->value);
}

static void sort(struct fields *f)
{
	if (f->count > 0)
		qsort(f->at, f->count, sizeof(f->at[0]), by_name_and_value);
}

void sigv4_path(struct text *to, const char *path)
{
	percent_encode(to, path, "/");
}

static char *encoded(const char *bytes)
{
	struct text t = {0};

	percent_encode(&t, bytes, "");
	return text_take(&t);
}

/* The order is that of the encoded bytes. */
void sigv4_query(struct text *to, const struct fields *queries)
{
	struct fields sorted = {0};

	for (size_t i = 0; queries && i < queries->count; i++) {
		scoped(heap) char *name = encoded(queries->at[i].name);
		scoped(heap) char *value = encoded(queries->at[i].value);

		fields_add(&sorted, name, "%s", value);
	}
	sort(&sorted);
	for (size_t i = 0; i < sorted.count; i++)
		text_add(to, "%s%s=%s", i ? "&" : "", sorted.at[i].name, sorted.at[i].value);
	fields_free(&sorted);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* No blanks at the ends, and one between words.  A line end would begin another header: those are
 * kept out where values come in. */
static void trim(char *value)
{
	char *to = value;

	for (const char *from = value; *from; from++) {
		REQUIRE(is_blank(*from) || !iscntrl((unsigned char)*from));
		if (!is_blank(*from))
			*to++ = *from;
		else if (to > value && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > value && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void lower(char *name)
{
	for (; *name; name++)
		*name = (char)tolower((unsigned char)*name);
}

/* In the order of their names alone: in that of whole lines "a-b:" would come before "a:". */
static struct fields canonical_headers(const struct fields *headers)
{
	struct fields sorted = {0};

	for (size_t i = 0; i < headers->count; i++) {
		const struct field *header = &headers->at[i];

		if (strcasecmp(header->name, "authorization") == 0)
			continue;
		fields_add(&sorted, header->name, "%s", header->value);
		lower(sorted.at[sorted.count - 1].name);
		trim(sorted.at[sorted.count - 1].value);
	}
	sort(&sorted);
	for (size_t i = 1; i < sorted.count; i++)
		REQUIRE(strcmp(sorted.at[i - 1].name, sorted.at[i].name) != 0);
	REQUIRE(fields_get(&sorted, "host"));
	return sorted;
}

static void add_names(struct text *to, const struct fields *sorted)
{
	for (size_t i = 0; i < sorted->count; i++)
		text_add(to, "%s%s", i ? ";" : "", sorted->at[i].name);
}

void sigv4_canonical(const struct sigv4 *what, const struct fields *headers, struct text *to)
{
	struct fields sorted = canonical_headers(headers);

	text_add(to, "%s\n", what->method);
	sigv4_path(to, what->path);
	text_add(to, "\n");
	sigv4_query(to, what->queries);
	text_add(to, "\n");
	for (size_t i = 0; i < sorted.count; i++)
		text_add(to, "%s:%s\n", sorted.at[i].name, sorted.at[i].value);
	text_add(to, "\n");
	add_names(to, &sorted);
	text_add(to, "\n%s", what->payload);
	fields_free(&sorted);
}

/* --- the signature ------------------------------------------------------ */

static void add_scope(struct text *to, const struct sigv4 *what)
{
	char date[DATE_ROOM];

	date_of(date, what->moment);
	text_add(to, "%.*s/%s/" SERVICE "/" ENDING, DAY, date, what->region);
}

void sigv4_string(const struct sigv4 *what, const struct fields *headers,
	const struct sigv4_hashes *hashes, struct text *to)
{
	unsigned char sum[SIGV4_SUM];
	struct text canonical = {0};
	char date[DATE_ROOM];

	sigv4_canonical(what, headers, &canonical);
	hashes->sha256(canonical.at, canonical.length, sum);
	explicit_bzero(canonical.at, canonical.length); /* the token is in it */
	text_free(&canonical);
	date_of(date, what->moment);
	text_add(to, ALGORITHM "\n%s\n", date);
	add_scope(to, what);
	text_add(to, "\n");
	add_hex(to, sum);
}

/* HMAC by HMAC: the secret makes the day's key, that the region's, and so on. */
static void derive(unsigned char key[SIGV4_SUM], const struct sigv4 *what, const char *secret,
	const struct sigv4_hashes *hashes)
{
	static const char prefix[] = "AWS4";
	size_t length = sizeof(prefix) - 1 + strlen(secret);
	char *first = text_room(1, length + 1);
	char date[DATE_ROOM];
	const char *const steps[] = {what->region, SERVICE, ENDING};

	date_of(date, what->moment);
	(void)snprintf(first, length + 1, "%s%s", prefix, secret);
	hashes->hmac(first, length, date, DAY, key);
	for (size_t i = 0; i < LENGTH(steps); i++)
		hashes->hmac(key, SIGV4_SUM, steps[i], strlen(steps[i]), key);
	explicit_bzero(first, length);
	free(first);
}

static void add_signature(struct text *to, const struct sigv4 *what, const struct fields *headers,
	const struct sigv4_keys *keys, const struct sigv4_hashes *hashes)
{
	unsigned char key[SIGV4_SUM], signature[SIGV4_SUM];
	struct text string = {0};

	sigv4_string(what, headers, hashes, &string);
	derive(key, what, keys->secret, hashes);
	hashes->hmac(key, sizeof(key), string.at, string.length, signature);
	explicit_bzero(key, sizeof(key));
	add_hex(to, signature);
	text_free(&string);
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

enum err_code sigv4_check(const struct sigv4_keys *keys, struct err *e)
{
	if (!keys->access_key || !*keys->access_key)
		return err_set(e, ERR_CONFIG, "access_key_id is missing");
	if (!keys->secret || !*keys->secret)
		return err_set(e, ERR_CONFIG, "secret_access_key is missing");
	if (!is_visible(keys->access_key) || strpbrk(keys->access_key, "/,"))
		return err_set(e, ERR_CONFIG, "access_key_id: no key has such characters in it");
	if (keys->token && !is_visible(keys->token))
		return err_set(e, ERR_CONFIG, "session_token: no token has such characters in it");
	return ERR_NONE;
}

void sigv4_sign(const struct sigv4 *what, struct fields *headers, const struct sigv4_keys *keys,
	const struct sigv4_hashes *hashes)
{
	struct text credential = {0};
	struct fields sorted;
	char date[DATE_ROOM];

	date_of(date, what->moment);
	fields_add(headers, "x-amz-content-sha256", "%s", what->payload);
	fields_add(headers, "x-amz-date", "%s", date);
	if (keys->token && keys->token[0])
		fields_add(headers, "x-amz-security-token", "%s", keys->token);

	text_add(&credential, ALGORITHM " Credential=%s/", keys->access_key);
	add_scope(&credential, what);
	text_add(&credential, ", SignedHeaders=");
	sorted = canonical_headers(headers);
	add_names(&credential, &sorted);
	fields_free(&sorted);
	text_add(&credential, ", Signature=");
	add_signature(&credential, what, headers, keys, hashes);
	fields_add(headers, "authorization", "%s", credential.at);
	text_free(&credential);
}
