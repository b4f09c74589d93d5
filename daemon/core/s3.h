/* s3.h - what is asked of S3, and what its answers mean.  Pure: nothing is sent from here.
 *
 *     s3_ask  --s3_request_make()-->  s3_request  --s3_request_sign()-->  [HTTP]
 *     s3_judge()  <--  s3_answer  =  s3_head (header lines)  +  s3said (s3xml, where there is XML)
 *
 * Which body belongs where: the body of a GET that is answered with 200 is the object; whatever
 * else has a body goes through s3xml, whatever its type says.
 */
#pragma once

#include "daemon/core/fields.h"
#include "daemon/core/s3bucket.h"
#include "daemon/core/s3said.h"
#include "daemon/core/sigv4.h"
#include "daemon/core/version.h"

#define S3_TAG_PREFIX "x-amz-meta-casmand-" /* of the headers in which a version's tags ride */

enum s3_verb { S3_PUT, S3_HEAD, S3_GET, S3_LIST, S3_COPY, S3_DELETE };

/* --- asking (s3_request.c) ------------------------------------------------ */

struct s3_ask {
	enum s3_verb verb;
	const char *key; /* LIST: what the keys begin with */
	struct {
		const char *checksum; /* SHA-256 of the body, in hex */
		uint64_t length;
		const struct version *version; /* whose tags the object gets */
		/* Without If-None-Match: the store cannot do that, and a HEAD found nothing. */
		bool blindly;
	} put;
	struct { /* onto itself, so that it is in Standard again */
		/* Only if the object is still that one; "" or NULL: in any case. */
		const char *etag;
	} copy;
	struct {                    /* "" or NULL: from the beginning */
		const char *cursor; /* `next` of the page before ... */
		const char *after;  /* ... or a key: those that follow it */
		unsigned most;      /* entries; 0: as many as a page has */
	} list;
};

struct s3_request {
	const char *method;
	char *path; /* raw */
	char *url;
	struct fields queries, headers; /* to be sent as they are, Host among them */
	bool has_body;                  /* PUT and COPY: send Content-Length even if it is 0 */
	uint64_t length;                /* of the body */
	char payload[2 * SIGV4_SUM + 1];
};

/* Copies what it needs.  r is freed with s3_request_free(). */
void s3_request_make(struct s3_request *r, const struct s3bucket *bucket, const struct s3_ask *ask);
/* Once; a try that comes minutes later is made and signed anew. */
void s3_request_sign(struct s3_request *r, const struct s3bucket *bucket, int64_t moment,
	const struct sigv4_keys *keys, const struct sigv4_hashes *hashes);
void s3_request_free(struct s3_request *r);

/* --- the head of an answer (s3_head.c) ------------------------------------ */

#define S3_LINE_ROOM 64

struct s3_head {
	unsigned status;          /* 0: none came */
	bool is_html, has_length; /* Content-Type, Content-Length */
	uint64_t length;
	char etag[S3SAID_ETAG];     /* as it was sent; "": none that can be used */
	char class[S3SAID_CLASS];   /* "": not said, which means STANDARD */
	char region[S3SAID_REGION]; /* of the bucket; "": not said */
	char date[S3_LINE_ROOM], retry_after[S3_LINE_ROOM]; /* as they came */
	/* Has it casmand's tags?  They are in `tags`, unless `tag_error` has a code: then they are
	 * not of their form. */
	bool tagged;
	struct version tags;
	struct err tag_error;
	size_t bytes; /* private */
};

void s3_head_init(struct s3_head *h);
/* Takes one line, its end included, as libcurl gives it: the status line first, an empty one last.
 * A further status line (100, a proxy's) begins anew.  False: the head is longer than any should
 * be, so end the connection. */
bool s3_head_line(struct s3_head *h, const char *line, size_t length) must_check;

/* --- what it means (s3_judge.c) ------------------------------------------- */

struct s3_answer {
	enum s3_verb verb;
	const struct s3bucket *bucket;
	const struct s3_head *head;
	const struct s3said *said;   /* NULL: there was no body, or s3xml did not take it ... */
	const struct err *not_taken; /* ... for this reason; NULL: none */
	int64_t now; /* by the clock that the request was signed with, when the head came */
};

/* What the caller can do about it by itself. */
enum s3_hint {
	S3_NO_HINT,
	S3_HINT_ASK_FIRST, /* PUT: the store has no If-None-Match.  HEAD, then PUT blindly */
	S3_HINT_CLOCK,     /* sign by the store's clock: take `skew`, if known, off; and again */
	S3_HINT_BODY,      /* other bytes came than were signed: is the local file still whole? */
};

struct s3_meaning {
	enum s3_hint hint;
	uint64_t wait; /* ms that the store asks to be left alone, at most S3_WAIT_MOST */
	int64_t skew;  /* us that `now` is ahead of the store's clock; STAMP_NONE: not known */
};

#define S3_WAIT_MOST UINT64_C(3600000) /* ms */

/* ERR_NONE: it is done (DELETE: also where there was no such object).  Else *e has one sentence
 * that tells a person what to do:
 *
 *     OFFLINE   later: no S3 answered (a portal, a proxy), or it is busy, or it was our clock
 *     EXISTS    PUT: something is there
 *     MISSING   no such object; COPY: nor the same object any more
 *     REFUSED   never with these settings: a key, a permission, a bucket, a region
 *     DENIED    DELETE: not permitted; a lock of the bucket's forbids it
 *     FULL      a quota
 *     CORRUPT   GET, HEAD: casmand's tags are not of their form
 */
enum err_code s3_judge(const struct s3_answer *a, struct s3_meaning *m, struct err *e) must_check;
