/* sigv4.h - AWS Signature Version 4 in the form of headers, as S3 wants it.  Pure.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 *
 * Every header that is given is signed, each name once.  Give those that are sent as they are: host
 * (it must be there), x-amz-*, content-type, if-none-match; not those that the HTTP library writes
 * by itself (content-length).
 *
 * Secrets: the secret key and what is derived from it are wiped before sigv4_sign() returns.  The
 * session token is a header like others, and so in the canonical request too: keep that from logs.
 */
#pragma once

#include "common/err.h"
#include "common/text.h"
#include "daemon/core/fields.h"

#include <stdint.h>

#define SIGV4_SUM 32 /* bytes of SHA-256 */

/* How to hash: io/digest has both.  A sum may go where the key is. */
struct sigv4_hashes {
	void (*sha256)(const void *bytes, size_t count, unsigned char sum[SIGV4_SUM]);
	void (*hmac)(const void *key, size_t key_count, const void *bytes, size_t count,
		unsigned char sum[SIGV4_SUM]);
};

struct sigv4_keys {
	const char *access_key, *secret;
	const char *token; /* of the session; "" or NULL: none */
};

/* ERR_CONFIG names the key that cannot be one, and does not repeat it.  To be asked once, where
 * keys come in: a line end in a token that is signed ends the process. */
enum err_code sigv4_check(const struct sigv4_keys *keys, struct err *e) must_check;

/* What is signed, besides the headers. */
struct sigv4 {
	const char *method;
	const char *path;             /* raw bytes from '/' on: nothing of it is encoded yet */
	const struct fields *queries; /* raw, in any order; may be NULL */
	const char *payload;          /* SHA-256 of the body in hex; it becomes a header */
	const char *region;
	int64_t moment; /* microseconds since 1970, by the store's clock */
};

/* Adds x-amz-content-sha256, x-amz-date, x-amz-security-token (if there is a token), and
 * authorization. */
void sigv4_sign(const struct sigv4 *what, struct fields *headers, const struct sigv4_keys *keys,
	const struct sigv4_hashes *hashes);

/* How path and query are signed, and therefore sent. */
void sigv4_path(struct text *to, const char *path);
void sigv4_query(struct text *to, const struct fields *queries);

/* What was signed: of headers as sigv4_sign() left them; for tests, and to find out why a store
 * computes another signature. */
void sigv4_canonical(const struct sigv4 *what, const struct fields *headers, struct text *to);
void sigv4_string(const struct sigv4 *what, const struct fields *headers,
	const struct sigv4_hashes *hashes, struct text *to);
