/* http_job.h - one call as curl sees it: what goes out, what came in.  For daemon/io/http*.c alone. */
#pragma once

#include "daemon/io/http.h"

#include <uv.h>

struct http_job {
	struct http_call *call;
	struct http *http;
	void *easy, *lines; /* curl's */
	uint64_t sent;      /* of the body */
	struct text body;   /* of the answer, as far as it is kept in memory */
	uint64_t received;
	bool too_large;
	int write_error; /* errno of the answer's file */
	char words[256]; /* curl's own of an error */
	uv_timer_t patience;
	uint64_t moved_at; /* uv_now(); 0: nothing moved yet */
	struct http_job *next, **link;
};

/* NULL: out of memory for curl's handle. */
struct http_job *http_job_new(struct http_call *c, const char *ca_file, unsigned patience_ms);
/* What came, pointing into the job. */
void http_job_answer(struct http_job *j, struct http_answer *a);
void http_job_free(struct http_job *j); /* after its timer was closed */

/* Bytes moved: the patience starts anew. */
void http_job_moved(struct http_job *j);
