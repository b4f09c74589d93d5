/* digest.h - SHA-256, HMAC and randomness, and the only module that knows OpenSSL.
 *
 * Threads: any, each with its own struct.  digest_open() in main before the first thread.
 */
#pragma once

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define DIGEST_TEXT 65 /* 64 hex digits in lower case, and the NUL */
#define DIGEST_SUM  32 /* bytes of SHA-256 */

struct digest {
	void *context;
};

/* Loads the algorithms, so that no pool thread does; ends the process if they are not there. */
void digest_open(void);
void digest_close(void);

void digest_begin(struct digest *d);
void digest_add(struct digest *d, const void *bytes, size_t count);
void digest_end(
	struct digest *d, char text[DIGEST_TEXT]); /* d is empty again; also after half a job */

/* SHA-256 of the file from its beginning (checksum) and the content hash (the same with the header
 * bytes 18-19, 24-27, 40-43 and 92-99 taken as zero), in one pass and in memory that does not grow
 * with the file; size and either sum may be NULL.  The offset of fd is not used.  What is set on
 * failure means nothing. */
enum err_code digest_file(int fd, uint64_t *size, char checksum[DIGEST_TEXT],
	char content[DIGEST_TEXT], struct err *e) must_check;

/* Of bytes in memory, as bytes; the sum may be where the key is. */
void digest_sha256(const void *bytes, size_t count, unsigned char sum[DIGEST_SUM]);
void digest_hmac(const void *key, size_t key_count, const void *bytes, size_t count,
	unsigned char sum[DIGEST_SUM]); /* HMAC-SHA-256 (RFC 2104) */

void digest_random(void *bytes, size_t count); /* at most 256 */
void digest_random_id(char id[33]);            /* 128 bits as hex */
