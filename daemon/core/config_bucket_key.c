#include "daemon/core/config_bucket_key.h"

#include "daemon/core/s3bucket.h"
#include "daemon/core/sigv4.h"

#include <string.h>

/* Their words begin with the key's name, which whoever complains says better. */
static enum err_code without_name(struct err *e, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(e->text, key, length) == 0 && strncmp(e->text + length, ": ", 2) == 0)
		memmove(e->text, e->text + length + 2, strlen(e->text + length + 2) + 1);
	return e->code;
}

/* One wrong key among right ones is the one that is told of. */
enum err_code config_bucket_key(const char *key, const char *value, struct err *e)
{
	struct s3bucket_options o = {.is_r2 = true, .account = "a", .name = "b"};
	struct sigv4_keys keys = {.access_key = "a", .secret = "s"};
	const struct {
		const char *key, **takes;
	} places[] = {
		{"account_id",        &o.account      },
		{"bucket_name",       &o.name         },
		{"endpoint",          &o.endpoint     },
		{"region",            &o.region       },
		{"access_key_id",     &keys.access_key},
		{"secret_access_key", &keys.secret    },
		{"session_token",     &keys.token     },
	};
	struct s3bucket bucket;

	for (size_t i = 0; i < LENGTH(places); i++)
		if (strcmp(places[i].key, key) == 0)
			*places[i].takes = value;
	enum err_code code = s3bucket_open(&bucket, &o, e);
	s3bucket_close(&bucket);
	return code || sigv4_check(&keys, e) ? without_name(e, key) : ERR_NONE;
}
