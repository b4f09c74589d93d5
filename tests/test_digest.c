#include "check.h"
#include "common/scoped.h"
#include "daemon/io/digest.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* FIPS 180-4's own examples. */
#define OF_NOTHING  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_2_BLOCKS "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"

static int file_of(const void *bytes, size_t count)
{
	int fd = memfd_create("digest", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), (ssize_t)count);
	return fd;
}

static void expect_hex(const unsigned char sum[DIGEST_SUM], const char *expected)
{
	char text[DIGEST_TEXT];

	for (size_t i = 0; i < DIGEST_SUM; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(text, expected);
}

static void sums_are_those_that_everybody_computes(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *sum;
	} rows[] = {
		{"",							 OF_NOTHING },
		{"abc",						      OF_ABC     },
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", OF_2_BLOCKS},
	};
	struct err e;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		char text[DIGEST_TEXT], checksum[DIGEST_TEXT];
		scoped(fd) int fd = file_of(rows[i].bytes, strlen(rows[i].bytes));
		unsigned char sum[DIGEST_SUM];
		struct digest d;
		uint64_t size;

		digest_sha256(rows[i].bytes, strlen(rows[i].bytes), sum);
		expect_hex(sum, rows[i].sum);
		digest_begin(&d);
		for (const char *c = rows[i].bytes; *c; c++)
			digest_add(&d, c, 1);
		digest_end(&d, text);
		assert_string_equal(text, rows[i].sum);
		assert_int_equal(digest_file(fd, &size, checksum, NULL, &e), ERR_NONE);
		assert_string_equal(checksum, rows[i].sum);
		assert_int_equal(size, strlen(rows[i].bytes));
	}
}

/* RFC 4231, section 4: test cases 1 to 4, 6 and 7 (5 cuts the sum).  NULL: it is `count` times the
 * same byte. */
static void keyed_sums_are_those_of_the_standard(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		const char *key;
		size_t key_count;
		unsigned char key_byte;
		const char *data;
		size_t data_count;
		unsigned char data_byte;
		const char *sum;
	} rows[] = {
		{NULL, 20, 0x0b, "Hi There", 8, 0,
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"Jefe", 4, 0, "what do ya want for nothing?", 28, 0,
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{NULL, 20, 0xaa, NULL, 50, 0xdd,
			"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31", 25, 0,
			NULL, 50, 0xcd,
			"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
		{NULL, 131, 0xaa, "Test Using Larger Than Block-Size Key - Hash Key First", 54, 0,
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{NULL, 131, 0xaa,
			"This is a test using a larger than block-size key and a larger than "
			"block-size data. The key needs to be hashed before being used by the "
			"HMAC algorithm.",
			152, 0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	};
	/* clang-format on */

	for (size_t i = 0; i < LENGTH(rows); i++) {
		unsigned char key[131], data[152], sum[DIGEST_SUM];

		memset(key, rows[i].key_byte, sizeof(key));
		memset(data, rows[i].data_byte, sizeof(data));
		if (rows[i].key)
			memcpy(key, rows[i].key, rows[i].key_count);
		if (rows[i].data)
			memcpy(data, rows[i].data, rows[i].data_count);
		digest_hmac(key, rows[i].key_count, data, rows[i].data_count, sum);
		expect_hex(sum, rows[i].sum);
	}
}

static void a_keyed_sum_may_go_where_the_key_is(void **state)
{
	(void)state;
	unsigned char key[DIGEST_SUM] = "key", sum[DIGEST_SUM];

	digest_hmac(key, sizeof(key), "data", 4, sum);
	digest_hmac(key, sizeof(key), "data", 4, key);
	assert_memory_equal(key, sum, sizeof(sum));
}

static bool is_unsteady(size_t at)
{
	return (at >= 18 && at <= 19) || (at >= 24 && at <= 27) || (at >= 40 && at <= 43) ||
		(at >= 92 && at <= 99);
}

/* Bit by bit: the content hash sees all but the counters, the checksum sees everything. */
static void the_content_hash_does_not_see_the_counters(void **state)
{
	(void)state;
	char bytes[130], checksum[DIGEST_TEXT], content[DIGEST_TEXT];
	char other_checksum[DIGEST_TEXT], other_content[DIGEST_TEXT];
	struct err e;

	memset(bytes, 0x55, sizeof(bytes));
	scoped(fd) int fd = file_of(bytes, sizeof(bytes));
	assert_int_equal(digest_file(fd, NULL, checksum, content, &e), ERR_NONE);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		char flipped = (char)(bytes[i] ^ 1);

		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
		assert_int_equal(
			digest_file(fd, NULL, other_checksum, other_content, &e), ERR_NONE);
		assert_string_not_equal(checksum, other_checksum);
		assert_int_equal(strcmp(content, other_content) == 0, is_unsteady(i));
		assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
	}
}

static void the_content_hash_is_the_sum_with_zeros_there(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 18, 19, 25, 42, 95, 99, 100, 101, 262144, 300000};
	struct err e;

	for (size_t i = 0; i < LENGTH(lengths); i++) {
		size_t length = lengths[i];
		scoped(heap) char *bytes = malloc(length + 1);
		char content[DIGEST_TEXT], expected[DIGEST_TEXT];
		uint64_t size;

		assert_non_null(bytes);
		memset(bytes, 0x77, length);
		scoped(fd) int fd = file_of(bytes, length);
		for (size_t at = 0; at < length && at < 100; at++)
			if (is_unsteady(at))
				bytes[at] = '\0';
		scoped(fd) int zeroed = file_of(bytes, length);
		assert_int_equal(digest_file(fd, &size, NULL, content, &e), ERR_NONE);
		assert_int_equal(digest_file(zeroed, NULL, expected, NULL, &e), ERR_NONE);
		assert_string_equal(content, expected);
		assert_int_equal(size, length);
	}
}

/* P12: as much memory for 64 MiB as for nothing. */
static void memory_does_not_grow_with_the_file(void **state)
{
	(void)state;
	scoped(fd) int fd = file_of("x", 1);
	char checksum[DIGEST_TEXT], content[DIGEST_TEXT];
	struct rusage before, after;
	struct err e;

	assert_int_equal(digest_file(fd, NULL, checksum, content, &e), ERR_NONE);
	assert_int_equal(ftruncate(fd, 64 << 20), 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_int_equal(digest_file(fd, NULL, checksum, content, &e), ERR_NONE);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 2048); /* KiB */
}

static void a_file_that_cannot_be_read_says_so(void **state)
{
	(void)state;
	scoped(fd) int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char checksum[DIGEST_TEXT], content[DIGEST_TEXT];
	struct err e;

	assert_int_equal(digest_file(folder, NULL, checksum, content, &e), ERR_IO);
	assert_string_equal(e.text, "read at byte 0: Is a directory");
}

static void ids_are_128_bits_and_differ(void **state)
{
	(void)state;
	char a[33], b[33];

	digest_random_id(a);
	digest_random_id(b);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_that_everybody_computes),
		cmocka_unit_test(keyed_sums_are_those_of_the_standard),
		cmocka_unit_test(a_keyed_sum_may_go_where_the_key_is),
		cmocka_unit_test(the_content_hash_does_not_see_the_counters),
		cmocka_unit_test(the_content_hash_is_the_sum_with_zeros_there),
		cmocka_unit_test(memory_does_not_grow_with_the_file),
		cmocka_unit_test(a_file_that_cannot_be_read_says_so),
		cmocka_unit_test(ids_are_128_bits_and_differ),
	};

	digest_open();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	digest_close();
	return failed;
}
