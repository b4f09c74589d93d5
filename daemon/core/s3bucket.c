#include "daemon/core/s3bucket.h"

#include "common/text.h"
#include "daemon/core/percent.h"
#include "daemon/core/sigv4.h"

#include <ctype.h>
#include <string.h>

#define LABEL      "abcdefghijklmnopqrstuvwxyz0123456789-"
#define CAPITALS   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_MOST  255 /* characters of a bucket's name: 63 today, more long ago */
#define LABEL_MOST 63  /* of an account, of a region, of a bucket that is in the host */
#define HOST_MOST  253
#define PORT_MOST  65535

static bool is_of(const char *text, const char *characters, size_t most)
{
	size_t length = strspn(text, characters);

	return length > 0 && length <= most && !text[length];
}

/* --- the endpoint --------------------------------------------------------- */

static const struct scheme {
	const char *name, *start;
	unsigned long port;
} schemes[] = {
	{"https", "https://", 443},
	{"http",  "http://",  80 },
};

struct endpoint {
	const struct scheme *scheme;
	struct text host; /* with the port, if that is not the scheme's */
	char *prefix;     /* raw path, without '/' at its end */
};

/* The take_ functions move *at behind what they took. */

static enum err_code take_scheme(struct endpoint *p, const char **at, struct err *e)
{
	for (size_t i = 0; i < LENGTH(schemes); i++) {
		size_t length = strlen(schemes[i].start);

		if (strncasecmp(*at, schemes[i].start, length) == 0) {
			p->scheme = &schemes[i];
			*at += length;
			return ERR_NONE;
		}
	}
	return err_set(e, ERR_CONFIG, "endpoint: begin it with https:// (or http://)");
}

/* Of a name, an IPv4 address, or an IPv6 address in its brackets; 0: it is none. */
static size_t host_length(const char *at)
{
	if (*at != '[')
		return strspn(at, LABEL CAPITALS "._");
	size_t inside = strspn(at + 1, "0123456789abcdefABCDEF:.");
	return inside > 0 && at[1 + inside] == ']' ? inside + 2 : 0;
}

static enum err_code take_host(struct endpoint *p, const char **at, struct err *e)
{
	size_t length = host_length(*at);

	if (length == 0 || length > HOST_MOST)
		return err_set(e, ERR_CONFIG, "endpoint: there is no host's name in it");
	for (; length > 0; length--, (*at)++)
		text_add(&p->host, "%c", tolower((unsigned char)**at));
	return ERR_NONE;
}

static enum err_code take_port(struct endpoint *p, const char **at, struct err *e)
{
	char *end;

	if (**at != ':')
		return ERR_NONE;
	unsigned long port = isdigit((unsigned char)(*at)[1]) ? strtoul(*at + 1, &end, 10) : 0;
	if (port == 0 || port > PORT_MOST)
		return err_set(e, ERR_CONFIG, "endpoint: behind ':' belongs a port, 1 to 65535");
	*at = end;
	if (port != p->scheme->port)
		text_add(&p->host, ":%lu", port);
	return ERR_NONE;
}

static enum err_code take_prefix(struct endpoint *p, const char *at, struct err *e)
{
	size_t length = strlen(at);

	if ((*at && *at != '/') || strpbrk(at, "?#"))
		return err_set(
			e, ERR_CONFIG, "endpoint: only https://HOST:PORT/PATH belongs in it");
	while (length > 0 && at[length - 1] == '/')
		length--;
	free(p->prefix);
	p->prefix = strndup(at, length);
	REQUIRE(p->prefix);
	if (!percent_decode(p->prefix, false) || !text_is_plain(p->prefix))
		return err_set(e, ERR_CONFIG, "endpoint: its path is not well encoded");
	return ERR_NONE;
}

static enum err_code read_endpoint(struct endpoint *p, const char *at, struct err *e)
{
	if (strchr(at, '@')) /* which is not repeated in the message */
		return err_set(e, ERR_CONFIG, "endpoint: no name or password belongs in it");
	if (take_scheme(p, &at, e) || take_host(p, &at, e) || take_port(p, &at, e))
		return e->code;
	return take_prefix(p, at, e);
}

/* --- the bucket ----------------------------------------------------------- */

