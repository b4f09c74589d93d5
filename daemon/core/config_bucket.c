#include "daemon/core/config_bucket.h"

#include "common/place.h"
#include "common/scoped.h"
#include "daemon/core/config_aws.h"
#include "daemon/core/config_expand.h"
#include "daemon/core/config_value.h"

#include <string.h>

#define AWS_FILE    "/.aws/credentials"
#define AWS_PROFILE "default"

static void set(char **to, const char *from)
{
	config_wipe(*to);
	*to = text_copy(from);
}

static void fill_text(char **to, const char *from)
{
	if (!**to)
		set(to, from);
}

/* --- credentials ---------------------------------------------------------- */

static bool is_complete(const struct config_bucket *b)
{
	return *b->access_key_id && *b->secret_access_key;
}

static void fill_keys(struct config_bucket *to, const struct config_aws *from)
{
	if (!*to->access_key_id && *from->access_key_id) {
		set(&to->access_key_id, from->access_key_id);
		set(&to->session_token, from->session_token);
	}
	fill_text(&to->secret_access_key, from->secret_access_key);
}

static char *variable_or(const struct config_world *world, const char *name, const char *otherwise)
{
	char *value = config_variable(world, name);

	return value ? value : text_copy(otherwise);
}

static void fill_from_variables(struct config_bucket *b, const struct config_world *world)
{
	struct config_aws keys = {
		variable_or(world, "AWS_ACCESS_KEY_ID", ""),
		variable_or(world, "AWS_SECRET_ACCESS_KEY", ""),
		variable_or(world, "AWS_SESSION_TOKEN", ""),
	};

	fill_keys(b, &keys);
	config_aws_free(&keys);
}

static char *aws_file(const struct config_world *world)
{
	scoped(heap) char *home = variable_or(world, "HOME", "");
	struct text path = {0};

	text_add(&path, "%s" AWS_FILE, home);
	char *file = variable_or(world, "AWS_SHARED_CREDENTIALS_FILE", *home ? path.at : "");
	text_free(&path);
	return file;
}

static void fill_from_file(
	struct config_bucket *b, const struct config_world *world, struct text *warnings)
{
	scoped(heap) char *path = aws_file(world);
	scoped(heap) char *profile = variable_or(world, "AWS_PROFILE", AWS_PROFILE);
	struct config_aws keys;
	struct err e = {0};

	if (path[0] != '/')
		return;
	char *text = world->contents(world->arg, path, &e);
	if (!text) {
		if (e.code != ERR_MISSING)
			text_add(warnings, "%s\n", e.text);
		return;
	}
	config_aws_read(&keys, text, profile);
	config_wipe(text);
	fill_keys(b, &keys);
	config_aws_free(&keys);
}

/* --- all of it -------------------------------------------------------------- */

static void fill_s3(struct config *c, const struct config_world *world, struct text *warnings)
{
	struct config_bucket *s3 = &c->s3, *r2 = &c->r2;

	fill_text(&s3->bucket_name, r2->bucket_name);
	fill_text(&s3->endpoint, r2->endpoint);
	fill_text(&s3->region, r2->region);
	fill_text(&s3->ca_file, r2->ca_file);
	fill_keys(s3,
		&(struct config_aws){r2->access_key_id, r2->secret_access_key, r2->session_token});
	if (!is_complete(s3))
		fill_from_file(s3, world, warnings);
}

void config_bucket_fill(struct config *c, const struct config_world *world, struct text *warnings)
{
	if (c->backend == BACKEND_S3)
		fill_s3(c, world, warnings);
	else if (c->backend == BACKEND_R2 && !is_complete(&c->r2))
		fill_from_variables(&c->r2, world);
}

const struct config_bucket *config_bucket(const struct config *c)
{
	switch (c->backend) {
	case BACKEND_R2: return &c->r2;
	case BACKEND_S3: return &c->s3;
	case BACKEND_DISABLED:
	case BACKEND_FILE:
	default: return NULL;
	}
}

/* --- what is missing --------------------------------------------------------- */

size_t config_lacks(const struct config *c, struct config_lack lacks[CONFIG_LACKS])
{
	const struct config_bucket *b = config_bucket(c);
	bool is_r2 = c->backend == BACKEND_R2;
	size_t count = 0;

	if (!b)
		return 0;
	if (is_r2 && !*b->endpoint && !*b->account_id)
		lacks[count++] = (struct config_lack){"account_id", "R2_ACCOUNT_ID"};
	if (!*b->access_key_id)
		lacks[count++] = (struct config_lack){
			"access_key_id", is_r2 ? "R2_ACCESS_KEY_ID" : "AWS_ACCESS_KEY_ID"};
	if (!*b->secret_access_key)
		lacks[count++] = (struct config_lack){"secret_access_key",
			is_r2 ? "R2_SECRET_ACCESS_KEY" : "AWS_SECRET_ACCESS_KEY"};
	return count;
}

enum err_code config_ready(const struct config *c, struct err *e)
{
	const char *backend = config_backend_name(c->backend);
	struct config_lack lacks[CONFIG_LACKS];
	size_t count = config_lacks(c, lacks);
	struct text keys = {0}, variables = {0};

	for (size_t i = 0; i < count; i++) {
		text_add(&keys, "%sno %s", i ? " and " : "", lacks[i].key);
		text_add(&variables, "%s%s", i ? ", " : "", lacks[i].variable);
	}
	if (count > 0)
		err_set(e, ERR_CONFIG,
			"there is %s for backend = %s. Mend: export %s and run casmand-setup, "
			"which writes what is exported into " PLACE_ENVIRONMENT
			"; or give the keys in [%s] of casmand.conf",
			keys.at, backend, variables.at, backend);
	text_free(&keys);
	text_free(&variables);
	return count > 0 ? ERR_CONFIG : ERR_NONE;
}
