/* denied.h - who may open casmand's socket, said as the command that lets one in. */
#pragma once

#include "common/err.h"

/* ERR_DENIED, in words: which file keeps this user out, and which group to join. */
enum err_code denied(const char *path, struct err *e);
