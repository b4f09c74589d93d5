#include "daemon/io/digest.h"

#include "common/scoped.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <unistd.h>

#define CHUNK (256UL * 1024) /* bytes of a file in memory at a time, however long it is */

/* SQLite's counters and marks, which a copy or a restore may leave different (its file format,
 * section 1.3): read and write version; change counter; schema cookie; version-valid-for with the
 * writer's version number. */
static const struct {
	size_t at, count;
} unsteady[] = {
	{18, 2},
	{24, 4},
	{40, 4},
	{92, 8},
};

static EVP_MD *sha256;
static EVP_MAC *hmac;

void digest_open(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	REQUIRE(sha256 && hmac);
}

void digest_close(void)
{
	EVP_MAC_free(hmac);
	EVP_MD_free(sha256);
	hmac = NULL;
	sha256 = NULL;
}

void digest_begin(struct digest *d)
{
	d->context = EVP_MD_CTX_new();
	REQUIRE(d->context && EVP_DigestInit_ex2(d->context, sha256, NULL) == 1);
}

void digest_add(struct digest *d, const void *bytes, size_t count)
{
	REQUIRE(EVP_DigestUpdate(d->context, bytes, count) == 1);
}

static void as_hex(char *to, const unsigned char *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}

void digest_end(struct digest *d, char text[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_SUM];

	REQUIRE(EVP_DigestFinal_ex(d->context, sum, NULL) == 1);
	EVP_MD_CTX_free(d->context);
	d->context = NULL;
	as_hex(text, sum, sizeof(sum));
}

/* Takes the unsteady bytes among those at `offset` of the file as zero. */
static void steady(char *bytes, uint64_t offset, size_t count)
{
	for (size_t i = 0; i < LENGTH(unsteady); i++)
		for (size_t k = 0; k < unsteady[i].count; k++) {
			uint64_t at = unsteady[i].at + k;

			if (at >= offset && at - offset < count)
				bytes[at - offset] = 0;
		}
}

static ssize_t read_at(int fd, void *bytes, uint64_t offset)
{
	ssize_t got;

	do
		got = pread(fd, bytes, CHUNK, (off_t)offset);
	while (got < 0 && errno == EINTR);
	return got;
}

enum err_code digest_file(int fd, uint64_t *size, char checksum[DIGEST_TEXT],
	char content[DIGEST_TEXT], struct err *e)
{
	scoped(heap) char *chunk = malloc(CHUNK);
	struct digest whole, steadied;
	char unwanted[DIGEST_TEXT];
	uint64_t offset = 0;
	ssize_t got;

	REQUIRE(chunk);
	digest_begin(&whole);
	digest_begin(&steadied);
	while ((got = read_at(fd, chunk, offset)) > 0) {
		digest_add(&whole, chunk, (size_t)got);
		if (content) {
			steady(chunk, offset, (size_t)got);
			digest_add(&steadied, chunk, (size_t)got);
		}
		offset += (uint64_t)got;
	}
	if (got < 0)
		err_sys(e, "read at byte %" PRIu64, offset);
	digest_end(&whole, checksum ? checksum : unwanted);
	digest_end(&steadied, content ? content : unwanted);
	if (got < 0)
		return e->code;
	if (size)
		*size = offset;
	return ERR_NONE;
}

void digest_sha256(const void *bytes, size_t count, unsigned char sum[DIGEST_SUM])
{
	REQUIRE(EVP_Digest(bytes, count, sum, NULL, sha256, NULL) == 1);
}

void digest_hmac(const void *key, size_t key_count, const void *bytes, size_t count,
	unsigned char sum[DIGEST_SUM])
{
	char name[] = "SHA256";
	const OSSL_PARAM with[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);

	REQUIRE(context && EVP_MAC_init(context, key, key_count, with) == 1);
	REQUIRE(EVP_MAC_update(context, bytes, count) == 1);
	REQUIRE(EVP_MAC_final(context, sum, NULL, DIGEST_SUM) == 1);
	EVP_MAC_CTX_free(context); /* which wipes the key */
}

/* The kernel's: OpenSSL's own generator, fed by it, would load 150 KB of ciphers. */
void digest_random(void *bytes, size_t count)
{
	REQUIRE(getentropy(bytes, count) == 0);
}

void digest_random_id(char id[33])
{
	unsigned char bytes[16];

	digest_random(bytes, sizeof(bytes));
	as_hex(id, bytes, sizeof(bytes));
}
