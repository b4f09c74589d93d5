/* store_s3.h - the store of buckets: R2, AWS S3, and everything that speaks S3.
 *
 * Where versions ride is said in s3.h, when requests end in store.h.  Secrets are copied, never said
 * in any message, and wiped when the store is gone.
 */
#pragma once

#include "daemon/core/quota.h"
#include "daemon/core/s3bucket.h"
#include "daemon/core/sigv4.h"
#include "daemon/io/store.h"

struct store_s3_options { /* all is copied */
	struct s3bucket_options bucket;
	struct sigv4_keys keys;
	const char *ca_file;  /* "" or NULL: the system's */
	unsigned patience_ms; /* without progress, until a request ends with OFFLINE; 0: 30 s */
	/* NULL, or is told what each request has cost, when it ends and before anybody hears so. */
	void (*sent)(void *arg, const struct quota_sent *s);
	void *arg;
};

/* Does not touch the store itself: the first request does.  ERR_CONFIG for a bucket or keys that
 * cannot be.  PROBE names it "s3:<host of the endpoint>/<bucket>". */
enum err_code store_open_s3(struct store **out, struct uv_loop_s *loop,
	const struct store_s3_options *o, struct err *e) must_check;
