/* config_bucket_key.h - a key of a bucket's section by the rules of those who will use it. */
#pragma once

#include "common/err.h"

/* CONFIG, without the key's name in front, if this value can be none; it may not be empty. */
enum err_code config_bucket_key(const char *key, const char *value, struct err *e) must_check;
