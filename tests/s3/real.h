/* real.h - the S3 server that a test is run against, as the environment tells:
 *
 *     CASMAND_S3_ENDPOINT  CASMAND_S3_BUCKET  CASMAND_S3_REGION
 *     CASMAND_S3_ACCESS    CASMAND_S3_SECRET
 *     CASMAND_S3_CA        a file; "": the system's
 *
 * tests/system/test_s3_store.py starts servers and says where they are.
 */
#pragma once

#include "daemon/io/store_s3.h"

#include <stdio.h>
#include <stdlib.h>

static inline const char *real_setting(const char *name)
{
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): nobody sets it */

	if (!value) {
		(void)fprintf(stderr, "%s is not set: see tests/system/test_s3_store.py\n", name);
		exit(2); /* NOLINT(concurrency-mt-unsafe) */
	}
	return value;
}

static inline struct store_s3_options real_options(void)
{
	return (struct store_s3_options){
		.bucket = {.endpoint = real_setting("CASMAND_S3_ENDPOINT"),
			   .name = real_setting("CASMAND_S3_BUCKET"),
			   .region = real_setting("CASMAND_S3_REGION")},
		.keys = {.access_key = real_setting("CASMAND_S3_ACCESS"),
			   .secret = real_setting("CASMAND_S3_SECRET")},
		.ca_file = real_setting("CASMAND_S3_CA"),
	};
}
