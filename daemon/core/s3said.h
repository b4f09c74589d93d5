/* s3said.h - what a document of S3 says: a page of a listing (ListObjectsV2), or an error.  Pure.
 *
 * The elements come one after another from s3xml, which knows XML; what is kept of them is here.
 * A store may say an error where a listing was expected, and the other way round (CopyObject
 * answers 200 with an error in it), so one reader takes all and tells which it was.
 */
#pragma once

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define S3SAID_ETAG   96 /* rooms: of an ETag with its quotes, */
#define S3SAID_CLASS  40 /* a storage class, */
#define S3SAID_REGION 64

enum s3said_root { S3SAID_NOTHING, S3SAID_LIST, S3SAID_COPY, S3SAID_ERROR, S3SAID_OTHER };

struct s3said_entry {
	char *key; /* any bytes but NUL; not only keys of our shape */
	uint64_t size;
	int64_t modified;         /* microseconds since 1970 */
	char etag[S3SAID_ETAG];   /* as it was sent, visible ASCII; "": none that can be used */
	char class[S3SAID_CLASS]; /* "": not said */
};

struct s3said {
	enum s3said_root root; /* NOTHING: there was no document */
	struct {
		struct s3said_entry *entries;
		size_t count;
		char *next; /* token of the next page; NULL: that was all */
	} list;
	struct { /* "": not said; too long: cut; no control characters */
		char code[64], message[256], endpoint[128];
		char region[S3SAID_REGION]; /* where the bucket is */
		int64_t server_time;        /* STAMP_NONE: not said */
	} error;

	/* private, while it is read */
	bool in_entry, has_size, has_modified;
	bool has_truncated, truncated, encoded;
	size_t room;
};

void s3said_init(struct s3said *s);

/* An element begins and ends at a depth (the document's own is 1).  `text` is all that is in it;
 * NULL: it has elements in it, or was too long to keep.  ERR_PROTO where it cannot be so. */
enum err_code s3said_begin(
	struct s3said *s, unsigned depth, const char *name, struct err *e) must_check;
enum err_code s3said_end(struct s3said *s, unsigned depth, const char *name, const char *text,
	struct err *e) must_check;
/* The document is complete. */
enum err_code s3said_finish(struct s3said *s, struct err *e) must_check;

/* Digits, and nothing else, up to INT64_MAX: sizes, in headers too. */
bool s3said_size(const char *text, uint64_t *size) must_check;

void s3said_free(struct s3said *s); /* it is as after s3said_init() */