static enum err_code check(const struct s3bucket_options *o, struct err *e)
{
	if (!is_of(o->name, LABEL CAPITALS "._", NAME_MOST) || o->name[0] == '.')
		return err_set(e, ERR_CONFIG, "bucket_name: no bucket can be called '%s'", o->name);
	if (*o->region && !is_of(o->region, LABEL CAPITALS "_", LABEL_MOST))
		return err_set(e, ERR_CONFIG, "region: no region is called '%s'", o->region);
	if (o->is_r2 && !*o->endpoint && !is_of(o->account, LABEL CAPITALS, LABEL_MOST))
		return err_set(e, ERR_CONFIG,
			"account_id: give Cloudflare's id of the account (32 letters and digits)");
	return ERR_NONE;
}

static const char *region_of(const struct s3bucket_options *o)
{
	if (*o->region && strcmp(o->region, "auto") != 0)
		return o->region;
	return o->is_r2 ? "auto" : "us-east-1";
}

static void default_endpoint(struct endpoint *p, const struct s3bucket_options *o)
{
	const char *region = region_of(o);

	if (o->is_r2)
		text_add(&p->host, "%s.r2.cloudflarestorage.com", o->account);
	else
		text_add(&p->host, "s3.%s.amazonaws.com%s", region,
			strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
}

static bool is_in_host(const struct s3bucket_options *o)
{
	if (o->style != S3BUCKET_AUTO)
		return o->style == S3BUCKET_IN_HOST;
	return !o->is_r2 && !*o->endpoint && is_of(o->name, LABEL, LABEL_MOST);
}

static void drop_name(char *prefix, const char *name)
{
	char *last = strrchr(prefix, '/');

	if (last && strcmp(last + 1, name) == 0)
		*last = '\0';
}

static void fill(struct s3bucket *b, struct endpoint *p, const struct s3bucket_options *o)
{
	struct text host = {0}, root = {0}, endpoint = {0};
	bool in_host = is_in_host(o);

	drop_name(p->prefix, o->name);
	text_add(&host, "%s%s%s", in_host ? o->name : "", in_host ? "." : "", p->host.at);
	text_add(&root, "%s%s%s", p->prefix, in_host ? "" : "/", in_host ? "" : o->name);
	text_add(&endpoint, "%s://%s", p->scheme->name, p->host.at);
	percent_encode(&endpoint, p->prefix, "/");
	b->name = text_copy(o->name);
	b->region = text_copy(region_of(o));
	b->scheme = p->scheme->name;
	b->host = text_take(&host);
	b->root = text_take(&root);
	b->endpoint = text_take(&endpoint);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

enum err_code s3bucket_open(
	struct s3bucket *b, const struct s3bucket_options *options, struct err *e)
{
	struct s3bucket_options o = *options;
	struct endpoint p = {.scheme = &schemes[0], .prefix = text_copy("")};

	*b = (struct s3bucket){0};
	o.account = or_empty(o.account);
	o.endpoint = or_empty(o.endpoint);
	o.name = or_empty(o.name);
	o.region = or_empty(o.region);
	enum err_code code = check(&o, e);
	if (!code && *o.endpoint)
		code = read_endpoint(&p, o.endpoint, e);
	else if (!code)
		default_endpoint(&p, &o);
	if (!code)
		fill(b, &p, &o);
	text_free(&p.host);
	free(p.prefix);
	return code;
}

void s3bucket_close(struct s3bucket *b)
{
	free(b->name);
	free(b->region);
	free(b->endpoint);
	free(b->host);
	free(b->root);
	*b = (struct s3bucket){0};
}

char *s3bucket_path(const struct s3bucket *b, const char *key)
{
	struct text path = {0};

	text_add(&path, "%s%s%s", b->root, *key || !*b->root ? "/" : "", key);
	return text_take(&path);
}

char *s3bucket_url(const struct s3bucket *b, const char *path, const struct fields *queries)
{
	struct text url = {0};

	text_add(&url, "%s://%s", b->scheme, b->host);
	sigv4_path(&url, path);
	if (queries && queries->count > 0) {
		text_add(&url, "?");
		sigv4_query(&url, queries);
	}
	return text_take(&url);
}
