/* s3_world.h - a bucket and a version for the tests of what is asked of S3. */
#pragma once

#include "check.h"
#include "daemon/core/s3.h"

#define DATABASE_KEY "backups/parts.db/20261120_143022_parts.db"
#define METADATA_KEY DATABASE_KEY ".metadata.json"
#define ID_1         "00112233445566778899aabbccddeeff"
#define ID_2         "ffeeddccbbaa99887766554433221100"
#define CONTENT      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static inline struct s3bucket bucket_at(const char *endpoint)
{
	const struct s3bucket_options options = {
		.endpoint = endpoint, .name = "casman", .region = "eu-west-1"};
	struct s3bucket b;
	struct err e;

	assert_int_equal(s3bucket_open(&b, &options, &e), ERR_NONE);
	return b;
}

/* The first version of a machine. */
static inline struct version first_version(void)
{
	struct version v = {.sequence = 1};

	memcpy(v.id, ID_1, sizeof(ID_1));
	memcpy(v.machine, ID_2, sizeof(ID_2));
	memcpy(v.host, "field-1", sizeof("field-1"));
	memcpy(v.content, CONTENT, sizeof(CONTENT));
	return v;
}

static inline void read_head(struct s3_head *h, const char *lines)
{
	s3_head_init(h);
	while (*lines) {
		size_t length = strcspn(lines, "\n") + 1;

		assert_true(s3_head_line(h, lines, length));
		lines += length;
	}
}
