/* config_aws.h - ~/.aws/credentials, as the AWS command line keeps it.
 *
 * Not by inih: a session token is longer than its lines, and a comment begins only at the begin of
 * a line here.  What else stands in that file is none of our business, and no mistake.
 */
#pragma once

struct config_aws {
	char *access_key_id, *secret_access_key, *session_token; /* "": not given */
};

/* The keys of [profile]. */
void config_aws_read(struct config_aws *a, const char *text, const char *profile);
void config_aws_free(struct config_aws *a); /* wipes them */
