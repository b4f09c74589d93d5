#include "common/text.h"
#include "daemon/core/objkey.h"
#include "daemon/core/percent.h"
#include "daemon/core/s3.h"

#include <inttypes.h>
#include <string.h>

#define EMPTY_BODY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* SHA-256 */
#define PAGE       1000 /* entries: what S3 gives at most */

/* S3's lifecycle rules may have moved an object; PUT and COPY say where it belongs. */
static void stay_in_standard(struct s3_request *r)
{
	fields_add(&r->headers, "x-amz-storage-class", "STANDARD");
}

static const char *type_of(const char *key)
{
	return objkey_read(key, NULL, NULL) == OBJKEY_IS_METADATA ? "application/json"
								  : "application/vnd.sqlite3";
}

/* Tags without a value are not sent: some HTTP libraries and stores drop empty headers, and an
 * absent list is an empty one. */
static void add_tags(struct s3_request *r, const struct version *v)
{
	struct version_tag tags[VERSION_TAGS];

	version_tags(v, tags);
	for (size_t i = 0; i < VERSION_TAGS; i++) {
		struct text name = {0};

		if (!tags[i].value[0])
			continue;
		text_add(&name, S3_TAG_PREFIX "%s", tags[i].name);
		fields_add(&r->headers, name.at, "%s", tags[i].value);
		text_free(&name);
	}
}

static void make_put(struct s3_request *r, const struct s3_ask *ask)
{
	r->length = ask->put.length;
	REQUIRE(text_fit(r->payload, sizeof(r->payload), ask->put.checksum));
	fields_add(&r->headers, "content-type", "%s", type_of(ask->key));
	if (!ask->put.blindly)
		fields_add(&r->headers, "if-none-match", "*");
	stay_in_standard(r);
	add_tags(r, ask->put.version);
}

static void make_copy(struct s3_request *r, const struct s3bucket *b, const struct s3_ask *ask)
{
	struct text source = {0};

	text_add(&source, "/%s/", b->name);
	percent_encode(&source, ask->key, "/");
	fields_add(&r->headers, "x-amz-copy-source", "%s", source.at);
	text_free(&source);
	if (ask->copy.etag && *ask->copy.etag)
		fields_add(&r->headers, "x-amz-copy-source-if-match", "%s", ask->copy.etag);
	fields_add(&r->headers, "x-amz-metadata-directive", "COPY");
	stay_in_standard(r);
}

static void make_list(struct s3_request *r, const struct s3_ask *ask)
{
	fields_add(&r->queries, "list-type", "2");
	fields_add(&r->queries, "encoding-type", "url");
	fields_add(&r->queries, "prefix", "%s", ask->key);
	fields_add(&r->queries, "max-keys", "%u", ask->list.most ? ask->list.most : PAGE);
	if (ask->list.cursor && *ask->list.cursor)
		fields_add(&r->queries, "continuation-token", "%s", ask->list.cursor);
	if (ask->list.after && *ask->list.after)
		fields_add(&r->queries, "start-after", "%s", ask->list.after);
}

void s3_request_make(struct s3_request *r, const struct s3bucket *bucket, const struct s3_ask *ask)
{
	static const char *const methods[] = {
		[S3_PUT] = "PUT",
		[S3_HEAD] = "HEAD",
		[S3_GET] = "GET",
		[S3_LIST] = "GET",
		[S3_COPY] = "PUT",
		[S3_DELETE] = "DELETE",
	};

	*r = (struct s3_request){.method = methods[ask->verb], .payload = EMPTY_BODY};
	r->has_body = ask->verb == S3_PUT || ask->verb == S3_COPY;
	r->path = s3bucket_path(bucket, ask->verb == S3_LIST ? "" : ask->key);
	fields_add(&r->headers, "host", "%s", bucket->host);
	if (ask->verb == S3_PUT)
		make_put(r, ask);
	else if (ask->verb == S3_COPY)
		make_copy(r, bucket, ask);
	else if (ask->verb == S3_LIST)
		make_list(r, ask);
	r->url = s3bucket_url(bucket, r->path, &r->queries);
}

void s3_request_sign(struct s3_request *r, const struct s3bucket *bucket, int64_t moment,
	const struct sigv4_keys *keys, const struct sigv4_hashes *hashes)
{
	const struct sigv4 what = {
		.method = r->method,
		.path = r->path,
		.queries = &r->queries,
		.payload = r->payload,
		.region = bucket->region,
		.moment = moment,
	};

	sigv4_sign(&what, &r->headers, keys, hashes);
}

void s3_request_free(struct s3_request *r)
{
	free(r->path);
	free(r->url);
	fields_free(&r->queries);
	fields_free(&r->headers);
	*r = (struct s3_request){0};
}
