/* s3bucket.h - where a bucket is: endpoint, host, path, region.  Pure.
 *
 *     R2      https://<account>.r2.cloudflarestorage.com/<bucket>/<key>      region auto
 *     AWS     https://<bucket>.s3.<region>.amazonaws.com/<key>               region us-east-1
 *     others  <endpoint>/<bucket>/<key>                                      region us-east-1
 *
 * The bucket is in the path wherever an endpoint is given or its name is no host name (it has a
 * dot, which no certificate covers), unless `style` says otherwise.  HTTP without TLS only where
 * the endpoint says so.  A bucket at the end of the endpoint, as Cloudflare shows it, is dropped.
 */
#pragma once

#include "common/err.h"
#include "daemon/core/fields.h"

enum s3bucket_style { S3BUCKET_AUTO, S3BUCKET_IN_PATH, S3BUCKET_IN_HOST };

/* Texts as they are configured; "" and NULL are alike. */
struct s3bucket_options {
	bool is_r2;
	const char *account;  /* R2's account id; not needed where there is an endpoint */
	const char *endpoint; /* "[scheme]://host[:port][/path]" */
	const char *name;
	const char *region; /* "" or "auto": see above */
	enum s3bucket_style style;
};

struct s3bucket {
	char *name, *region;
	char *endpoint;     /* for people; without the bucket */
	const char *scheme; /* "https" or "http" */
	char *host;         /* for the Host header: with ":port" if that is not the scheme's */
	char *root; /* raw path of the bucket, without '/' at its end: "" if it is in the host */
};

/* ERR_CONFIG names the key that is wrong.  b is freed with s3bucket_close() in either case. */
enum err_code s3bucket_open(
	struct s3bucket *b, const struct s3bucket_options *options, struct err *e) must_check;
void s3bucket_close(struct s3bucket *b);

/* The path of an object, raw, as sigv4 wants it; "": the bucket's own.  The caller frees it. */
char *s3bucket_path(const struct s3bucket *b, const char *key);
/* The URL, encoded just as it is signed.  A key may have "." and ".." in it, so the HTTP library
 * has to leave the path alone (CURLOPT_PATH_AS_IS).  The caller frees it. */
char *s3bucket_url(const struct s3bucket *b, const char *path, const struct fields *queries);
