/* http_curl.h - libcurl, loaded when it is first needed.
 *
 * It brings 30 libraries, which take 750 KiB of memory of each process that has them: too much for a
 * casmand whose store is a folder.
 *
 * Threads: the loop's.  For daemon/io/http*.c alone.
 */
#pragma once

#include "common/err.h"

/* Whoever calls a function of curl has called this.  ERR_CONFIG: there is no libcurl. */
enum err_code http_curl_load(struct err *e) must_check;
void http_curl_end(void); /* also if it was never loaded */
