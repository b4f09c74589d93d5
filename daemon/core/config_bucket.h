/* config_bucket.h - what [r2] and [s3] leave open, from elsewhere.
 *
 * A text that is not given in [s3] is that of [r2].  Credentials come from the first place that has
 * them: for s3 [s3], [r2], ~/.aws/credentials; for r2 [r2], and AWS's variables.  A session token
 * belongs to its key, so it is taken only from the place where the access_key_id is.
 */
#pragma once

#include "daemon/core/config.h"

/* c without mistakes; what is odd is added to `warnings`. */
void config_bucket_fill(struct config *c, const struct config_world *world, struct text *warnings);
