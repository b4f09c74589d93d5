/* store_s3_job.h - inside the S3 store: one signed request, and one request of store.h, which may
 * take several.  For daemon/io/store_s3*.c alone.
 */
#pragma once

#include "daemon/core/quota.h"
#include "daemon/io/digest.h"
#include "daemon/io/http.h"
#include "daemon/io/store_maker.h"
#include "daemon/io/work.h"

struct s3_store {
	struct store base;
	struct s3bucket bucket;
	char *access_key, *secret, *token;
	char name[STORE_NAME_MAX]; /* the permanent one */
	struct http *http;
	/* us that are taken off our clock to sign; 0 until the store did not take it as it is */
	int64_t correction;
	void (*sent)(void *arg, const struct quota_sent *s);
	void *arg;
	struct s3_job *live;
};

/* --- one signed request (store_s3_call.c) --------------------------------- */

/* When all is well: it is made and signed as it starts, the answer is read as it comes, and `done`
 * hears what it means.  Where the store did not take our clock it is signed once more by the
 * store's.
 *
 * When not: `done` has what s3_judge() says, or OFFLINE from http.  MISSING is only ever about an
 * object, CORRUPT about one that was read.
 *
 * Owner: the job that it is in.  `done` comes once, never from inside s3_call_start(); what came is
 * there until it returns, or until the call is started again in it. */
struct s3_call {
	/* What is asked; the texts in it stay until `done`. */
	struct s3_ask ask;
	int body_file; /* PUT: -1: `body` */
	const char *body;
	int answer_file; /* GET: -1: into memory */
	void (*arrived)(struct s3_call *c, const void *bytes, size_t count); /* in the file; NULL */
	void (*done)(struct s3_call *c, struct err *e);

	/* What came. */
	struct s3_head head;
	struct s3said said;
	struct s3_meaning meaning;
	const struct http_answer *answer;

	/* private */
	struct s3_store *store;
	struct http_call http;
	struct s3_request request;
	char **lines;       /* its headers, the last is NULL */
	int64_t correction; /* it is signed with */
	int64_t heard;      /* by that clock: when the head came */
	bool live, again;
};

/* CANCELED if the store is closing. */
enum err_code s3_call_start(struct s3_call *c, struct s3_store *s, struct err *e) must_check;
void s3_call_cut(struct s3_call *c); /* if it is live: `done` with CANCELED, from inside */

/* --- one request of store.h (store_s3.c) ---------------------------------- */

struct s3_job {
	struct store_request *request;
	struct s3_store *store;
	struct s3_call call;
	struct work work;
	struct err error; /* to end with */
	bool local;       /* it is about a local file, not the store */
	int file;         /* PUT: the spool file; FETCH: the one that was made; else -1 */
	/* PUT */
	char checksum[DIGEST_TEXT];
	uint64_t length;
	bool taken, blindly; /* something is there; the store cannot put on a condition */
	/* FETCH */
	struct digest digest;
	/* LIST */
	char *token;
	unsigned pages;
	size_t room; /* entries */

	struct s3_job *next, **link; /* of the store's live ones */
};

/* Begins each verb; ends in s3_ended(), never from inside. */
typedef void s3_begin(struct s3_job *j);
s3_begin s3_begin_put, s3_begin_head, s3_begin_get, s3_begin_fetch, s3_begin_list, s3_begin_probe;

/* Sends job->call; what is not set in it is as after zeroing, but for the files: -1. */
void s3_ask_store(struct s3_job *j, const struct s3_call *call);
struct s3_job *s3_job_of(struct s3_call *c);
/* j is gone.  Not from inside a s3_begin. */
void s3_ended(struct s3_job *j, const struct err *result);
